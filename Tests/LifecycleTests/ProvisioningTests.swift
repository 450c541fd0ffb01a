import ControlLoop
import CorbelAPI
import Lifecycle
import Testing

@Suite struct ProvisioningTests {
    @Test(
        "a cluster of one, three and five hosts comes up, pivots and turns green",
        arguments: [(1, 0), (3, 0), (3, 2), (5, 0)])
    func comesUp(controlPlanes: Int, workers: Int) {
        let names = (1...controlPlanes).map { "host-\($0)" }
        var world = TestWorld(controlPlane: names, workers: (0..<workers).map { "worker-\($0)" })
        world.run { $0.edgeCluster.phase == .running && $0.sitesCluster.healthLevel == "Green" }
        #expect(world.edgeCluster.phase == .running)
        #expect(
            world.sitesCluster.healthLevel == "Green",
            "\(world.sitesCluster.json["status", "health"]?.encodedText ?? "")")
        #expect(world.waitReasons == [])
        #expect(world.site.snapshot.list(Machine.self).count == controlPlanes + workers)
        #expect(world.site.snapshot.list(Machine.self).allSatisfy { $0.phase == .running && $0.nodeName != nil })
        #expect(world.edgeCluster.epoch == 2)
        #expect(world.restless(world.site, isCentre: false) == [], "a second look at an unchanged plane wants nothing")
        #expect(world.restless(world.centre, isCentre: true) == [])
        #expect(PivotKinds.all.allSatisfy { world.centre.snapshot.list($0).isEmpty }, "the centre keeps nothing")
    }

    @Test("a cluster begins with what is asked for last where its first host fails, and keeps to it where it does not")
    func firstHostFails() {
        for fails in [true, false] {
            var world = TestWorld(controlPlane: ["a", "b", "c"])
            world.agents.faults = fails ? ["a": .fails, "b": .fails, "c": .fails] : [:]
            world.run { world in
                world.centre.snapshot.list(HostMachine.self).contains { $0.taskStatus?.phase == .failed }
                    || PivotStatus(of: world.edgeCluster) != nil
            }
            world.setVariable("os", "2.0.0")
            world.run(rounds: 3)
            world.agents.faults = [:]
            world.run(rounds: 200) { $0.edgeCluster.phase == .running }
            #expect(world.edgeCluster.phase == .running)
            let systems = Set(world.site.snapshot.list(HostMachine.self).compactMap(\.running?.osVersion))
            #expect(systems == [fails ? "2.0.0" : "1.0.0"], "without an approval only a cluster that never began")
        }
    }
}
