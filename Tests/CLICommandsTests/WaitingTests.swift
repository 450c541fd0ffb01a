import CorbelAPI
import Testing

@testable import CLICommands

@Suite("Judgements of what is waited for")
struct WaitingTests {
    /// A healthy cluster of one host, changed.
    static func cluster(_ status: JSONValue = [:], generation: Int = 2) -> EdgeCluster {
        var cluster = EdgeCluster(namespace: "default", name: "site")
        cluster.generation = generation
        cluster.spec = ["pools": [["name": "cp", "role": "control-plane", "hosts": ["a"]]]]
        cluster.json["status"] = [
            "phase": "Running", "observedGeneration": 2, "hosts": 1, "readyHosts": 1, "health": ["level": "Green"],
            "currentRevision": "r1", "latestRevision": "r1",
        ]
        for field in status.objectValue ?? [:] { cluster.json["status", field.key] = field.value }
        return cluster
    }

    static let refusal: JSONValue = [
        ["type": "ProfilesResolved", "status": "False", "reason": "UnknownMacro", "message": "no such macro"]
    ]
    static let otherHost: JSONValue = [
        ["type": "HostsClaimed", "status": "False", "reason": "HostUnavailable", "message": "taken"]
    ]
    static let missingHost: JSONValue = [
        ["type": "HostsClaimed", "status": "False", "reason": "HostNotRegistered", "message": "not yet"]
    ]

    @Test(
        "a cluster is healthy, failed, waits for a person, or is on its way",
        arguments: [
            (cluster(), ClusterOutcome.healthy),
            (cluster(generation: 3), nil),
            (cluster(["phase": "Provisioning"]), nil),
            (cluster(["readyHosts": 0]), nil),
            (cluster(["hosts": 2]), nil),
            (cluster(["health": ["level": "Yellow"]]), nil),
            (cluster(["health": [:]]), nil),
            (cluster(["conditions": refusal]), .failed("no such macro")),
            (cluster(["conditions": otherHost]), .failed("taken")),
            (cluster(["conditions": missingHost, "phase": "Pending"]), nil),
            (cluster(["latestRevision": "r2"]), .pendingApproval(update: "r2")),
            (cluster(["latestRevision": "r2", "phase": "Updating"]), nil),
            (cluster(["waits": [["reason": "Halted", "message": "host-2 went back"]]]), .failed("host-2 went back")),
        ])
    func clusters(cluster: EdgeCluster, outcome: ClusterOutcome?) {
        #expect(ClusterJudgement(cluster).outcome == outcome)
    }

    static func update(_ status: JSONValue, spec: JSONValue = [:]) -> ClusterUpdate {
        var update = Samples.update()
        for field in spec.objectValue ?? [:] { update.json["spec", field.key] = field.value }
        update.json["status"] = status
        return update
    }

    static let approval: JSONValue = ["approval": ["approved": true, "revision": "site-1-2-0123456789"]]

    @Test(
        "an update ends, rests or goes on",
        arguments: [
            (update(["phase": "Completed"]), RolloutOutcome.completed),
            (update(["phase": "Aborted"]), .aborted),
            (update(["phase": "Superseded"]), .superseded),
            (update([:]), .pendingApproval),
            (update([:], spec: approval), nil),
            (update(["phase": "Progressing"]), nil),
            (update(["phase": "Paused"], spec: ["paused": true]), .paused),
            (update(["phase": "Paused"]), nil),
            (update(["phase": "Halted"]), .halted("the rollout has halted")),
            (update(["phase": "Halted"], spec: ["aborted": true]), nil),
        ])
    func updates(update: ClusterUpdate, outcome: RolloutOutcome?) {
        #expect(RolloutJudgement(update).outcome == outcome)
    }

    @Test("a halt of an earlier attempt is no news")
    func attempts() {
        let update = Self.update(["phase": "Halted", "attempt": 1])
        #expect(RolloutJudgement(update, attempt: 2).outcome == nil)
        #expect(RolloutJudgement(update, attempt: 1).outcome != nil)
    }

    @Test(
        "what counts as success depends on what was asked for",
        arguments: [
            (RolloutGoal.completion, RolloutOutcome.completed, true), (.completion, .halted(""), false),
            (.completion, .aborted, false), (.pause, .paused, true), (.pause, .halted(""), false),
            (.abort, .aborted, true),
            (.abort, .completed, false),
        ])
    func goals(goal: RolloutGoal, outcome: RolloutOutcome, isMet: Bool) {
        #expect(goal.isMet(by: outcome) == isMet)
    }

    @Test("newer updates come first, by epoch and sequence and not by letters")
    func order() {
        let orders = ["a-b-1-9-x", "a-b-1-10-x", "a-b-2-1-x"].map { name in
            var update = ClusterUpdate(name: name)
            update.toRevision = name
            return UpdateSelection.order(update)
        }
        #expect(orders[0] < orders[1] && orders[1] < orders[2])
    }

    @Test("an approval is for exactly one revision, and names its downtime")
    func approvals() throws {
        let approval = Approval(by: "ada", time: Timestamp(seconds: 0), allowsDowntime: false)
        let patch = try #require(try approval.patch(Samples.update()))
        #expect(patch["spec", "approval", "revision"] == "site-1-2-0123456789")
        #expect(patch["spec", "approval", "by"] == "ada")
        #expect(try approval.patch(Self.update([:], spec: Self.approval)) == nil)
        let down = Samples.update(plan: ["downtime": "the API server is down"])
        let failure = #expect(throws: CommandFailure.self) { try approval.patch(down) }
        #expect(failure?.hint.contains("--downtime") == true)
        let allowed = Approval(by: "ada", time: Timestamp(seconds: 0), allowsDowntime: true)
        #expect(try allowed.patch(down)?["spec", "approval", "downtime"] == true)
        #expect(throws: CommandFailure.self) { try approval.patch(Self.update(["phase": "Completed"])) }
    }
}
