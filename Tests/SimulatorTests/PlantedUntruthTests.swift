import ControlLoop
import CorbelAPI
import Lifecycle
import Testing

@testable import HostPlan
@testable import Simulator

/// Laws of what is said: mistakes that say what is not so, or lose what was.
@Suite("Planted untruths")
struct PlantedUntruthTests {
    private typealias Planted = PlantedBugTests.Planted
    /// A reconciler of EdgeClusters in a line or two.
    private struct PlantedAtCentre: Reconciler {
        let name: String
        let decide: @Sendable (EdgeCluster, Snapshot) -> Outcome

        var primary: GroupKind { EdgeCluster.groupKind }
        var watches: [WatchedKind] {
            [WatchedKind(ClusterUpdate.groupKind) { _, snapshot in snapshot.list(EdgeCluster.self).map(\.key) }]
        }

        func reconcile(_ key: ObjectKey, in snapshot: Snapshot, now: Timestamp) -> Outcome {
            snapshot.get(EdgeCluster.self, namespace: key.namespace, name: key.name).map { decide($0, snapshot) }
                ?? .done
        }
    }

    private let world = SimulatedWorld(seed: 1, configuration: .one)
    private let key = EdgeCluster.key(namespace: SimulatedWorld.namespace, name: "edge")

    // MARK: No status is newer than its evidence

    @Test("a leader that writes an agent's report for it is caught")
    func forger() {
        let laws = PlantedBugTests.broken {
            $0.plantedAtSite = [
                Planted(name: "forger") { host, _ in
                    guard var status = host.taskStatus, status.phase == .applying else { return .done }
                    status.phase = .done
                    var forged = host
                    forged.taskStatus = status
                    return Outcome([.updateStatus(Unstructured(forged))])
                }
            ]
        }
        #expect(laws.contains("no status is newer than its evidence"), "\(laws)")
    }

    @Test("an update that calls a host done before its agent does is caught")
    func hasty() {
        let laws = PlantedBugTests.broken {
            $0.plantedAtSite = [
                Planted(name: "hasty") { host, snapshot in
                    guard var update = snapshot.list(ClusterUpdate.self).first(where: { $0.phase == .progressing }),
                        var entries = update.json["status", "hosts"]?.arrayValue,
                        let index = entries.firstIndex(where: { $0["phase"]?.stringValue == "Applying" })
                    else { return .done }
                    entries[index]["phase"] = "Done"
                    entries[index]["task"] = "Done"
                    update.json["status", "hosts"] = .array(entries)
                    return Outcome([.updateStatus(Unstructured(update))])
                }
            ]
        }
        #expect(laws.contains("no status is newer than its evidence"), "\(laws)")
    }

    @Test("a report that is older than the one shown is caught, and one that is untrue of its machine")
    func old() {
        var law = EvidenceLaw()
        let machine = HostMachine(namespace: "site", name: "edge-a")
        func wrote(_ report: HostReport) -> Observation {
            var shown = machine
            shown.hostName = "a"
            report.write(into: &shown)
            return .wrote(Unstructured(shown), .updateStatus(Unstructured(shown)), .site(0), author: "somebody")
        }
        let first = report(slot: .a, boot: "boot-0")
        var second = first
        second.failedImages = ["sha256:bad"]
        #expect(law.observe(.reports(host: 0, first), in: world).isEmpty)
        #expect(law.observe(wrote(first), in: world).isEmpty)
        #expect(law.observe(.reports(host: 0, second), in: world).isEmpty)
        #expect(law.observe(wrote(first), in: world).isEmpty)
        #expect(law.observe(wrote(second), in: world).isEmpty)
        #expect(!law.observe(wrote(first), in: world).isEmpty)
        #expect(!law.observe(.reports(host: 0, report(slot: .b, boot: "boot-0")), in: world).isEmpty)
        #expect(!law.observe(.reports(host: 0, report(slot: .a, boot: "boot-9")), in: world).isEmpty)
    }

    private func report(slot: Slot, boot: String) -> HostReport {
        HostReport(
            task: nil, running: nil, booted: slot, committed: .a, slots: HostSlots(), failedImages: [],
            authority: Authority(), bootID: boot)
    }

    // MARK: What is not heard of is not shown as well

    @Test("a cluster that stays green when nobody is heard of is caught")
    func rosy() throws {
        var configuration = SimulationConfiguration.one
        let text = "seed 1\nbegin running\nat 1800s link-cut for 1500s\nat 3600s compaction\n"
        let honest = Simulation(try Script(parsing: text), configuration: configuration).run()
        #expect(honest.violations.isEmpty, "\(honest.violations)")
        configuration.plantedAtCentre = [
            PlantedAtCentre(name: "rosy") { cluster, _ in
                guard cluster.json["status", "health", "level"] == "Unknown" else { return .done }
                var rosy = cluster
                rosy.json["status", "health"] = ["level": "Green"]
                return Outcome([.updateStatus(Unstructured(rosy))])
            }
        ]
        let laws = Simulation(try Script(parsing: text), configuration: configuration).run().violations.map(\.law)
        #expect(laws.first == "what is not heard of is not shown as well", "\(laws)")
    }

    // MARK: Nothing acknowledged is lost

    @Test("a centre that drops an approval is caught")
    func forgetful() {
        let laws = PlantedBugTests.broken {
            $0.plantedAtCentre = [
                PlantedAtCentre(name: "forgetful") { _, snapshot in
                    guard var update = snapshot.list(ClusterUpdate.self).first(where: \.isApproved) else {
                        return .done
                    }
                    update.json["spec", "approval"] = nil
                    return Outcome([.update(Unstructured(update))])
                }
            ]
        }
        #expect(laws.contains("nothing acknowledged is lost"), "\(laws)")
    }

    @Test("what was approved and is nowhere, or ends without a reason, is caught")
    func silent() {
        var world = world
        var law = AcknowledgementLaw()
        var update = ClusterUpdate(namespace: "site", name: "edge-1")
        update.clusterName = "edge"
        update.toRevision = "edge-1"
        update.json["spec", "approval"] = ["approved": true, "revision": "edge-1"]
        #expect(law.observe(.acknowledged(Unstructured(update), .centre), in: world).isEmpty)
        #expect(!law.atRest(in: world).isEmpty)
        update.phase = .superseded
        world.centre.put(update, now: world.now)
        #expect(!law.atRest(in: world).isEmpty)
        update.phase = .completed
        world.centre.put(update, now: world.now)
        #expect(law.atRest(in: world).isEmpty)
    }

    @Test("a node that a person closed, and that Corbel opens, is caught")
    func opened() {
        var law = AcknowledgementLaw()
        var node = Node(name: "a")
        node.isUnschedulable = true
        #expect(law.observe(.acknowledged(Unstructured(node), .site(0)), in: world).isEmpty)
        node.isUnschedulable = false
        let opening = Observation.wrote(Unstructured(node), .update(Unstructured(node)), .site(0), author: "x")
        #expect(!law.observe(opening, in: world).isEmpty)
        // A person who opens it again asks for nothing more.
        #expect(law.observe(.acknowledged(Unstructured(node), .site(0)), in: world).isEmpty)
        #expect(law.observe(opening, in: world).isEmpty)
    }

    @Test("a link that has nothing to carry while the site lacks what was asked for is caught")
    func idle() {
        var world = world
        var law = AcknowledgementLaw()
        var cluster = EdgeCluster(namespace: "site", name: "edge")
        cluster.json["spec", "variables"] = ["os": "2.0.0"]
        cluster.json["status", "plane"] = "Site"
        world.centre.put(cluster, now: world.now)
        world.sites[0].plane.put(EdgeCluster(namespace: "site", name: "edge"), now: world.now)
        _ = law.observe(.acknowledged(Unstructured(cluster), .centre), in: world)
        #expect(law.observe(.passes(site: 0), in: world).isEmpty)
        world.sites[0].linkIsIdleAt = SimulatedSite.LinkPosition(centre: world.centre, site: world.sites[0].plane)
        #expect(!law.observe(.passes(site: 0), in: world).isEmpty)
    }

    @Test("a machine that the pivot's commit leaves behind, or carries by halves, is caught")
    func leftBehind() {
        var world = world
        var machine = HostMachine(namespace: "site", name: "edge-a")
        machine.labels = [WellKnown.clusterName: "edge"]
        machine.hostName = "a"
        var cluster = EdgeCluster(namespace: "site", name: "edge")
        cluster.json["status", "plane"] = "Site"
        let commit = Observation.wrote(
            Unstructured(cluster), .updateStatus(Unstructured(cluster)), .centre, author: "pivot")
        var (missing, half, whole) = (PivotLossLaw(), PivotLossLaw(), PivotLossLaw())
        world.centre.put(machine, now: world.now)
        #expect(!missing.observe(commit, in: world).isEmpty)
        world.sites[0].plane.put(machine, now: world.now)
        #expect(whole.observe(commit, in: world).isEmpty)
        machine.json["status", "bootID"] = "boot-1"
        world.sites[0].plane.put(machine, now: world.now)
        #expect(!half.observe(commit, in: world).isEmpty)
    }

    // MARK: Every explanation is true

    @Test(
        "an explanation that is not true is caught",
        arguments: [
            ("PendingApproval", ClusterUpdate.groupKind), ("Paused", ClusterUpdate.groupKind),
            ("HostApplying", HostMachine.groupKind), ("NodeNotReady", Node.groupKind),
            ("EtcdMemberUnhealthy", HostMachine.groupKind), ("EvictionRefused", Pod.groupKind),
            ("MaxUnavailable", HostMachine.groupKind), ("WaitingForHost", HostMachine.groupKind),
        ])
    func liar(reason: String, kind: GroupKind) {
        let laws = PlantedBugTests.broken(seeds: 2...9) {
            $0.plantedAtSite = [
                Planted(name: "liar") { host, snapshot in
                    guard var cluster = snapshot.list(EdgeCluster.self).first,
                        let update = snapshot.list(ClusterUpdate.self).last(where: { $0.phase == .completed })
                    else { return .done }
                    let named = kind == ClusterUpdate.groupKind ? update.key : snapshot.list(kind).first?.key
                    var waits = cluster.json["status", "waits"]?.arrayValue ?? []
                    guard let named, !waits.contains(where: { $0["by"] == "liar" }) else { return .done }
                    waits.append([
                        "reason": .string(reason), "on": .string(named.description), "by": "liar",
                        "message": "so it is", "unblockedBy": "nothing",
                    ])
                    cluster.json["status", "waits"] = .array(waits)
                    return Outcome([.updateStatus(Unstructured(cluster))])
                }
            ]
        }
        #expect(laws.contains("every explanation is true"), "\(reason): \(laws)")
    }
}
