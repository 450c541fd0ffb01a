import CorbelAPI
import Testing

@testable import HostPlan

@Suite("The host's tasks")
struct HostPlanTests {
    private func run(_ world: inout CrashWorld, rounds: Int = 700) -> HostTaskStatus? {
        world.boot()
        world.run(rounds: rounds)
        #expect(world.violations == [])
        return world.status
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var type: HostTask.TaskType
        var parameters: [String: String] = [:]
        var performs: [String]
        var testDescription: String { type.rawValue }
    }

    private static let path: [Row] = [
        Row(type: .reloadConfiguration, performs: ["configure r1", "configure r2"]),
        Row(
            type: .restartServices, parameters: ["services": "kubelet, containerd"],
            performs: ["configure r1", "configure r2", "restart kubelet,containerd"]),
        Row(type: .reboot, performs: ["configure r1", "configure r2", "reboot", "configure r2"]),
        Row(type: .upgradeKubernetes, performs: ["configure r1", "snapshotEtcd", "upgrade to 1.34.1", "configure r2"]),
        Row(type: .removeEtcdMember, parameters: ["member": "m"], performs: ["configure r1", "removeEtcdMember m"]),
        Row(type: .moveEtcdLeader, performs: ["configure r1", "moveEtcdLeader"]),
        Row(type: .snapshotEtcd, parameters: ["snapshot": "s"], performs: ["configure r1", "snapshotEtcd"]),
        Row(type: .renewCertificates, performs: ["configure r1", "renew"]),
        Row(
            type: .renewCertificates, parameters: ["withinSeconds": "60"],
            performs: ["configure r1", "renew what ends"]),
        Row(type: .reset, performs: ["configure r1", "resetHost"]),
    ]

    @Test("each type does what it says and no more", arguments: path)
    func types(_ row: Row) {
        var task = CrashWorld.task(row.type, parameters: row.parameters)
        if row.type == .upgradeKubernetes { task.target?.kubernetesVersion = "1.34.1" }
        if row.type == .removeEtcdMember { task.target = nil }
        var world = CrashWorld(.good, task: task)
        let status = run(&world)
        #expect(status?.phase == .done)
        #expect(world.performed == row.performs)
        #expect(world.booted == .a)
    }

    @Test("each type survives a cut after every action", arguments: path, CrashWorld.Cut.allCases)
    func cuts(_ row: Row, _ cut: CrashWorld.Cut) {
        for action in 1...10 {
            var world = CrashWorld(.good, task: CrashWorld.task(row.type, parameters: row.parameters))
            world.cuts = [.init(action: action, kind: cut)]
            #expect(run(&world)?.phase == .done, "cut \(action): \(world.performed)")
        }
    }

    @Test("a Kubernetes upgrade that fails goes back, and says what could not be undone")
    func upgradeBack() {
        var task = CrashWorld.task(.upgradeKubernetes)
        task.target?.kubernetesVersion = "1.34.1"
        var world = CrashWorld(.good, task: task)
        let failure = HostFailure(.invalid, "no such version", cannotBeUndone: ["the CRDs stay"])
        world.failing["upgrade to 1.34.1"] = .init(failure: failure)
        let status = run(&world)
        #expect(status?.phase == .reverted, "\(world.performed)")
        #expect(status?.message.hasSuffix("cannot be undone: the CRDs stay") ?? false)
        #expect(world.performed.suffix(2) == ["undo to 1.33.6", "configure r1"])
        #expect(world.plan.record.running == CrashWorld.old)
    }

    @Test(
        "what fails before the gate fails the task and harms nothing",
        arguments: [(HostFailure.Kind.noSpace, HostTaskStatus.Cause.host), (.notFound, .cluster), (.invalid, .cluster)])
    func download(_ kind: HostFailure.Kind, _ cause: HostTaskStatus.Cause) {
        var world = CrashWorld(.good)
        world.failing["downloadImage"] = .init(failure: HostFailure(kind, "no"))
        // Room is waited for, for some hours.
        let status = run(&world, rounds: 4000)
        #expect(
            status?.phase == .failed && status?.cause == cause && status?.reason == kind.rawValue, "\(world.performed)")
        #expect(world.plan.record.failedImages == [] && world.slots.b == nil)
    }

    @Test("a host without room waits for it, and goes on when it is there")
    func noRoom() {
        for step in ["downloadImage", "snapshotEtcd"] {
            var task = CrashWorld.task()
            if step != "downloadImage" {
                task = CrashWorld.task(.upgradeKubernetes)
                task.target?.kubernetesVersion = "1.34.1"
            }
            var world = CrashWorld(.good, task: task)
            world.failing[step] = .init(failure: HostFailure(.noSpace, "disk full"), times: 9)
            #expect(run(&world)?.phase == .done, "\(world.performed)")
            #expect(world.failing[step]?.times == 0)
            #expect(world.reports.contains { $0.task?.message.contains("disk full") ?? false })
        }
    }

    @Test("a host that finds no room in a new system goes back in the end, and does not blame the image")
    func noRoomAfterwards() {
        var world = CrashWorld(.good)
        world.failing["configure r2"] = .init(failure: HostFailure(.noSpace, "disk full"), times: 100)
        let status = run(&world)
        #expect(status?.phase == .reverted && status?.reason == "NoSpace", "\(world.performed)")
        #expect(world.plan.record.failedImages == [])
        #expect(world.failing["configure r2"]?.times == 100 - world.plan.configuration.spaceAttempts)
    }

    @Test("an image that does not fit into its slot is not tried again")
    func tooLarge() {
        var world = CrashWorld(.good)
        world.failing["writeSlot"] = .init(failure: HostFailure(.noSpace, "too large"))
        #expect(run(&world)?.phase == .failed)
        #expect(world.performed.filter { $0.hasPrefix("writeSlot") }.count <= 1)
    }

    @Test("a download over a bad network goes on for as long as it takes")
    func retries() {
        var world = CrashWorld(.good)
        world.failing["downloadImage"] = .init(failure: HostFailure(.network, "reset by peer"), times: 17)
        #expect(run(&world)?.phase == .done)
        #expect(world.failing["downloadImage"]?.times == 0)
    }

    @Test("no host reboots of its own will while etcd needs it, neither forward nor back")
    func quorum() {
        let failure = HostFailure(.unavailable, "etcd would lose its quorum without this host")
        for phase in [HostTaskStatus.Phase.prepared, .validating] {
            var task = CrashWorld.task()
            task.gate = .prepare
            var world = CrashWorld(phase == .prepared ? .good : .neverHealthy, task: task)
            world.boot()
            world.run { $0.status?.phase == .prepared }
            world.spec.task?.gate = .proceed
            world.boot()
            if phase == .validating { world.run { $0.status?.phase == phase } }
            let reboots = world.performed.filter { $0 == "reboot" }.count
            world.failing["confirmEtcdQuorum"] = .init(failure: failure)
            world.run(rounds: 400)
            #expect(world.performed.filter { $0 == "reboot" }.count == reboots)
            #expect(world.status?.message.contains("etcd would lose its quorum") ?? false, "\(world.reports.last)")
            world.failing = [:]
            world.run()
            #expect(world.status?.phase == (phase == .prepared ? .done : .reverted))
            #expect(world.violations == [])
        }
    }

    @Test("a journal that cannot be written holds everything up, and is written anew when it can be")
    func journalFails() {
        var world = CrashWorld(.good)
        let failure = HostFailure(.noSpace, "disk full")
        world.failing = [
            "writeJournal": .init(failure: failure, times: 1), "rewriteJournal": .init(failure: failure, times: 2),
        ]
        #expect(run(&world)?.phase == .done)
        #expect(world.reports.contains { $0.task?.reason == "JournalNotWritable" })
        #expect(world.performed.contains("rewriteJournal"))
        #expect(HostJournal.replay(world.journal).damage == nil)
    }

    @Test("a task prepares, and waits for its gate as long as that is closed")
    func gate() {
        var task = CrashWorld.task()
        task.gate = .prepare
        var world = CrashWorld(.good, task: task)
        world.boot()
        world.run(rounds: 50)
        #expect(world.status?.phase == .prepared && world.status?.reason == "WaitingForGate")
        #expect(!world.performed.contains("reboot"))
        world.spec.task?.gate = .proceed
        world.boot()
        world.run()
        #expect(world.status?.phase == .done)
        #expect(world.performed.filter { $0.hasPrefix("writeSlot") }.count == 1)
    }

    @Test("a task of an older authority is refused, and opens no gate")
    func authority() {
        var world = CrashWorld(.good, task: CrashWorld.task(.reloadConfiguration, id: "t0"))
        world.spec.task?.epoch = 5
        #expect(run(&world)?.phase == .done)
        world.spec.task = CrashWorld.task(id: "old")
        #expect(run(&world)?.reason == "StaleAuthority")
        var prepared = CrashWorld.task(id: "new")
        (prepared.epoch, prepared.gate) = (5, .prepare)
        world.spec.task = prepared
        world.boot()
        world.run(rounds: 20)
        world.spec.task?.gate = .proceed
        world.spec.task?.epoch = 4
        world.boot()
        world.run(rounds: 50)
        #expect(world.status?.phase == .prepared)
    }

    @Test("a host that has left its cluster serves the next: epochs count anew, and names of tasks may come again")
    func nextCluster() {
        var first = CrashWorld.task(.bootstrap, id: "bootstrap-r2-1")
        first.epoch = 5
        var world = CrashWorld(.good, task: first)
        world.journal = []
        #expect(run(&world)?.phase == .done)
        var reset = CrashWorld.task(.reset, id: "reset-1")
        (reset.target, reset.epoch) = (nil, 5)
        // Nobody boots in between, and the plane still tells what ran before.
        world.tell(HostSpec(task: reset, reportedRunning: CrashWorld.new))
        #expect(world.status?.phase == .done && world.plan.record.running == nil)
        #expect(world.reports.last?.running?.kubernetesVersion.isEmpty ?? true)
        world.tell(HostSpec(task: CrashWorld.task(.bootstrap, id: "bootstrap-r2-1")))
        #expect(world.status?.phase == .done)
        #expect(world.performed.filter { $0 == "bootstrap" }.count == 2)
    }

    @Test("the same task again is not done again, and a new one before the gate takes its place")
    func identity() {
        var task = CrashWorld.task(id: "first")
        task.gate = .prepare
        var world = CrashWorld(.good, task: task)
        world.boot()
        world.run(rounds: 20)
        world.spec.task = CrashWorld.task(.reloadConfiguration, id: "second")
        #expect(run(&world)?.id == "second")
        #expect(world.plan.record.finished.first?.reason == "Superseded")
        let count = world.performed.count
        world.boot()
        world.run(rounds: 20)
        #expect(world.performed.count == count + 1, "only the rendering at the agent's start")
    }

    @Test("a task that made way for another before its gate is taken up again, as it was prepared")
    func resumption() {
        var task = CrashWorld.task(id: "update")
        task.gate = .prepare
        var world = CrashWorld(.good, task: task)
        world.boot()
        world.run(rounds: 20)
        world.spec.task = CrashWorld.task(.moveEtcdLeader, id: "move")
        #expect(run(&world)?.phase == .done)
        world.spec.task = task
        world.boot()
        world.run(rounds: 20)
        #expect(world.status?.id == "update" && world.status?.phase == .prepared)
        world.spec.task?.gate = .proceed
        #expect(run(&world)?.phase == .done)
        #expect(world.performed.filter { $0 == "downloadImage" }.count == 1)
    }

    @Test("what runs for a task that is replaced before its gate is cancelled, and the new task waits for that")
    func cancellation() throws {
        var plan = HostPlan()
        func moment(_ seconds: Int) -> HostMoment { HostMoment(uptime: .seconds(seconds), now: Timestamp(seconds: 0)) }
        let facts = HostFacts(
            booted: .a, bootID: "1", slots: HostSlots(a: SlotContent(version: "1", digest: CrashWorld.oldDigest)),
            bootBlocks: .initial(committed: .a), journal: nil, hasEtcdMember: false)
        _ = plan.handle(.started(facts), at: moment(1))
        var actions = plan.handle(.specChanged(HostSpec(task: CrashWorld.task(id: "one"))), at: moment(2))
        let download = try #require(actions.first { $0.operation.word == "downloadImage" })
        for action in actions where action.operation.word == "writeJournal" {
            _ = plan.handle(.finished(action.id, HostResult()), at: moment(3))
        }
        let half = plan.handle(.progressed(download.id, percent: 50), at: moment(4))
        guard case .report(let report) = half.first?.operation else { throw HostFailure(.invalid, "no report") }
        #expect(report.task?.progress == 50 && report.task?.phase == .downloading)

        actions = plan.handle(.specChanged(HostSpec(task: CrashWorld.task(.reset, id: "two"))), at: moment(5))
        #expect(actions.map(\.operation) == [.cancel(download.id)])
        #expect(plan.handle(.tick, at: moment(6)).isEmpty, "it is cancelled once")
        actions = plan.handle(.failed(download.id, HostFailure(.cancelled, "told to")), at: moment(7))
        #expect(plan.status?.id == "two" && actions.contains { $0.operation == .resetHost })
    }

    @Test("unknown health at the limit goes back without blame, and a lost link holds nothing up unless it is required")
    func unknownHealth() {
        var world = CrashWorld(.neverKnown)
        let status = run(&world)
        #expect(status?.phase == .reverted && status?.cause == .cluster && status?.reason == "HealthUnknown")
        var linked = CrashWorld(.good, task: CrashWorld.task(parameters: ["requireCentreLink": "true"]))
        #expect(run(&linked)?.phase == .reverted)
    }

    @Test("there is no spare slot while the booted one is on trial")
    func spareSlot() {
        #expect(SpareSlot(booted: .a, committed: .a)?.slot == .b)
        #expect(SpareSlot(booted: .b, committed: .b)?.slot == .a)
        #expect(SpareSlot(booted: .a, committed: .b) == nil)
        #expect(SpareSlot(booted: .b, committed: .a) == nil)
    }

    @Test("the slot that was good before is closed before it is written again, and needs no writing to go back to")
    func secondUpdate() {
        var world = CrashWorld(.good)
        #expect(run(&world)?.phase == .done)
        var back = CrashWorld.task(id: "back")
        back.target = CrashWorld.old
        world.spec.task = back
        #expect(run(&world)?.phase == .done)
        #expect(world.booted == .a && !world.performed.contains("writeSlot A"))
        let third = "sha256:" + String(repeating: "c", count: 64)
        world.behaviours[third] = .good
        world.spec.task = CrashWorld.task(id: "third")
        world.spec.task?.target?.osDigest = third
        #expect(run(&world)?.phase == .done)
        #expect(world.booted == .b && world.performed.filter { $0 == "writeSlot B" }.count == 2)
    }

    @Test("an image that failed here is tried again when a person says so")
    func retryFailedImage() {
        var world = CrashWorld(.panics)
        #expect(run(&world)?.phase == .reverted)
        world.spec.task = CrashWorld.task(id: "again")
        #expect(run(&world)?.reason == "ImageFailedHere")
        world.behaviours[CrashWorld.newDigest] = .good
        world.spec.task = CrashWorld.task(id: "asked", parameters: ["retryFailedImage": "true"])
        #expect(run(&world)?.phase == .done)
        #expect(world.plan.record.failedImages == [])
    }

    @Test("the cluster's failure extends the deadline to the limit; the host's does not")
    func deadlines() {
        var host = CrashWorld(.neverHealthy)
        host.boot()
        host.run { $0.status?.reason == "Reverting" }
        #expect((.seconds(75)...(.seconds(95))).contains(host.uptime), "\(host.uptime)")
        var cluster = CrashWorld(.clusterFails)
        cluster.boot()
        cluster.run { $0.status?.reason == "Reverting" }
        #expect((.seconds(195)...(.seconds(215))).contains(cluster.uptime), "\(cluster.uptime)")
        #expect(cluster.plan.record.failedImages == [])
    }

    @Test(
        "a task that makes no sense is refused, naming the field",
        arguments: [
            (CrashWorld.task(.removeEtcdMember), "spec.task.parameters.member"),
            (CrashWorld.task(.snapshotEtcd), "spec.task.parameters.snapshot"),
            (HostTask(id: "x", type: .repave, epoch: 1, leaseTransitions: 0), "spec.task.target"),
            (HostTask(id: "x", type: .reboot, epoch: 1, leaseTransitions: 0), "spec.task.target.revision"),
        ])
    func invalid(_ task: HostTask, _ field: String) {
        var world = CrashWorld(.good, task: task)
        let status = run(&world)
        #expect(status?.phase == .refused && status?.reason == "InvalidTask")
        #expect(status?.message.contains(field) ?? false)
    }

    @Test("a report is written into the HostMachine, and leaves what it does not know")
    func report() throws {
        var world = CrashWorld(.good)
        _ = run(&world)
        var machine = HostMachine(json: ["status": ["addresses": []]])
        try #require(world.reports.last).write(into: &machine)
        #expect(machine.taskStatus?.phase == .done && machine.running == CrashWorld.new)
        #expect(machine.json["status", "slots", "committed"] == "B" && machine.json["status", "addresses"] == [])
    }
}
