import CorbelAPI
import Effects
import EffectsLinux

/// The main job on this machine: plays scenarios with a centre and machines that exist as directories.
public actor Demo {
    private nonisolated let settings: DemoSettings
    private let tell: @Sendable (Moment) async -> Void
    private let time = SystemClock()
    private var network: DemoNetwork?
    private var run: ScenarioRun?

    public init(_ settings: DemoSettings, tell: @escaping @Sendable (Moment) async -> Void) {
        self.settings = settings
        self.tell = tell
    }

    /// Runs `body` while this demo has its directory for itself. Whatever becomes of it, every program that the demo
    /// has started has ended when this answers.
    public nonisolated func hold<Value: Sendable>(
        _ body: @Sendable () async throws -> Value
    ) async throws -> Value {
        try await DemoDirectory(path: settings.directory).hold {
            do {
                let value = try await body()
                await end()
                return value
            } catch {
                await end()
                throw error
            }
        }
    }

    /// Plays the scenarios one after the other. The stage of the last one stays as it is.
    public func play(_ scenarios: [Scenario]) async throws -> DemoReport {
        var reports: [ScenarioReport] = []
        for scenario in scenarios { reports.append(try await play(scenario)) }
        return DemoReport(scenarios: reports)
    }

    /// Stays until it is cancelled.
    public func stay() async throws {
        while true { try await time.sleep(for: .seconds(3600)) }
    }

    private func end() async {
        await run?.end()
        run = nil
    }

    /// The addresses, which this demo has for itself from the first call on.
    private func addresses() throws -> DemoAddresses {
        let network = try network ?? DemoNetwork.claimed()
        self.network = network
        return network.addresses
    }

    private func play(_ scenario: Scenario) async throws -> ScenarioReport {
        await end()
        let record = ScenarioRecord(time: time, tell: tell)
        let run = ScenarioRun(scenario, settings, try addresses(), record: record)
        self.run = run
        let monitor = LoadMonitor(speed: settings.speed, time: time)
        await record.say("\(scenario.name): \(scenario.summary)")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await monitor.run() }
            group.addTask { [time] in try await Narrator(run: run, time: time).tell() }
            defer { group.cancelAll() }
            try await perform(scenario, run, record)
        }
        return ScenarioReport(
            name: scenario.name, seconds: await record.seconds, expectations: await record.expectations,
            timeline: await record.timeline, load: await monitor.judgement)
    }

    /// An error is what a scenario does not survive, and is told as the expectation that it breaks.
    private func perform(_ scenario: Scenario, _ run: ScenarioRun, _ record: ScenarioRecord) async throws {
        do {
            try await scenario.body(run)
        } catch is ScenarioEnd {
            await record.say("\(scenario.name) ends here: what follows needs what has failed")
        } catch {
            try Task.checkCancellation()
            await record.note(ScenarioExpectation(what: "the scenario runs to its end", passed: false, saw: "\(error)"))
        }
    }
}
