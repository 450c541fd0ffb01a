import CorbelAPI
import Demo
import Testing

@Suite("A demo's report")
struct ScenarioReportTests {
    private static let held = ScenarioExpectation(what: "hosts register", passed: true, saw: "host-1")
    private static let broken = ScenarioExpectation(
        what: "the cluster is green", passed: false, saw: "after 60 s: Yellow")

    private static func report(_ expectations: [ScenarioExpectation], lateness: Duration = .zero) -> ScenarioReport {
        var load = LoadJudgement(speed: 10)
        for _ in 0..<40 { load.add(lateness) }
        return ScenarioReport(
            name: "provision", seconds: 12.34, expectations: expectations,
            timeline: [Moment(seconds: 0.25, text: "begun")], load: load)
    }

    @Test("is one document with every expectation and moment")
    func document() throws {
        let document = DemoReport(scenarios: [Self.report([Self.held, Self.broken])]).json
        let expected: JSONValue = [
            "passed": false,
            "scenarios": [
                [
                    "name": "provision", "passed": false, "seconds": 12.3,
                    "expectations": [
                        ["what": "hosts register", "passed": true, "saw": "host-1"],
                        ["what": "the cluster is green", "passed": false, "saw": "after 60 s: Yellow"],
                    ],
                    "timeline": [["seconds": 0.3, "text": "begun"]],
                ]
            ],
        ]
        #expect(document == expected)
        #expect(try JSONValue(parsing: document.prettyText) == expected)
    }

    @Test(
        "has passed when there are expectations and all of them held",
        arguments: [([held], true), ([held, broken], false), ([], false)])
    func verdict(expectations: [ScenarioExpectation], passed: Bool) {
        let report = DemoReport(scenarios: [Self.report(expectations)])
        #expect(report.passed == passed)
        #expect((report.failure == nil) == passed)
    }

    @Test("of no scenario has not passed")
    func nothing() { #expect(!DemoReport(scenarios: []).passed) }

    @Test("fails as overloaded, and as nothing else, where the machine was too slow")
    func overloaded() {
        let slow = DemoReport(scenarios: [Self.report([Self.broken], lateness: .milliseconds(900))])
        #expect(slow.json["overloaded"]?.boolValue == true)
        #expect(slow.json["scenarios"]?.arrayValue?.first?["overloaded"]?.boolValue == true)
        #expect(slow.failure?.message.hasPrefix("overloaded: ") == true)
        let idle = DemoReport(scenarios: [Self.report([Self.broken])])
        #expect(idle.json["overloaded"] == nil)
        #expect(idle.failure?.message.contains("the cluster is green; saw: after 60 s: Yellow") == true)
    }

    @Test("that has passed is not overloaded, however slow the machine was")
    func passedWhileSlow() {
        let report = DemoReport(scenarios: [Self.report([Self.held], lateness: .seconds(3))])
        #expect(report.passed)
        #expect(report.json["overloaded"] == nil)
    }

    @Test("scenarios have names that tell them apart, and a sentence each")
    func scenarios() {
        #expect(Set(Scenario.all.map(\.name)).count == Scenario.all.count)
        #expect(Scenario.all.allSatisfy { $0.summary.hasSuffix(".") && $0.name != "all" })
    }
}
