import ControlLoop
import CorbelAPI
import HostPlan
import Lifecycle
import Testing

@testable import Simulator

/// Laws of hosts that come and go, broken by mistakes that live here.
@Suite("Laws of scaling")
struct ScalingLawTests {
    /// A reconciler of one kind in a line or two.
    private struct Planted<Kind: TypedResource>: Reconciler {
        let name: String
        let decide: @Sendable (Kind, Snapshot) -> Outcome

        var primary: GroupKind { Kind.groupKind }
        var watches: [WatchedKind] { [] }

        func reconcile(_ key: ObjectKey, in snapshot: Snapshot, now: Timestamp) -> Outcome {
            guard let object = snapshot.get(Kind.self, namespace: key.namespace, name: key.name) else { return .done }
            return decide(object, snapshot)
        }
    }

    private static let running: SimulatedWorld = {
        var world = SimulatedWorld(seed: 1, configuration: .one)
        world.run(for: .seconds(3600)) { $0.hasConverged }
        return world
    }()

    @Test("a leader that lets everybody become a member at once is caught")
    func hasty() throws {
        var configuration = SimulationConfiguration.one
        configuration.plantedAtSite = [
            Planted<HostMachine>(name: "hasty") { host, _ in
                guard host.role == .controlPlane, host.isProvisioned else { return .done }
                var admitted = host
                admitted.annotations[Annotation.admitted] = ""
                return admitted == host ? .done : Outcome([.update(Unstructured(admitted))])
            }
        ]
        // Where all members are there at once, one after the other is all that the law can see.
        let script = try Script(parsing: "begin bare\nat 1s power-cut b for 200s\nat 1s power-cut c for 200s\n")
        let laws = Simulation(script, configuration: configuration).run().violations.map(\.law)
        #expect(laws.contains("one member at a time"), "\(laws)")
    }

    @Test("what is deleted and never goes is caught", arguments: ["at 900s remove d", "at 900s delete"])
    func clingy(line: String) throws {
        var configuration = SimulationConfiguration.one
        configuration.plantedAtSite = [
            Planted<HostConfig>(name: "clingy") { config, snapshot in
                guard snapshot.list(EdgeCluster.self).first?.json["status", "plane"] == "Site" else { return .done }
                var held = config
                if !held.finalizers.contains("clingy") { held.finalizers.append("clingy") }
                return held == config || config.isDeleting ? .done : Outcome([.update(Unstructured(held))])
            }
        ]
        let script = try Script(parsing: "begin bare\n\(line)\n")
        let violations = Simulation(script, configuration: configuration).run().violations
        #expect(violations.map(\.law) == ["finalizers end"], "\(violations)")
    }

    @Test("a member that etcd needs for its quorum may neither be removed nor reset, and not go down")
    func quorum() throws {
        var world = Self.running
        let law = QuorumLaw()
        let hosts = try ["a", "b"].map { try #require(world.index(of: $0)) }
        #expect(law.observe(.removesMember(hosts[0]), in: world).isEmpty)
        world.cutPower(hosts[1])
        #expect(law.observe(.removesMember(hosts[0]), in: world).isEmpty, "nobody can know yet")
        world.run(for: .seconds(200))
        #expect(!law.observe(.removesMember(hosts[0]), in: world).isEmpty)
        #expect(!law.observe(.resets(host: hosts[0]), in: world).isEmpty)
        #expect(!law.observe(.goesDown(host: hosts[0]), in: world).isEmpty)
        #expect(law.observe(.removesMember(hosts[1]), in: world).isEmpty)
        world.perform(.delete, on: nil)
        #expect(law.observe(.resets(host: hosts[0]), in: world).isEmpty, "a cluster that ends needs no quorum")
    }

    @Test("a host may not be reset while it holds pods that a budget keeps")
    func budget() throws {
        var world = Self.running
        world.perform(.run("till", pods: 1), on: nil)
        world.perform(.spare("till", pods: 0), on: nil)
        world.run(for: .seconds(60))
        let pods = world.sites[0].plane.snapshot.list(Pod.self).filter { $0.namespace == SimulatedWorld.ownNamespace }
        let host = try #require(pods.first?.nodeName.flatMap(world.index))
        let law = BudgetLaw()
        #expect(law.observe(.resets(host: host), in: world).isEmpty, "nobody has told it to")
        world.machines[host].agent.seen?.task = HostTask(id: "reset", type: .reset, epoch: 2, leaseTransitions: 0)
        #expect(!law.observe(.resets(host: host), in: world).isEmpty)
    }

    @Test("a learner of etcd has no vote, and there is one at a time")
    func learners() {
        var etcd = SimulatedEtcd()
        for host in 0..<2 { etcd.promote(host) }
        etcd.addLearner(2)
        #expect(etcd.majority == 2 && etcd.hasQuorum { $0 < 2 })
        #expect(!etcd.hasQuorum { $0 > 0 })
        #expect(etcd.hasRoom(for: 2) && !etcd.hasRoom(for: 3))
        etcd.promote(2)
        #expect(etcd.hasRoom(for: 3) && etcd.hasQuorum { $0 > 0 })
    }
}
