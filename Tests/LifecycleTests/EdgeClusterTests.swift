import ControlLoop
import CorbelAPI
import Lifecycle
import Testing

@Suite struct EdgeClusterTests {
    private func pool(_ json: JSONValue) -> HostPool { HostPool(json: json) }

    @Test(
        "pools that cannot work are refused with field, value and what is allowed",
        arguments: [
            (#"[]"#, "spec.pools: Invalid value: []: exactly one pool must have the role control-plane"),
            (
                #"[{"name":"m","role":"control-plane","hosts":["a","b"]}]"#,
                "spec.pools[0].replicas: Invalid value: 2: a control plane has 1, 3 or 5 hosts: "
                    + "etcd needs an odd number to survive the loss of one"
            ),
            (
                #"[{"name":"m","role":"control-plane","hosts":["a"],"replicas":3}]"#,
                "spec.pools[0].replicas: Invalid value: 3: must be at most 1, the number of hosts that the pool names"
            ),
            (
                #"[{"name":"m","role":"control-plane","hosts":["a"]},{"name":"w","role":"worker","hosts":["a"]}]"#,
                "spec.pools[1].hosts[0]: Duplicate value: \"a\": the host is already named in spec.pools[0].hosts[0]"
            ),
            (
                #"[{"name":"m","role":"control-plane","hosts":["a"]},"#
                    + #"{"name":"w","role":"worker","hosts":["b"],"replicas":1,"maxReplicas":0}]"#,
                "spec.pools[1].replicas: Invalid value: 1: must be at most maxReplicas, 0"
            ),
        ])
    func validatesPools(text: String, expected: String) throws {
        let pools = try JSONValue(parsing: text).arrayValue ?? []
        #expect(PoolValidation.problems(of: pools.map(pool)).map(\.description).contains(expected))
    }

    @Test("a host of another cluster, an unapproved one and one that never registered are told apart")
    func namesHostProblems() {
        var world = TestWorld(controlPlane: ["a", "b", "c"])
        world.centre.change(EdgeHost.self, "a") { $0.consumerCluster = "other" }
        world.centre.change(EdgeHost.self, "b") { $0.isApproved = false }
        world.centre.remove(EdgeHost.key(namespace: "site", name: "c"))
        world.run(rounds: 3)
        #expect(["HostNotApproved", "HostNotRegistered", "HostUnavailable"].allSatisfy(world.waitReasons.contains))
        #expect(world.edgeCluster.condition("HostsClaimed")?.message.contains("spec.pools[0].hosts[0]") == true)
        #expect(world.centre.get(Cluster.self, "edge") == nil)
        #expect(world.centre.get(EdgeHost.self, "a")?.consumerCluster == "other")
    }

    @Test("profiles that cannot be resolved are named, and the cluster goes on as it was")
    func namesProfileProblems() {
        var world = TestWorld.running()
        world.setVariable("problem", "unknown macro")
        world.run(rounds: 5)
        #expect(world.edgeCluster.condition("ProfilesResolved")?.reason == "UnknownMacro")
        #expect(world.edgeCluster.phase == .running)
        #expect(world.sitesCluster.healthLevel == "Green")
    }

    @Test("one intent makes one revision, and a change of pools makes none")
    func makesRevisions() {
        var world = TestWorld.running(workers: ["w"])
        #expect(world.centre.snapshot.list(ClusterRevision.self).map(\.sequence) == [1])
        world.edit { cluster in
            var pools = cluster.spec["pools"]?.arrayValue ?? []
            pools[1]["replicas"] = 0
            cluster.json["spec", "pools"] = .array(pools)
        }
        world.run(rounds: 5)
        #expect(world.centre.snapshot.list(ClusterRevision.self).count == 1)
        #expect(world.centre.snapshot.list(ClusterUpdate.self).isEmpty)
    }

    @Test("a paused cluster says that it rests, and does")
    func pauses() {
        var world = TestWorld(controlPlane: ["a"])
        world.edit { $0.json["spec", "paused"] = true }
        world.run(rounds: 5)
        #expect(world.waitReasons == ["Paused"])
        #expect(world.centre.snapshot.list(Cluster.self).isEmpty)
    }

    @Test("a deleted cluster resets its hosts, lets go of them, and is gone")
    func deletes() {
        var world = TestWorld(controlPlane: ["a"])
        world.edit { $0.annotations[Annotation.abortPivot] = "" }
        world.run(rounds: 20)
        #expect(world.centre.get(HostMachine.self, "edge-a")?.running != nil)
        world.centre.change(EdgeCluster.self, "edge") {
            $0.json["metadata", "deletionTimestamp"] = "2026-01-01T00:00:00Z"
        }
        world.run(rounds: 30)
        #expect(world.centre.get(EdgeCluster.self, "edge") == nil)
        #expect(world.centre.get(EdgeHost.self, "a")?.consumerCluster == nil)
        #expect(PivotKinds.all.allSatisfy { world.centre.snapshot.list($0).isEmpty })
    }

    @Test("a cluster that its site runs is taken down by the site, and the centre lets go of hosts that are reset")
    func deletesAtTheSite() {
        var world = TestWorld.running()
        world.centre.change(EdgeCluster.self, "edge") {
            $0.json["metadata", "deletionTimestamp"] = "2026-01-01T00:00:00Z"
        }
        world.step()
        #expect(world.edgeCluster.phase == .deleting)
        #expect(world.waitReasons.contains("SiteLeaving"))
        world.run(rounds: 30)
        #expect(world.centre.get(EdgeCluster.self, "edge") == nil)
        #expect(world.centre.snapshot.list(EdgeHost.self).allSatisfy { $0.consumerCluster == nil })
        #expect(world.site.snapshot.list(HostMachine.self).isEmpty)
    }
}
