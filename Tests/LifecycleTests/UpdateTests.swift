import ControlLoop
import CorbelAPI
import Lifecycle
import Revisions
import Testing

@Suite struct UpdateTests {
    private func running(_ controlPlane: [String] = ["a", "b", "c"], workers: [String] = []) -> TestWorld {
        TestWorld.running(controlPlane, workers: workers)
    }

    private func hosts(_ world: TestWorld) -> [String: String] {
        let entries = world.update?.json["status", "hosts"]?.arrayValue ?? []
        return Dictionary(
            entries.map { ($0["name"]?.stringValue ?? "", $0["phase"]?.stringValue ?? "") }, uniquingKeysWith: { $1 })
    }

    @Test("nothing moves before the update is approved")
    func waitsForApproval() {
        var world = running()
        world.setVariable("os", "2.0.0")
        world.run(rounds: 10)
        #expect(world.update?.phase == .pendingApproval)
        #expect(world.waitReasons.contains("PendingApproval"))
        #expect(
            world.site.snapshot.list(HostMachine.self).allSatisfy { $0.running?.osVersion == "1.0.0" && $0.isQuiet })
    }

    @Test("an OS upgrade goes host by host, followers before etcd's leader, and no two are down at once")
    func upgradesHostByHost() {
        var world = running(workers: ["w"])
        world.setVariable("os", "2.0.0")
        world.run(rounds: 3)
        #expect(world.update?.plannedHosts.map(\.host.name) == ["b", "c", "a", "w"], "the plan knows the leader")
        world.approve()
        var order: [String] = []
        var mostDown = 0
        world.run(rounds: 120) { world in
            let machines = world.site.snapshot.list(HostMachine.self)
            for machine in machines where machine.running?.osVersion == "2.0.0" && !order.contains(machine.hostName) {
                order.append(machine.hostName)
            }
            mostDown = max(mostDown, world.site.snapshot.list(Node.self).filter { !$0.isReady }.count)
            return world.update?.phase == .completed
        }
        #expect(order == ["b", "c", "a", "w"], "a begins as the leader")
        #expect(mostDown == 1)
        #expect(world.update?.phase == .completed)
        #expect(world.sitesCluster.currentRevision == world.edgeCluster.latestRevision)
        #expect(world.site.snapshot.list(Node.self).allSatisfy { !$0.isUnschedulable })
        world.run(rounds: 5)
        #expect(world.edgeCluster.phase == .running)
        #expect(world.sitesCluster.healthLevel == "Green")
    }

    @Test("the status keeps when each host was first disturbed and when it was through")
    func recordsTimes() throws {
        var world = running(workers: ["w"])
        world.setVariable("os", "2.0.0")
        world.run(rounds: 3)
        let waiting = world.update?.json["status", "hosts"]?.arrayValue ?? []
        #expect(waiting.allSatisfy { $0["beganAt"] == nil && $0["endedAt"] == nil })
        world.approve()
        world.run(rounds: 120) { $0.update?.phase == .completed }
        let status = try #require(world.update?.json["status"])
        func moment(_ json: JSONValue, _ field: String) throws -> Timestamp {
            try #require(json[field]?.stringValue.flatMap(Timestamp.init(rfc3339:)), "\(field) of \(json)")
        }
        var last = try moment(status, "startedAt")
        let entries = Dictionary(
            grouping: status["hosts"]?.arrayValue ?? [], by: { $0["name"]?.stringValue ?? "" })
        for host in ["b", "c", "a", "w"] {
            let entry = try #require(entries[host]?.first)
            let (began, ended) = (try moment(entry, "beganAt"), try moment(entry, "endedAt"))
            #expect(last <= began && began < ended, "\(entry)")
            let phases = try (entry["phases"]?.arrayValue ?? []).map { ($0["phase"], try moment($0, "since")) }
            #expect(phases.last?.0 == "Done" && phases.count > 2, "\(entry)")
            #expect(zip(phases, phases.dropFirst()).allSatisfy { $0.1 <= $1.1 && $0.0 != $1.0 }, "\(entry)")
            last = ended
        }
        #expect(try last <= moment(status, "completedAt"))
    }

    @Test("a change of workloads alone touches no host")
    func rollsWorkloadsOut() {
        var world = running()
        world.setVariable("web", "two")
        world.run(rounds: 3)
        world.approve()
        world.run { $0.update?.phase == .completed }
        #expect(world.update?.phase == .completed)
        #expect(!world.site.log.contains { $0.contains("HostMachine") || $0.contains("Node") })
        #expect(world.site.log.contains("apply Deployment web"))
        world.run(rounds: 3)
        #expect(world.site.snapshot.list(Machine.self).allSatisfy { $0.isTrue("UpToDate") })
    }

    @Test(
        "a host that reverts halts the rollout, is opened again, and the cause is told", arguments: ["Host", "Cluster"])
    func halts(cause: String) {
        var world = running()
        world.agents.faults["b"] = .reverts(cause == "Host" ? .host : .cluster)
        world.setVariable("os", "2.0.0")
        world.run(rounds: 3)
        world.approve()
        world.run { $0.update?.phase == .halted }
        #expect(world.update?.phase == .halted)
        world.run(rounds: 10)
        #expect(hosts(world) == ["a": "Prepared", "b": "Reverted", "c": "Prepared"])
        #expect(
            world.update?.condition("Halted")?.message.contains("the cause lies with the \(cause.lowercased())") == true
        )
        #expect(world.site.snapshot.list(Node.self).allSatisfy { $0.isReady && !$0.isUnschedulable })
        #expect(world.sitesCluster.healthLevel == "Yellow")
    }

    @Test("a halted rollout goes on when a person allows another attempt")
    func retries() {
        var world = running()
        world.agents.faults["b"] = .reverts(.host)
        world.setVariable("os", "2.0.0")
        world.run(rounds: 3)
        world.approve()
        world.run { $0.update?.phase == .halted }
        world.agents.faults = [:]
        let name = world.update?.name ?? ""
        world.centre.change(ClusterUpdate.self, name) { $0.annotations[Annotation.retry] = "2" }
        world.run(rounds: 120) { $0.update?.phase == .completed }
        #expect(world.update?.phase == .completed)
    }

    @Test("a revert after a halt is an update back, which touches only the hosts that had moved on")
    func reverts() {
        var world = running()
        world.agents.faults["c"] = .reverts(.host)
        world.setVariable("os", "2.0.0")
        world.run(rounds: 3)
        world.approve()
        world.run(rounds: 120) { $0.update?.phase == .halted }
        #expect(hosts(world)["b"] == "Done")
        world.agents.faults = [:]
        world.setVariable("os", "1.0.0")
        world.run(rounds: 5)
        world.approve()
        world.site.clearLog()
        world.run(rounds: 120) { world in
            world.update?.phase == .completed
        }
        #expect(world.update?.phase == .completed)
        #expect(world.site.snapshot.list(HostMachine.self).allSatisfy { $0.running?.osVersion == "1.0.0" })
        #expect(world.site.snapshot.list(ClusterUpdate.self).map(\.phase) == [.superseded, .completed])
        #expect(!world.site.log.contains("update Node a"), "a never left the old revision")
    }

    @Test("a change on top of a halted one reaches the hosts that the halted one had not reached")
    func changesOnTop() {
        var world = running()
        world.setVariable("os", "2.0.0")
        world.run(rounds: 3)
        world.approve()
        world.run { $0.update?.json["status", "updatedHosts"] == 1 }
        world.agents.faults = ["c": .reverts(.host)]
        world.run { $0.update?.phase == .halted }
        world.agents.faults = [:]
        world.setVariable("web", "two")
        world.run(rounds: 5)
        let impacts = world.update?.plannedHosts.map { "\($0.host.name) \($0.impact.rawValue)" }
        #expect(impacts == ["b NoOp", "c Repave", "a Repave"])
        world.approve()
        world.run(rounds: 120) { $0.update?.phase == .completed }
        #expect(world.site.snapshot.list(HostMachine.self).allSatisfy { $0.running?.osVersion == "2.0.0" })
    }

    @Test("a host that is becoming a member meanwhile is waited for, and taken along")
    func takesAlongWhoJoins() {
        var world = running()
        world.register("w")
        world.edit {
            let pool: JSONValue = ["name": "workers", "role": "worker", "hosts": ["w"]]
            $0.json["spec", "pools"] = .array(($0.json["spec", "pools"]?.arrayValue ?? []) + [pool])
        }
        world.run(rounds: 10) { $0.site.get(HostMachine.self, "edge-w")?.isProvisioned == true }
        world.agents.dead = ["w"]
        world.run(rounds: 5)
        world.setVariable("os", "2.0.0")
        world.run(rounds: 3)
        world.approve()
        world.run(rounds: 60)
        #expect(world.update?.phase == .progressing)
        #expect(world.waitReasons.contains("HostJoining"))
        world.agents.dead = []
        world.run(rounds: 60) { $0.update?.phase == .completed }
        #expect(world.update?.phase == .completed)
        let systems = world.site.snapshot.list(HostMachine.self).map { $0.running?.osVersion }
        #expect(systems == ["2.0.0", "2.0.0", "2.0.0", "2.0.0"])
    }

    @Test("a control plane of two gets its third member first: until then neither of the two may go")
    func thirdMember() {
        var world = TestWorld(controlPlane: ["a", "b", "c"])
        world.run(rounds: 30) { $0.isPivoted && $0.site.get(HostMachine.self, "edge-b")?.isProvisioned == true }
        world.agents.dead = ["b"]
        world.setVariable("os", "2.0.0")
        world.run(rounds: 3)
        world.approve(downtime: true)
        world.run(rounds: 60) { $0.waitReasons.contains("HostJoining") }
        #expect(world.site.get(HostMachine.self, "edge-b")?.task != nil)
        #expect(world.site.get(HostMachine.self, "edge-c")?.task == nil)
        world.agents.dead = []
        world.run(rounds: 120) { $0.update?.phase == .completed }
        #expect(world.update?.phase == .completed, "\(world.waitReasons)")
        let systems = world.site.snapshot.list(HostMachine.self).map { $0.running?.osVersion }
        #expect(systems == ["2.0.0", "2.0.0", "2.0.0"])
    }

    @Test("what is approved while the link is down is not superseded: the site may have begun with it")
    func approvedUnheard() {
        var world = running()
        world.setVariable("os", "2.0.0")
        world.run(rounds: 3)
        world.linkIsUp = false
        world.approve()
        world.setVariable("os", "3.0.0")
        world.run(rounds: 10)
        #expect(world.centre.snapshot.list(ClusterUpdate.self).map(\.phase) == [.pendingApproval])
        world.linkIsUp = true
        world.run(rounds: 120) { $0.update?.phase == .completed }
        #expect(world.site.snapshot.list(HostMachine.self).allSatisfy { $0.running?.osVersion == "2.0.0" })
        world.run(rounds: 5)
        #expect(world.centre.snapshot.list(ClusterUpdate.self).map(\.phase) == [.completed, .pendingApproval])
    }

    @Test("a paused rollout begins with no host, and goes on afterwards")
    func pauses() {
        var world = running()
        world.setVariable("os", "2.0.0")
        world.run(rounds: 3)
        let name = world.update?.name ?? ""
        world.approve()
        world.step()
        world.centre.change(ClusterUpdate.self, name) { $0.json["spec", "paused"] = true }
        world.run(rounds: 30)
        #expect(world.update?.phase == .paused)
        #expect(world.site.snapshot.list(HostMachine.self).allSatisfy { $0.running?.osVersion == "1.0.0" })
        world.centre.change(ClusterUpdate.self, name) { $0.json["spec", "paused"] = false }
        world.run(rounds: 120) { $0.update?.phase == .completed }
        #expect(world.update?.phase == .completed)
    }

    @Test("an aborted rollout stops where it is and leaves every host sound")
    func aborts() {
        var world = running()
        world.setVariable("os", "2.0.0")
        world.run(rounds: 3)
        let name = world.update?.name ?? ""
        world.approve()
        world.run { $0.site.snapshot.list(Node.self).contains { !$0.isReady } }
        world.centre.change(ClusterUpdate.self, name) { $0.json["spec", "aborted"] = true }
        world.run { $0.update?.phase == .aborted }
        #expect(world.update?.phase == .aborted)
        #expect(world.site.snapshot.list(Node.self).allSatisfy { $0.isReady && !$0.isUnschedulable })
        #expect(world.site.snapshot.list(HostMachine.self).allSatisfy { $0.isQuiet })
    }

    @Test("a host that went back is opened before its node is ready: nobody looks again once the update is over")
    func opensBeforeReady() {
        var world = running()
        world.agents.faults["b"] = .reverts(.host)
        world.setVariable("os", "2.0.0")
        world.run(rounds: 3)
        world.approve()
        world.run { $0.update?.phase == .halted }
        let name = world.update?.name ?? ""
        world.site.change(Node.self, "b") { node in
            node.set(Condition("Ready", .unknown, reason: "NodeStatusUnknown"), now: world.now)
            node.isUnschedulable = true
            node.annotations[Annotation.cordonedBy] = name
        }
        world.centre.change(ClusterUpdate.self, name) { $0.json["spec", "aborted"] = true }
        world.run { $0.update?.phase == .aborted }
        #expect(world.update?.phase == .aborted)
        #expect(world.site.snapshot.list(Node.self).allSatisfy { !$0.isUnschedulable })
    }

    @Test("an update opens what one before it left closed, and nothing that a person has closed")
    func opensWhatWasLeft() {
        var world = running()
        world.setVariable("os", "2.0.0")
        world.run(rounds: 3)
        world.approve()
        world.run(rounds: 120) { $0.update?.phase == .completed }
        let name = world.update?.name ?? ""
        world.site.change(Node.self, "b") { node in
            node.isUnschedulable = true
            node.annotations[Annotation.cordonedBy] = name
        }
        world.site.change(Node.self, "c") { $0.isUnschedulable = true }
        world.setVariable("os", "3.0.0")
        world.run(rounds: 3)
        world.approve()
        world.run(rounds: 120) { $0.centre.snapshot.list(ClusterUpdate.self).allSatisfy { $0.phase == .completed } }
        let closed = world.site.snapshot.list(Node.self).filter(\.isUnschedulable).map(\.name)
        #expect(closed == ["c"])
    }

    @Test("a single host takes its downtime only when that was approved", arguments: [false, true])
    func approvesDowntime(isApproved: Bool) {
        var world = running(["a"])
        world.setVariable("os", "2.0.0")
        world.run(rounds: 3)
        world.approve(downtime: isApproved)
        world.run(rounds: 30) { $0.update?.phase == .completed }
        #expect((world.update?.phase == .completed) == isApproved)
        #expect(world.waitReasons.contains("DowntimeNotApproved") != isApproved)
        #expect(!world.site.log.contains("evict Pod web-1"), "a single host has nowhere to drain to")
    }

    @Test("a pod that a budget holds is named with the budget, and after the limit the rollout halts")
    func respectsBudgets() {
        var world = running()
        world.edit { $0.json["spec", "update"] = ["drainTimeout": "60s"] }
        world.run("free", on: "b")
        world.run("held", on: "b")
        world.hold("held")
        world.setVariable("os", "2.0.0")
        world.run(rounds: 3)
        world.approve()
        world.run { $0.waitReasons.contains("EvictionRefused") }
        let waits = world.update?.json["status", "waits"]?.arrayValue ?? []
        let refusal = waits.first { $0["reason"]?.stringValue == "EvictionRefused" }?["message"]?.stringValue ?? ""
        #expect(refusal.contains("web/held") && refusal.contains("PodDisruptionBudget web/held"))
        #expect(world.site.log.contains("evict Pod free"))
        #expect(!world.site.log.contains("evict Pod held"))
        world.run { $0.update?.phase == .halted }
        #expect(world.update?.condition("Halted")?.reason == "DrainTimeout")
        world.run(rounds: 3)
        #expect(world.site.snapshot.list(Node.self).allSatisfy { !$0.isUnschedulable })
    }

    @Test("a Kubernetes minor is preceded by an etcd snapshot")
    func savesEtcd() {
        var world = running()
        world.setVariable("kubernetes", "1.34.1")
        world.run(rounds: 3)
        world.approve()
        world.run(rounds: 120) { $0.update?.phase == .completed }
        #expect(world.update?.phase == .completed)
        let log = world.site.log
        let snapshot = log.firstIndex { $0.hasPrefix("create EtcdSnapshot") }
        let cordon = log.firstIndex { $0 == "update Node b" }
        #expect(snapshot != nil && cordon != nil && (snapshot ?? 0) < (cordon ?? 0))
        #expect(world.sitesCluster.json["status", "kubernetesVersion"] == "v1.34.1")
        let saved = world.site.snapshot.list(EtcdSnapshot.self).first
        #expect(saved?.json["status", "path"] == "/var/lib/corbel/snapshots/one.db")
        #expect(saved?.json["status", "bytes"] == 4096)
        #expect(saved?.json["status", "completedAt"] != nil)
    }

    @Test("an etcd snapshot that failed is taken again by itself, and later each time")
    func savesEtcdAgain() {
        var world = running()
        world.agents.failingSnapshots = 2
        world.setVariable("kubernetes", "1.34.1")
        world.run(rounds: 3)
        world.approve()
        world.run { $0.waitReasons.contains("SnapshotFailed") }
        #expect(world.waitReasons.contains("SnapshotFailed"))
        world.run(rounds: 200) { $0.update?.phase == .completed }
        #expect(world.update?.phase == .completed)
        let tasks = world.site.log.filter { $0.hasPrefix("create EtcdSnapshot") }
        #expect(tasks.count == 1 && world.agents.failingSnapshots == 0)
    }

    @Test("no host is taken down while another one's etcd member is unhealthy")
    func keepsQuorum() {
        var world = running()
        world.site.change(HostMachine.self, "edge-c") { $0.json["status", "etcd", "healthy"] = false }
        world.setVariable("os", "2.0.0")
        world.run(rounds: 3)
        world.approve()
        world.run(rounds: 10)
        #expect(world.waitReasons.contains("QuorumAtRisk"))
        #expect(!world.site.log.contains { $0.hasPrefix("update Node") })
        world.site.change(HostMachine.self, "edge-c") { $0.json["status", "etcd", "healthy"] = true }
        world.run(rounds: 120) { $0.update?.phase == .completed }
        #expect(world.update?.phase == .completed)
    }

    @Test("a new leader goes on where the last one stopped, with tasks of its own term")
    func survivesALeader() {
        var world = running()
        world.setVariable("os", "2.0.0")
        world.run(rounds: 3)
        world.approve()
        world.run { $0.site.snapshot.list(Node.self).contains { !$0.isReady } }
        world.changeLeader(transitions: 7)
        world.run(rounds: 120) { $0.update?.phase == .completed }
        #expect(world.update?.phase == .completed)
        let terms = world.site.snapshot.list(HostMachine.self).compactMap { $0.task?.leaseTransitions }
        #expect(terms.contains(7))
    }

    @Test("a host that is being drained goes on when etcd's leadership moves to it meanwhile", arguments: ["b", "c"])
    func survivesElectionsOfEtcd(next: String) {
        var world = running()
        world.run("held", on: "b")
        world.hold("held")
        world.setVariable("os", "2.0.0")
        world.run(rounds: 3)
        world.approve()
        world.run { $0.waitReasons.contains("EvictionRefused") }
        for host in ["a", "b", "c"] {
            world.site.change(HostMachine.self, "edge-\(host)") {
                $0.json["status", "etcd", "leader"] = JSONValue(host == next)
            }
        }
        world.hold("held", disruptionsAllowed: 1)
        world.run(rounds: 160) { $0.update?.phase == .completed }
        #expect(world.update?.phase == .completed, "\(world.waitReasons)")
    }

    @Test("an approval is void when the intent has moved on")
    func supersedes() {
        var world = running()
        world.setVariable("os", "2.0.0")
        world.run(rounds: 3)
        world.setVariable("os", "3.0.0")
        world.run(rounds: 5)
        let updates = world.site.snapshot.list(ClusterUpdate.self)
        #expect(updates.map(\.phase) == [.superseded, .pendingApproval])
    }
}

extension HostMachine {
    /// Whether the host was given no task of an update.
    var isQuiet: Bool { task?.id.hasPrefix("update-") != true || taskStatus?.phase == .done }
}

extension TestWorld {
    /// Puts a pod of an application on a host.
    fileprivate mutating func run(_ application: String, on host: String) {
        var pod = Pod(namespace: "web", name: application)
        pod.labels = ["app": application]
        pod.nodeName = host
        site.put(pod)
    }

    /// Lets only so many pods of an application be evicted.
    fileprivate mutating func hold(_ application: String, disruptionsAllowed: Int = 0) {
        var budget = PodDisruptionBudget(namespace: "web", name: application)
        budget.json["spec", "selector"] = ["matchLabels": ["app": .string(application)]]
        budget.json["status"] = [
            "disruptionsAllowed": JSONValue(disruptionsAllowed), "currentHealthy": 1, "desiredHealthy": 1,
        ]
        site.put(budget)
    }
}
