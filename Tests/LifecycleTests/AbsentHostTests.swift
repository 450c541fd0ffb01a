import ControlLoop
import CorbelAPI
import Lifecycle
import Testing

/// Hosts of the control plane that are off while a cluster is made, or while it grows.
@Suite struct AbsentHostTests {
    private func bootstrapped(_ world: TestWorld) -> [String] {
        world.site.snapshot.list(HostMachine.self).filter { $0.running != nil }.map(\.hostName).sorted()
    }

    private func isGreen(_ world: TestWorld) -> Bool {
        world.edgeCluster.phase == .running && world.sitesCluster.healthLevel == "Green"
    }

    @Test("the first host that is there begins; those that are off hold nobody up, and join when they come")
    func beginsWithoutTheFirst() {
        var world = TestWorld(controlPlane: ["a", "b", "c"], workers: ["w"])
        world.agents.dead = ["a"]
        world.run(rounds: 80) { bootstrapped($0) == ["b", "c", "w"] }
        #expect(bootstrapped(world) == ["b", "c", "w"])
        #expect(world.waitReasons.contains("HostNotReady"), "\(world.waitReasons)")
        world.run(rounds: 20)
        #expect(bootstrapped(world) == ["b", "c", "w"])
        world.agents.dead = []
        world.run(until: isGreen)
        #expect(bootstrapped(world) == ["a", "b", "c", "w"])
        let modes = world.site.snapshot.list(HostConfig.self).filter { $0.mode == .initialize }.map(\.name)
        #expect(modes == ["edge-b"], "one host begins the cluster")
        #expect(world.waitReasons == [])
    }

    @Test("a candidate that comes while another one is asked gets its turn by the pool's order, and only one begins")
    func beginsOnce() {
        var world = TestWorld(controlPlane: ["a", "b", "c"])
        world.agents.dead = ["a", "b", "c"]
        world.run(rounds: 40)
        #expect(world.centre.snapshot.list(Machine.self).map(\.name) == ["edge-a", "edge-b", "edge-c"])
        #expect(world.waitReasons.contains("NoHostHeard"))
        world.agents.dead = []
        world.run(rounds: 2)
        let told = world.centre.snapshot.list(HostMachine.self).filter { $0.task != nil }.map(\.hostName)
        #expect(told == ["a"])
        world.run(until: isGreen)
        #expect(bootstrapped(world) == ["a", "b", "c"])
    }

    @Test("a host that may be in the midst of becoming a member is waited for: no other member is added meanwhile")
    func waitsForWhoHasBegun() {
        var world = TestWorld(controlPlane: ["a", "b", "c"], workers: ["w"])
        world.run { $0.site.get(HostMachine.self, "edge-b")?.isProvisioned == true }
        world.agents.dead = ["b"]
        world.run(rounds: 60)
        #expect(world.site.get(HostMachine.self, "edge-b")?.task?.type == .bootstrap)
        #expect(world.site.get(HostMachine.self, "edge-c")?.task == nil)
        #expect(bootstrapped(world) == ["a", "w"])
        world.agents.dead = []
        world.run(until: isGreen)
        #expect(bootstrapped(world) == ["a", "b", "c", "w"])
    }

    @Test("an update goes on without a host that has not begun, which starts with what the cluster runs by then")
    func updatesWithoutTheAbsent() {
        var world = TestWorld(controlPlane: ["a", "b", "c", "d", "e"])
        world.agents.dead = ["e"]
        world.run(rounds: 80) { bootstrapped($0) == ["a", "b", "c", "d"] && $0.sitesCluster.currentRevision != nil }
        world.setVariable("kubernetes", "1.33.7")
        world.run(rounds: 5)
        world.approve(downtime: true)
        world.run(rounds: 120) { $0.update?.phase == .completed }
        #expect(world.update?.phase == .completed, "\(world.waitReasons)")
        world.agents.dead = []
        world.run(rounds: 60, until: isGreen)
        let revisions = Set(world.site.snapshot.list(HostMachine.self).compactMap { $0.running?.revision })
        #expect(revisions.count == 1)
        #expect(bootstrapped(world) == ["a", "b", "c", "d", "e"])
    }
}
