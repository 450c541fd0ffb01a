import ControlLoop
import CorbelAPI
import Lifecycle
import Testing

/// Hosts that a site lets go of without seeing them reset, and clusters that end at any time.
@Suite struct HandedBackTests {
    private func setWorkers(_ hosts: [String], _ world: inout TestWorld) {
        world.edit { cluster in
            var pools = cluster.spec["pools"]?.arrayValue ?? []
            pools[1]["hosts"] = JSONValue(hosts)
            cluster.json["spec", "pools"] = .array(pools)
        }
    }

    private func delete(_ world: inout TestWorld) {
        world.centre.change(EdgeCluster.self, "edge") {
            $0.json["metadata", "deletionTimestamp"] = "2026-01-01T00:00:00Z"
        }
    }

    private func consumer(of host: String, _ world: TestWorld) -> String? {
        world.centre.get(EdgeHost.self, host)?.consumerCluster
    }

    private func losing(_ host: String, _ world: inout TestWorld) {
        world.agents.dead.insert(host)
        let moment = world.now
        world.site.change(Node.self, host) {
            $0.set(Condition("Ready", .unknown, reason: "NodeStatusUnknown"), now: moment)
        }
    }

    @Test("a worker that is off and taken out is let go of after five minutes, and reset when it comes back")
    func offWorker() {
        var world = TestWorld.running(workers: ["w"])
        losing("w", &world)
        setWorkers([], &world)
        world.run(rounds: 50)
        #expect(world.site.get(Machine.self, "edge-w")?.isDeleting == true, "five minutes have not passed")
        world.run(rounds: 30)
        #expect(world.site.get(Machine.self, "edge-w") == nil)
        #expect(world.site.get(Node.self, "w") == nil)
        #expect(consumer(of: "w", world) == "edge", "whoever still holds what it was told is no one else's")
        #expect(world.waitReasons == ["HostNotReset"])

        world.agents.dead = []
        world.site.put(Node(name: "w"))
        world.run(rounds: 5)
        #expect(world.centre.snapshot.list(HostMachine.self).isEmpty)
        #expect(world.site.get(Node.self, "w") == nil, "a Node that came up with it goes")
        #expect(consumer(of: "w", world) == nil)
        #expect(world.waitReasons == [])
        #expect(world.restless(world.site, isCentre: false) == [])
        #expect(world.restless(world.centre, isCentre: true) == [])
    }

    @Test("a host that is named again before it was reset becomes a member after its reset, and not before")
    func namedAgain() {
        var world = TestWorld.running(workers: ["w"])
        losing("w", &world)
        setWorkers([], &world)
        world.run(rounds: 90)
        setWorkers(["w"], &world)
        world.run(rounds: 10)
        #expect(world.site.get(Machine.self, "edge-w") == nil)
        world.agents.dead = []
        world.run(rounds: 30) { $0.site.get(HostMachine.self, "edge-w")?.running != nil }
        #expect(world.site.get(HostMachine.self, "edge-w")?.running != nil)
        world.run(rounds: 5)
        #expect(world.waitReasons == [])
    }

    @Test("the control plane of a cluster that ends is reset through the centre: its API server goes with it")
    func controlPlane() {
        var world = TestWorld.running(workers: ["w"])
        delete(&world)
        var resetAtSite: Set<String> = []
        world.run(rounds: 60) { world in
            let told = world.site.snapshot.list(HostMachine.self).filter { $0.task?.type == .reset }
            resetAtSite.formUnion(told.map(\.hostName))
            return world.centre.get(EdgeCluster.self, "edge") == nil
        }
        #expect(resetAtSite == ["w"])
        #expect(world.centre.get(EdgeCluster.self, "edge") == nil)
        #expect(["a", "b", "c", "w"].allSatisfy { consumer(of: $0, world) == nil })
        #expect(world.centre.snapshot.list(HostMachine.self).isEmpty)
    }

    @Test("a cluster that is deleted while its pivot is under way is taken down by the centre")
    func duringPivot() {
        var world = TestWorld(controlPlane: ["a"])
        for _ in 0..<30 where PivotStatus(of: world.edgeCluster)?.step != .sealed { world.step(pivots: false) }
        #expect(PivotStatus(of: world.edgeCluster)?.step == .sealed)
        delete(&world)
        world.run(rounds: 30) { $0.centre.get(EdgeCluster.self, "edge") == nil }
        #expect(world.centre.get(EdgeCluster.self, "edge") == nil, "\(world.waitReasons)")
        #expect(consumer(of: "a", world) == nil)
        #expect(PivotKinds.all.allSatisfy { world.centre.snapshot.list($0).isEmpty })
    }

    @Test("no member leaves etcd while another host of the control plane may be down through an update")
    func removalDuringUpdate() {
        var world = TestWorld.running(["a", "b", "c", "d", "e"])
        world.setVariable("os", "2.0.0")
        world.run(rounds: 3)
        world.approve()
        let isUnderWay = { (world: TestWorld) in
            world.site.snapshot.list(HostMachine.self).contains { $0.taskStatus?.phase == .applying }
        }
        world.run(rounds: 60, until: isUnderWay)
        let all = world.site.snapshot.list(HostMachine.self)
        let busy = all.first { $0.taskStatus?.phase == .applying }?.hostName ?? ""
        world.agents.dead = [busy]
        let other = ["d", "e"].first { $0 != busy } ?? ""
        world.site.change(Machine.self, "edge-\(other)") {
            $0.json["metadata", "deletionTimestamp"] = "2026-01-01T00:00:00Z"
        }
        var removals = 0
        world.run(rounds: 20) { world in
            let told = world.site.snapshot.list(HostMachine.self).filter { $0.task?.type == .removeEtcdMember }
            removals += told.count
            return false
        }
        #expect(removals == 0)
        #expect(world.waitReasons.contains("WaitingForHost"), "\(world.waitReasons)")
        world.agents.dead = []
        world.run(rounds: 120) { $0.update?.phase == .completed }
        #expect(world.update?.phase == .completed, "\(world.waitReasons)")
    }
}
