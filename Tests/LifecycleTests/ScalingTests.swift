import ControlLoop
import CorbelAPI
import Lifecycle
import Testing

@Suite struct ScalingTests {
    private func setHosts(_ hosts: [String], pool: Int = 0, _ world: inout TestWorld) {
        for host in hosts where world.centre.get(EdgeHost.self, host) == nil { world.register(host) }
        world.edit { cluster in
            var pools = cluster.spec["pools"]?.arrayValue ?? []
            pools[pool]["hosts"] = JSONValue(hosts)
            cluster.json["spec", "pools"] = .array(pools)
        }
    }

    private func members(_ world: TestWorld) -> [String] {
        world.site.snapshot.list(HostMachine.self).map(\.hostName).sorted()
    }

    @Test("scaling in below three is refused, and the refusal names field, value and what is allowed")
    func refusesBelowThree() {
        var world = TestWorld.running()
        setHosts(["a"], &world)
        world.run(rounds: 10)
        #expect(members(world) == ["a", "b", "c"])
        let condition = world.edgeCluster.condition("SpecValid")
        #expect(condition?.status == .isFalse)
        #expect(condition?.message.contains("spec.pools[0].replicas") == true)
        #expect(condition?.message.contains("must be 3 or more") == true)
        #expect(world.waitReasons.contains("InvalidSpec"))
    }

    @Test("the site itself refuses to go below three, whatever it is told")
    func siteRefusesBelowThree() {
        var world = TestWorld.running()
        world.linkIsUp = false
        world.site.change(EdgeCluster.self, "edge") {
            $0.json["status", "pools"] = [["name": "masters", "role": "control-plane", "hosts": ["a"]]]
        }
        world.run(rounds: 10)
        #expect(members(world) == ["a", "b", "c"])
        #expect(world.waitReasons.contains("ScaleInRefused"))
        #expect(world.site.get(EdgeControlPlane.self, "edge-control-plane")?.isTrue("ScaleRefused") == true)
    }

    @Test("from five to three one host leaves at a time: drained, out of etcd, reset, gone, and free again")
    func scalesIn() {
        var world = TestWorld.running(["a", "b", "c", "d", "e"])
        setHosts(["a", "b", "c"], &world)
        var fewest = 5
        world.run(rounds: 80) { world in
            fewest = min(fewest, world.site.snapshot.list(Machine.self).filter { !$0.isDeleting }.count)
            let isGoingOn = world.site.snapshot.list(Machine.self).filter(\.isDeleting).count
            #expect(isGoingOn <= 1)
            return members(world) == ["a", "b", "c"]
        }
        world.run(rounds: 5)
        #expect(members(world) == ["a", "b", "c"])
        #expect(fewest == 3)
        #expect(world.site.get(Node.self, "e") == nil)
        #expect(world.centre.get(EdgeHost.self, "e")?.consumerCluster == nil)
        let log = world.site.log.drop { $0 != "delete Machine edge-e" }.filter {
            $0.hasSuffix(" edge-e") || $0.hasSuffix(" e") || $0.contains("HostMachine edge-a")
        }
        #expect(
            log == [
                "delete Machine edge-e", "update Node e", "update HostMachine edge-a", "delete HostMachine edge-e",
                "update HostMachine edge-e", "update HostMachine edge-e", "delete HostConfig edge-e", "delete Node e",
                "update Machine edge-e",
            ])
    }

    @Test("a worker that is added joins, and one that is taken out leaves")
    func scalesWorkers() {
        var world = TestWorld.running(workers: ["w"])
        setHosts(["w", "v"], pool: 1, &world)
        world.run(rounds: 20) { members($0) == ["a", "b", "c", "v", "w"] && $0.sitesCluster.healthLevel == "Green" }
        #expect(members(world) == ["a", "b", "c", "v", "w"])
        setHosts(["v"], pool: 1, &world)
        world.run(rounds: 30) { members($0) == ["a", "b", "c", "v"] }
        #expect(members(world) == ["a", "b", "c", "v"])
    }

    private func scale<Kind: TypedResource>(_: Kind.Type, _ name: String, to count: Int, _ world: inout TestWorld) {
        world.site.change(Kind.self, name) { $0.json["spec", "replicas"] = JSONValue(count) }
    }

    @Test("without the centre the site scales a pool that leaves its count open, and the centre learns of it later")
    func scalesAtSite() {
        var world = TestWorld.running(workers: ["w", "v"])
        world.linkIsUp = false
        scale(MachineDeployment.self, "edge-workers", to: 1, &world)
        world.run(rounds: 30) { members($0) == ["a", "b", "c", "w"] }
        #expect(members(world) == ["a", "b", "c", "w"])
        world.linkIsUp = true
        world.run(rounds: 5)
        #expect(world.edgeCluster.scaledPools == ["workers": 1])
        #expect(world.edgeCluster.json["status", "hosts"] == 4)
        #expect(world.edgeCluster.phase == .running)
        #expect(world.centre.get(EdgeHost.self, "v")?.consumerCluster == "edge", "a host that is named stays claimed")
        #expect(world.site.get(MachineDeployment.self, "edge-workers")?.json["spec", "replicas"] == 1)
        #expect(world.waitReasons == [])
        #expect(world.restless(world.site, isCentre: false) == [])
        #expect(world.restless(world.centre, isCentre: true) == [])

        setHosts(["w", "v", "u"], pool: 1, &world)
        world.run(rounds: 10)
        #expect(members(world) == ["a", "b", "c", "w"], "what was scaled stays when the pool names another host")
        scale(MachineDeployment.self, "edge-workers", to: 3, &world)
        world.run(rounds: 30) { members($0).count == 6 && $0.sitesCluster.healthLevel == "Green" }
        #expect(members(world) == ["a", "b", "c", "u", "v", "w"])
        world.run(rounds: 3)
        #expect(world.edgeCluster.scaledPools == [:], "a pool of all its hosts goes with their number again")
    }

    @Test(
        "scaling beyond a pool's bounds is refused with the reason, until it is taken back or allowed",
        arguments: [(0, "minReplicas is 1"), (3, "maxReplicas is 2"), (9, "the pool names no more than 3")])
    func refusesBeyondBounds(count: Int, reason: String) {
        var world = TestWorld.running(workers: ["w", "v"])
        for host in ["u"] { world.register(host) }
        world.edit { cluster in
            var pools = cluster.spec["pools"]?.arrayValue ?? []
            pools[1]["hosts"] = ["w", "v", "u"]
            pools[1]["minReplicas"] = 1
            pools[1]["maxReplicas"] = 2
            cluster.json["spec", "pools"] = .array(pools)
        }
        world.run(rounds: 10)
        scale(MachineDeployment.self, "edge-workers", to: count, &world)
        world.run(rounds: 10)
        #expect(members(world) == ["a", "b", "c", "v", "w"])
        let waits = world.edgeCluster.json["status", "waits"]?.arrayValue ?? []
        let wait = waits.first { $0["reason"] == "ScaleRefused" }
        #expect(wait?["message"]?.stringValue?.contains(reason) == true, "\(waits)")
        #expect(wait?["unblockedBy"]?.stringValue?.contains("1 to 2") == true)
        scale(MachineDeployment.self, "edge-workers", to: 1, &world)
        world.run(rounds: 30) { members($0) == ["a", "b", "c", "w"] && $0.waitReasons == [] }
        #expect(members(world) == ["a", "b", "c", "w"])
        #expect(world.waitReasons == [])
    }

    @Test("a control plane scales from five to three, and to nothing that etcd's quorum forbids")
    func scalesControlPlane() {
        var world = TestWorld.running(["a", "b", "c", "d", "e"])
        for count in [1, 2, 4, 9] {
            scale(EdgeControlPlane.self, "edge-control-plane", to: count, &world)
            world.run(rounds: 5)
            #expect(members(world) == ["a", "b", "c", "d", "e"], "\(count)")
            #expect(world.waitReasons == ["ScaleRefused"], "\(count)")
        }
        scale(EdgeControlPlane.self, "edge-control-plane", to: 3, &world)
        world.run(rounds: 80) { members($0) == ["a", "b", "c"] && $0.waitReasons == [] }
        #expect(members(world) == ["a", "b", "c"])
        #expect(world.edgeCluster.scaledPools == ["masters": 3])
    }

    @Test("a count that the pool sets is the topology's: who scales it anyway is put right")
    func ownsWhatIsSet() {
        var world = TestWorld.running(workers: ["w", "v"])
        world.edit { cluster in
            var pools = cluster.spec["pools"]?.arrayValue ?? []
            pools[1]["replicas"] = 1
            cluster.json["spec", "pools"] = .array(pools)
        }
        world.run(rounds: 30) { members($0) == ["a", "b", "c", "w"] }
        scale(MachineDeployment.self, "edge-workers", to: 2, &world)
        world.run(rounds: 10)
        #expect(members(world) == ["a", "b", "c", "w"])
        #expect(world.site.get(MachineDeployment.self, "edge-workers")?.json["spec", "replicas"] == 1)
        #expect(world.edgeCluster.scaledPools == [:])
    }

    @Test("a pool that is taken out whole leaves nothing behind: neither hosts, nor a deployment, nor a health check")
    func removesPool() {
        var world = TestWorld.running(workers: ["w"])
        world.edit { cluster in
            var pools = cluster.spec["pools"]?.arrayValue ?? []
            pools[1]["replaceFailedHosts"] = true
            cluster.json["spec", "pools"] = .array(pools)
        }
        world.run(rounds: 10)
        #expect(world.site.snapshot.list(MachineHealthCheck.self).count == 1)
        world.edit { $0.json["spec", "pools"] = .array(Array(($0.spec["pools"]?.arrayValue ?? []).prefix(1))) }
        world.run(rounds: 30) { members($0) == ["a", "b", "c"] }
        world.run(rounds: 5)
        #expect(members(world) == ["a", "b", "c"])
        #expect(world.site.snapshot.list(MachineDeployment.self).isEmpty)
        #expect(world.site.snapshot.list(MachineSet.self).isEmpty)
        #expect(world.site.snapshot.list(MachineHealthCheck.self).isEmpty)
        #expect(world.centre.get(EdgeHost.self, "w")?.consumerCluster == nil)
    }

    @Test("a dead control-plane host is replaced by a spare without a hand: out of etcd first, then the spare joins")
    func replacesDeadHost() {
        var world = TestWorld(controlPlane: ["a", "b", "c"]) {
            var pools = $0.spec["pools"]?.arrayValue ?? []
            pools[0]["spares"] = ["s"]
            pools[0]["replaceFailedHosts"] = true
            $0.json["spec", "pools"] = .array(pools)
        }
        world.register("s")
        world.run { $0.edgeCluster.phase == .running && $0.sitesCluster.healthLevel == "Green" }
        world.agents.dead = ["c"]
        let moment = world.now
        world.site.change(Node.self, "c") {
            $0.set(Condition("Ready", .unknown, reason: "NodeStatusUnknown"), now: moment)
        }
        world.run(rounds: 3)
        #expect(world.sitesCluster.healthLevel == "Yellow")
        let unhealthy = world.site.get(EdgeControlPlane.self, "edge-control-plane")?.json["status", "etcd", "unhealthy"]
        #expect(unhealthy == ["c"], "what a silent host last said of its member is not believed")
        #expect(members(world) == ["a", "b", "c"], "five minutes have not passed")
        world.run(rounds: 120) { members($0) == ["a", "b", "s"] && $0.sitesCluster.healthLevel == "Green" }
        #expect(members(world) == ["a", "b", "s"])
        #expect(world.sitesCluster.healthLevel == "Green")
    }

    @Test("when most hosts look dead none is replaced: the leader may be the one that is cut off")
    func replacesNoneWhenMostLookDead() {
        var world = TestWorld(controlPlane: ["a", "b", "c"]) {
            var pools = $0.spec["pools"]?.arrayValue ?? []
            pools[0]["spares"] = ["s"]
            pools[0]["replaceFailedHosts"] = true
            $0.json["spec", "pools"] = .array(pools)
        }
        world.register("s")
        world.run { $0.edgeCluster.phase == .running && $0.sitesCluster.healthLevel == "Green" }
        world.agents.dead = ["b", "c"]
        for host in ["b", "c"] {
            world.site.change(Node.self, host) {
                $0.set(
                    Condition("Ready", .unknown, reason: "NodeStatusUnknown"), now: Timestamp(seconds: 1_800_000_000))
            }
        }
        world.run(rounds: 70)
        #expect(members(world) == ["a", "b", "c"])
        #expect(world.waitReasons.contains("TooManyUnhealthy"))
        #expect(world.sitesCluster.healthLevel == "Red")
    }
}
