import Effects

/// What a scenario sees, takes down and tells while it runs.
actor ScenarioRecord {
    private(set) var expectations: [ScenarioExpectation] = []
    private(set) var timeline: [Moment] = []
    private let time: any TimeSource
    private let begin: Duration
    private let tell: @Sendable (Moment) async -> Void

    init(time: any TimeSource, tell: @escaping @Sendable (Moment) async -> Void) {
        self.time = time
        self.tell = tell
        begin = time.uptime
    }

    var seconds: Double { (time.uptime - begin) / .seconds(1) }

    func say(_ text: String) async {
        let moment = Moment(seconds: seconds, text: text)
        timeline.append(moment)
        await tell(moment)
    }

    func note(_ expectation: ScenarioExpectation) async {
        expectations.append(expectation)
        await say("\(expectation.passed ? "ok" : "FAILED"): \(expectation.what) (\(expectation.saw))")
    }
}
