import CorbelAPI
import Testing

@Suite("What a host is told and what it says")
struct HostTaskTests {
    private static let state = HostState(
        revision: "r1", osVersion: "1.2.3", osImage: "registry/os:1.2.3", osDigest: "sha256:0",
        kubernetesVersion: "1.33.6")

    @Test("A host's state is read back")
    func state() {
        #expect(HostState(json: Self.state.json) == Self.state)
        #expect(HostState(json: [:])?.json.objectValue?.values == Array(repeating: "", count: 5))
        for json: JSONValue in [.null, "text", []] { #expect(HostState(json: json) == nil) }
    }

    @Test("A task is read back, whatever its type", arguments: HostTask.TaskType.allCases)
    func task(type: HostTask.TaskType) {
        let full = HostTask(
            id: "t1", type: type, target: Self.state, gate: .prepare, epoch: 3, leaseTransitions: 4,
            validateTimeout: .seconds(60), validateLimit: .seconds(120), parameters: ["member": "m1"])
        let bare = HostTask(id: "t1", type: type, epoch: 0, leaseTransitions: 0)
        #expect(HostTask(json: full.json) == full)
        #expect(HostTask(json: bare.json) == bare)
        #expect(bare.json["target"] == nil && bare.json["parameters"] == nil)
    }

    @Test("A task of an unknown type is none, and one without a known gate only prepares")
    func unreadableTask() {
        #expect(HostTask(json: ["id": "t1", "type": "Explode"]) == nil)
        #expect(HostTask(json: ["type": "Reboot"]) == nil)
        #expect(HostTask(json: ["id": "t1", "type": "Reboot"])?.gate == .prepare)
        #expect(HostTask(json: ["id": "t1", "type": "Reboot", "gate": "Soon"])?.gate == .prepare)
        #expect(HostTask(json: ["id": "t1", "type": "Reboot"])?.validateTimeout == .seconds(600))
        #expect(HostTask(json: ["id": "t1", "type": "Reboot"])?.validateLimit == .seconds(3600))
    }

    @Test("A task's status is read back, whatever its phase", arguments: HostTaskStatus.Phase.allCases)
    func status(phase: HostTaskStatus.Phase) {
        let full = HostTaskStatus(
            id: "t1", phase: phase, cause: .cluster, reason: "NoQuorum", message: "a sentence",
            since: Timestamp(seconds: 1_000), progress: 40, result: ["revision": 7])
        let bare = HostTaskStatus(id: "t1", phase: phase)
        #expect(HostTaskStatus(json: full.json) == full)
        #expect(HostTaskStatus(json: bare.json) == bare)
        #expect(bare.json == ["id": "t1", "phase": .string(phase.rawValue)])
        #expect(HostTaskStatus(json: ["id": "t1", "phase": "Odd"]) == nil)
    }

    @Test("Nothing follows the last four phases")
    func finalPhases() {
        #expect(HostTaskStatus.Phase.allCases.filter(\.isFinal) == [.done, .reverted, .failed, .refused])
    }

    @Test("A host machine carries all of them")
    func machine() {
        var machine = HostMachine(namespace: "edge", name: "m")
        let task = HostTask(id: "t1", type: .repave, target: Self.state, epoch: 1, leaseTransitions: 2)
        let status = HostTaskStatus(id: "t1", phase: .writing, progress: 5)
        machine.desired = Self.state
        machine.running = Self.state
        machine.task = task
        machine.taskStatus = status
        #expect(machine.desired == Self.state && machine.running == Self.state)
        #expect(machine.task == task && machine.taskStatus == status)
        (machine.desired, machine.running, machine.task, machine.taskStatus) = (nil, nil, nil, nil)
        #expect(machine.spec == [:] && machine.status == [:])
    }

    @Test("What is written has only fields that the schema names")
    func schema() {
        let status = HostTaskStatus(
            id: "t1", phase: .failed, cause: .host, reason: "R", message: "m", since: Timestamp(seconds: 0),
            progress: 1,
            result: [:])
        let task = HostTask(
            id: "t1", type: .reset, target: Self.state, epoch: 1, leaseTransitions: 2, parameters: ["a": "b"])
        for (json, path) in [(task.json, ["spec", "task"]), (status.json, ["status", "task"])] {
            for key in json.objectValue?.keys ?? [] {
                #expect(SchemaPlace(path + [key], in: HostMachine.definition).isThere, "\(key)")
            }
        }
    }
}
