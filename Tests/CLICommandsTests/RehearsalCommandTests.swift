import CorbelAPI
import Effects
import ResourceClient
import Revisions
import ScriptedEffects
import Testing

@testable import CLICommands
@testable import Centre

@Suite("Rehearsals for the centre")
struct RehearsalCommandTests {
    private func withChange(
        _ body: @escaping @Sendable (TestCentre, ProposedChange) async throws -> Void
    ) async throws {
        try await TestCentre.run { centre in
            _ = try await centre.corbel(
                "apply", "--no-wait", "-f", "-", input: Samples.profile() + "---\n" + Samples.cluster)
            let survey = try await PlanSurvey(centre.client, namespaces: ["default"], applied: [])
            let found = try #require(survey.clusters.first)
            let from = try await centre.client.create(try survey.ground(of: found).plan().revision, by: "test")
            var running = Samples.healthy(found)
            (running.currentRevision, running.latestRevision) = (from.name, from.name)
            let cluster = try await centre.client.updateStatus(running, by: "test")
            _ = try await centre.corbel("apply", "-f", "-", input: Samples.profile(kubernetes: "1.33.7"))
            let after = try await PlanSurvey(centre.client, namespaces: ["default"], applied: [])
            let plan = try after.ground(of: cluster).plan()
            var update = ClusterUpdate(namespace: "default", name: plan.revision.name)
            (update.clusterName, update.plan) = (cluster.name, plan.plan.json)
            (update.fromRevision, update.toRevision) = (from.name, plan.revision.name)
            let change = ProposedChange(
                of: update, cluster: cluster, from: from, to: plan.revision, revisions: [], history: [])
            try await body(centre, change)
        }
    }

    @Test("an update's forecast is the one that its plan would have shown")
    func same() async throws {
        try await withChange { centre, change in
            let run = try await centre.corbel("rehearse", input: change.json.encodedText)
            #expect(run.code == 0, "\(run)")
            let plan = try await centre.corbel("plan", "site", "--rehearse", "-o", "json")
            let forecast = try #require(try plan.json["clusters"]?.arrayValue?.first?["forecast"])
            #expect(try run.json["forecast"] == forecast)
            #expect(forecast["toRevision"]?.stringValue == change.to.name && forecast["ending"] == "Completes")
        }
    }

    @Test("a cluster that does not come up in miniature is an answer; what is no question is an error")
    func refused() async throws {
        try await withChange { centre, change in
            var none = change.json
            none["plan", "hosts"] = []
            let run = try await centre.corbel("rehearse", input: none.encodedText)
            #expect(run.code == 0, "\(run)")
            #expect(try run.json["refused", "reason"] == "DoesNotComeUp")
            #expect(try run.json["refused", "message"]?.stringValue?.contains("does not come up in miniature") == true)
            let empty = try await centre.corbel("rehearse", input: "{}")
            #expect(empty.code == 1 && empty.progress.contains("from: an object is missing"), "\(empty)")
            let text = try await centre.corbel("rehearse", input: "?")
            #expect(text.code == 1 && text.progress.contains("no JSON document"), "\(text)")
        }
    }

    /// Does not start, or takes too long.
    private struct FailingCommands: CommandRunner {
        let error: EffectError
        func run(_ command: Command) async throws -> CommandResult { throw error }
    }

    private static let change: ProposedChange = {
        let revision = ClusterRevision(
            resolved: ResolvedRevision(spec: ["clusterName": "site"]), namespace: "default", epoch: 1, sequence: 1)
        let cluster = EdgeCluster(namespace: "default", name: "site")
        return ProposedChange(
            of: Samples.update(), cluster: cluster, from: revision, to: revision, revisions: [], history: [])
    }()

    private static let ends: [(CommandResult.Termination, String, String, RehearsalOutcome)] = [
        (.exited(0), #"{"forecast": {"safe": true}}"#, "", .forecast(["safe": true])),
        (
            .exited(0), #"{"refused": {"reason": "DoesNotComeUp", "message": "no"}}"#, "",
            .refused(RehearsalObstacle("DoesNotComeUp", "no"))
        ),
        (.exited(0), "{}", "", .refused(RehearsalObstacle("Failed", "its answer is none"))),
        (.exited(1), "", "error: so\n", .refused(RehearsalObstacle("Failed", "error: so"))),
        (.signalled(4), "", "", .refused(RehearsalObstacle("Failed", "it ended with signalled(4)"))),
    ]

    @Test("the end of the program is an outcome, whatever it is", arguments: ends.indices)
    func program(index: Int) async throws {
        let (termination, output, errors, outcome) = Self.ends[index]
        let commands = RecordedCommands(termination, output: output, errorOutput: errors)
        let rehearser = ProgramRehearser(program: "/corbel", commands: commands)
        #expect(try await rehearser.rehearse(Self.change) == outcome)
        #expect(commands.lines == ["/corbel rehearse --background"])
    }

    @Test(
        "a program that takes too long or does not start is an outcome too",
        arguments: [(EffectError.Code.timeout, "TookTooLong"), (.ioError, "CannotRun")])
    func failing(code: EffectError.Code, reason: String) async throws {
        let commands = FailingCommands(error: EffectError(code, "it is so"))
        let outcome = try await ProgramRehearser(program: "/corbel", commands: commands).rehearse(Self.change)
        guard case .refused(let obstacle) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(obstacle.reason == reason)
    }
}

@Suite("An update's forecast, shown")
struct ForecastTextTests {
    private func update(safe: Bool = true, ending: String = "Completes") -> ClusterUpdate {
        var update = Samples.update()
        update.forecast = [
            "toRevision": .string(update.toRevision), "safe": .bool(safe), "ending": .string(ending),
            "totalSeconds": ["typical": 149, "atLeast": 129, "atMost": 174],
            "hosts": [
                [
                    "name": "host-1", "beginsSeconds": ["typical": 5, "atLeast": 5, "atMost": 6],
                    "endsSeconds": ["typical": 45, "atLeast": 45, "atMost": 60],
                ]
            ],
            "mishaps": [
                ["text": "host-1 does not come back", "ending": "Waits", "clusterAnswers": false],
                ["text": "host-2 does not come back", "ending": "HaltsSafely", "clusterAnswers": true],
            ],
        ]
        return update
    }

    @Test("while the update awaits approval: how long, and whether it is safe")
    func sentences() {
        #expect(ForecastText(update: update()).sentence == "2m29s (2m9s to 2m54s), safe")
        let danger = ForecastText(update: update(safe: false)).sentence
        #expect(danger == "2m29s (2m9s to 2m54s), not safe: host-1 does not come back")
        let halt = ForecastText(update: update(safe: false, ending: "HaltsSafely")).sentence
        #expect(halt?.hasSuffix("not safe: it does not come through (HaltsSafely)") == true)
        var refused = Samples.update()
        refused.forecast = ["toRevision": .string(refused.toRevision), "refused": ["reason": "A", "message": "so"]]
        #expect(ForecastText(update: refused).sentence == "none: so")
        #expect(ForecastText(update: Samples.update()).sentence == "not rehearsed yet")
        var old = Samples.update()
        old.phase = .completed
        #expect(ForecastText(update: old).sentence == nil)
    }

    @Test("in the report, in the preview of an approval and in what explains the update")
    func places() {
        let report = RolloutReport(update: update(), now: Timestamp(seconds: 0))
        #expect(report.text.contains("\nForecast: 2m29s (2m9s to 2m54s), safe\n"))
        #expect(report.json["forecast", "safe"] == true && report.json["calibration"] == nil)
        #expect(ApprovalPreview(update: update()).lines.contains("  forecast: 2m29s (2m9s to 2m54s), safe"))
        let explanation = Explanation(update(), now: Timestamp(seconds: 0))
        #expect(explanation.findings == ["forecast: 2m29s (2m9s to 2m54s), safe"])
    }

    @Test("after the end: what was expected beside what happened")
    func calibration() {
        var ended = update()
        ended.json["status"] = [
            "phase": "Completed", "startedAt": "2026-01-01T00:00:00Z", "completedAt": "2026-01-01T00:05:00Z",
            "hosts": [
                [
                    "name": "host-1", "phase": "Done", "beganAt": "2026-01-01T00:00:05Z",
                    "endedAt": "2026-01-01T00:00:50Z",
                ]
            ],
        ]
        let report = RolloutReport(update: ended, now: Timestamp(seconds: 0))
        #expect(report.json["calibration", "within"] == false)
        #expect(report.json["calibration", "total", "actualSeconds"] == 300)
        let lines = report.text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        #expect(lines.contains("host-1 5s (5s to 6s): 5s 45s (45s to 60s): 50s yes"), "\(report.text)")
        #expect(lines.contains("in all 2m29s (2m9s to 2m54s): 5m no"), "\(report.text)")
    }
}
