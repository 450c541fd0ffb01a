import ControlLoop
import CorbelAPI
import Simulator
import Testing

/// Each law is shown to fire: mistakes that live here are planted into a world beside what ships.
@Suite("Planted bugs")
struct PlantedBugTests {
    /// A reconciler of HostMachines in a line or two.
    struct Planted: Reconciler {
        let name: String
        let decide: @Sendable (HostMachine, Snapshot) -> Outcome

        var primary: GroupKind { HostMachine.groupKind }
        var watches: [WatchedKind] {
            [WatchedKind(ClusterUpdate.groupKind) { _, snapshot in snapshot.list(HostMachine.self).map(\.key) }]
        }

        func reconcile(_ key: ObjectKey, in snapshot: Snapshot, now: Timestamp) -> Outcome {
            guard let host: HostMachine = snapshot.get(HostMachine.self, namespace: key.namespace, name: key.name)
            else { return .done }
            return decide(host, snapshot)
        }
    }

    /// The laws that are broken in the first seeds that break one, and all of those that are asked for; chance may
    /// spare a few.
    static func broken(
        seeds: ClosedRange<UInt64> = 1...16, until wanted: Set<String> = [],
        _ plant: (inout SimulationConfiguration) -> Void
    ) -> Set<String> {
        var configuration = SimulationConfiguration.one
        plant(&configuration)
        return seeds.reduce(into: []) { laws, seed in
            guard laws.isEmpty || !laws.isSuperset(of: wanted) else { return }
            laws.formUnion(Simulation(seed: seed, configuration: configuration).run().violations.map(\.law))
        }
    }

    @Test("a leader that opens every gate at once breaks the order and budgets; hosts keep etcd's quorum themselves")
    func impatient() {
        let expected: Set = [
            "one host at a time", "the order that was promised", "no budget is broken through us",
        ]
        let laws = Self.broken(until: expected) {
            $0.plantedAtSite = [
                Planted(name: "impatient") { host, _ in
                    guard var task = host.task, task.gate == .prepare, host.taskStatus?.phase == .prepared else {
                        return .done
                    }
                    task.gate = .proceed
                    var told = host
                    told.task = task
                    return Outcome([.update(Unstructured(told))])
                }
            ]
        }
        #expect(laws.isSuperset(of: expected), "\(laws)")
        #expect(!laws.contains("no quorum is lost through us"))
    }

    @Test("a leader that deletes pods instead of evicting them is caught")
    func rude() {
        let laws = Self.broken {
            $0.plantedAtSite = [
                Planted(name: "rude") { _, snapshot in
                    guard let pod = snapshot.list(Pod.self).first(where: { $0.isReady && !$0.isDeleting }) else {
                        return .done
                    }
                    return Outcome([.delete(pod.key, uid: pod.uid, resourceVersion: "")])
                }
            ]
        }
        #expect(laws.contains("no budget is broken through us"))
    }

    @Test("a leader that does not wait for an approval is caught")
    func highHanded() {
        let laws = Self.broken {
            $0.plantedAtSite = [
                Planted(name: "high-handed") { host, snapshot in
                    guard let update = snapshot.list(ClusterUpdate.self).last, !update.isApproved,
                        host.task?.type == .bootstrap, let running = host.running, host.hostName == "d"
                    else { return .done }
                    var target = running
                    target.revision = update.toRevision
                    var told = host
                    told.task = HostTask(
                        id: "high-handed", type: .restartServices, target: target, epoch: 2, leaseTransitions: 9)
                    return Outcome([.update(Unstructured(told))])
                }
            ]
        }
        #expect(laws.contains("only what was approved"))
    }

    @Test("a centre that goes on writing after the pivot is caught")
    func jealous() {
        let laws = Self.broken {
            $0.plantedAtCentre = [
                Planted(name: "jealous") { host, snapshot in
                    guard let cluster = snapshot.list(EdgeCluster.self).first, cluster.json["status", "plane"] == "Site"
                    else { return .done }
                    var claimed = host
                    claimed.annotations["jealous"] = "yes"
                    return claimed == host ? .done : Outcome([.update(Unstructured(claimed))])
                }
            ]
        }
        #expect(laws.contains("one plane writes"))
    }

    @Test("a wait that does not say what would end it is caught")
    func taciturn() {
        let laws = Self.broken(seeds: 1...1) {
            $0.plantedAtSite = [
                Planted(name: "taciturn") { host, _ in
                    Outcome(waits: [Wait("Something", "it takes a while", on: host.key, unblockedBy: "")])
                }
            ]
        }
        #expect(laws.contains("every wait is explained"))
    }

    @Test("a reconciler that reads what does not wake it is found asleep")
    func asleep() {
        struct Sleepy: Reconciler {
            let name = "sleepy"
            var primary: GroupKind { Secret.groupKind }
            var watches: [WatchedKind] { [] }

            func reconcile(_ key: ObjectKey, in snapshot: Snapshot, now: Timestamp) -> Outcome {
                guard var secret: Secret = snapshot.get(Secret.self, namespace: key.namespace, name: key.name),
                    snapshot.list(ClusterUpdate.self).contains(where: { $0.phase == .completed }),
                    secret.name == "edge-join", secret.annotations["seen"] == nil
                else { return .done }
                secret.annotations["seen"] = "yes"
                return Outcome([.update(Unstructured(secret))])
            }
        }
        let laws = Self.broken { $0.plantedAtSite = [Sleepy()] }
        #expect(laws == ["at rest, a second look wants nothing"])
    }

    @Test("a leader that forgets a part of its work never comes to rest")
    func forgetful() {
        let laws = Self.broken(seeds: 1...1) { $0.leftOut = ["cluster-update"] }
        #expect(laws == ["what has healed comes to rest"])
    }
}
