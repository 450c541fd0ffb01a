public import CorbelAPI

/// Something that a scenario says must be so.
public struct ScenarioExpectation: Sendable, Hashable {
    public var what: String
    public var passed: Bool
    /// What was there when it was decided: the answer, or what was seen last.
    public var saw: String

    public init(what: String, passed: Bool, saw: String) {
        self.what = what
        self.passed = passed
        self.saw = saw
    }

    public var json: JSONValue { ["what": .string(what), "passed": .bool(passed), "saw": .string(saw)] }
}

/// Something that a scenario has seen happen, or has done.
public struct Moment: Sendable, Hashable {
    /// Since the scenario began.
    public var seconds: Double
    public var text: String

    public init(seconds: Double, text: String) {
        self.seconds = seconds
        self.text = text
    }

    /// Tenths of a second say enough.
    public var json: JSONValue { ["seconds": .double((seconds * 10).rounded() / 10), "text": .string(text)] }
}

/// What became of a scenario.
public struct ScenarioReport: Sendable, Hashable {
    public var name: String
    public var seconds: Double
    public var expectations: [ScenarioExpectation]
    public var timeline: [Moment]
    /// How slow the machine was at its slowest.
    public var load: LoadJudgement

    public init(
        name: String, seconds: Double, expectations: [ScenarioExpectation], timeline: [Moment], load: LoadJudgement
    ) {
        self.name = name
        self.seconds = seconds
        self.expectations = expectations
        self.timeline = timeline
        self.load = load
    }

    /// Whether every expectation held. A scenario that came to none has shown nothing.
    public var passed: Bool { !expectations.isEmpty && expectations.allSatisfy(\.passed) }

    /// Whether the failure says nothing about Corbel: the machine was too slow for the run.
    public var isOverloaded: Bool { !passed && load.isOverloaded }

    public var json: JSONValue {
        var json: JSONValue = [
            "name": .string(name), "passed": .bool(passed), "seconds": .double((seconds * 10).rounded() / 10),
            "expectations": .array(expectations.map(\.json)), "timeline": .array(timeline.map(\.json)),
        ]
        if isOverloaded { json["overloaded"] = true }
        return json
    }
}

/// What became of a run of the demo.
public struct DemoReport: Sendable, Hashable {
    public var scenarios: [ScenarioReport]

    public init(scenarios: [ScenarioReport]) { self.scenarios = scenarios }

    public var passed: Bool { !scenarios.isEmpty && scenarios.allSatisfy(\.passed) }

    /// `{passed, overloaded?, scenarios: [{name, passed, overloaded?, seconds, expectations: [{what, passed, saw}],
    /// timeline: [{seconds, text}]}]}`.
    public var json: JSONValue {
        var json: JSONValue = ["passed": .bool(passed)]
        if scenarios.contains(where: \.isOverloaded) { json["overloaded"] = true }
        json["scenarios"] = .array(scenarios.map(\.json))
        return json
    }

    /// Why the run failed, in one sentence, and what to do about it; `nil` where it passed.
    public var failure: (message: String, hint: String)? {
        guard let failed = scenarios.first(where: { !$0.passed }) else { return nil }
        if failed.isOverloaded {
            return (
                "overloaded: the machine is too slow for \(failed.name): \(failed.load)",
                "end what else runs on this machine, or give a lower --speed; this failure says nothing about Corbel"
            )
        }
        let broken = failed.expectations.first { !$0.passed }
        let why = broken.map { "\($0.what); saw: \($0.saw)" } ?? "it came to no expectation"
        return ("the scenario \(failed.name) failed: \(why)", "the logs lie beside the scenario's data, in logs/")
    }
}
