import ControlLoop
import CorbelAPI
import Lifecycle
import Testing

@Suite struct PivotTests {
    /// A world in which the centre has sealed the objects of a cluster of three.
    private func sealed() -> TestWorld {
        var world = TestWorld(controlPlane: ["a", "b", "c"])
        for _ in 0..<30 where PivotStatus(of: world.edgeCluster) == nil { world.step(pivots: false) }
        return world
    }

    /// What the centre wants where the pivot has not begun and the only Machine is being deleted, and its host too
    /// where that is asked for.
    private func intentsWhileDeleting(host: Bool) throws -> (intents: [Intent], snapshot: Snapshot, TestWorld) {
        let world = sealed()
        var snapshot = world.centre.snapshot
        var edgeCluster = world.edgeCluster
        edgeCluster.json["status", "pivot"] = nil
        snapshot.insert(Unstructured(edgeCluster))
        let kinds = host ? [Machine.groupKind, HostMachine.groupKind] : [Machine.groupKind]
        for kind in kinds {
            var object = try #require(snapshot.list(kind).first)
            object.json["metadata", "deletionTimestamp"] = "2027-01-15T08:00:00Z"
            snapshot.insert(object)
        }
        return (PivotReconciler().reconcile(edgeCluster.key, in: snapshot, now: world.now).intents, snapshot, world)
    }

    @Test("a Machine that is on its way out goes before the pivot, and the Cluster does not rest until it has gone")
    func awaitsDeletions() throws {
        var (resting, snapshot, world) = try intentsWhileDeleting(host: true)
        guard resting.count == 1, case .update(let object)? = resting.first else {
            Issue.record("\(resting)")
            return
        }
        #expect(object.groupKind == Cluster.groupKind && !Cluster(json: object.json).isPaused)
        snapshot.insert(object)
        let next = PivotReconciler().reconcile(world.edgeCluster.key, in: snapshot, now: world.now)
        #expect(next.intents.isEmpty)
    }

    @Test("etcd's only member cannot go before the pivot, and is carried to the site as one that stays")
    func carriesTheOnlyMember() throws {
        let (intents, snapshot, world) = try intentsWhileDeleting(host: false)
        guard intents.count == 1, case .updateStatus(let object)? = intents.first else {
            Issue.record("\(intents)")
            return
        }
        #expect(PivotStatus(of: EdgeCluster(json: object.json))?.step == .sealed)
        let moved = PivotBundle(of: world.edgeCluster, in: snapshot).moved
        #expect(moved.filter(\.isDeleting).isEmpty)
    }

    @Test("the steps come in order, and each is durable before the next")
    func order() {
        var world = sealed()
        var steps: [PivotStatus.Step] = []
        for _ in 0..<60 {
            if let step = PivotStatus(of: world.edgeCluster)?.step, steps.last != step { steps.append(step) }
            world.step()
        }
        // Imported, Committed follow each other within one settling of the centre, and Deleted ends it.
        #expect(steps.first == .sealed)
        #expect(steps.last == .deleted)
    }

    @Test(
        "cut after any number of the importer's writes, the pivot goes on and ends the same",
        arguments: [0, 1, 2, 4, 6, 8, 11])
    func survivesTheImporter(writes: Int) {
        var world = sealed()
        for _ in 0..<writes { world.pivot() }
        // The importer is gone for a while; the centre goes on by itself, and may not commit what nobody has reported.
        for _ in 0..<3 { world.step(pivots: false) }
        world.run(rounds: 80) { $0.edgeCluster.phase == .running }
        #expect(world.edgeCluster.phase == .running)
        #expect(world.edgeCluster.epoch == 2)
        #expect(PivotKinds.all.allSatisfy { world.centre.snapshot.list($0).isEmpty })
        #expect(world.site.snapshot.list(Machine.self).map(\.name) == ["edge-a", "edge-b", "edge-c"])
    }

    @Test("a link that stays away stops the pivot where it is, and both planes leave the objects alone")
    func survivesTheLink() {
        var world = sealed()
        world.pivot()
        world.pivot()
        world.linkIsUp = false
        let before = world.centre.snapshot.list(Machine.self)
        for _ in 0..<20 { world.step() }
        #expect(world.centre.snapshot.list(Machine.self) == before)
        #expect(PivotStatus(of: world.edgeCluster)?.step == .sealed)
        #expect(world.edgeCluster.plane == "Centre")
        world.linkIsUp = true
        world.run(rounds: 80) { $0.edgeCluster.phase == .running }
        #expect(world.edgeCluster.phase == .running)
    }

    @Test("while the link stays away people are told what the pivot waits for, and nothing that is over")
    func explains() {
        var world = sealed()
        world.linkIsUp = false
        for _ in 0..<20 { world.step() }
        let waits = world.edgeCluster.json["status", "waits"]?.arrayValue ?? []
        #expect(waits.compactMap { $0["reason"]?.stringValue } == ["PivotImport"], "\(waits)")
        world.linkIsUp = true
        world.run(rounds: 80) { $0.edgeCluster.phase == .running }
        #expect(world.edgeCluster.json["status", "waits"] == nil)
    }

    @Test("status moves with the objects, and owners are known by their new UIDs")
    func carriesStatus() {
        var world = sealed()
        let before = world.centre.get(EdgeControlPlane.self, "edge-control-plane")
        for _ in 0..<30 { world.pivot() }
        let after = world.site.get(EdgeControlPlane.self, "edge-control-plane")
        #expect(after?.status == before?.status && before?.isInitialized == true)
        let cluster = world.site.get(Cluster.self, "edge")
        #expect(after?.controllerReference?.uid == cluster?.uid)
        #expect(cluster?.isPaused == true)
        #expect(before?.uid != after?.uid)
    }

    @Test("an object that changes after the seal voids what was reported before")
    func reseals() {
        var world = sealed()
        for _ in 0..<30 { world.pivot() }
        let reported = PivotStatus(of: world.edgeCluster)?.importedDigest
        #expect(reported != nil)
        world.centre.change(HostMachine.self, "edge-a") { $0.json["status", "resources"] = ["cpu": 5] }
        world.step(pivots: false)
        let status = PivotStatus(of: world.edgeCluster)
        #expect(status?.step == .sealed && status?.importedDigest == nil && status?.digest != reported)
        world.run(rounds: 80) { $0.edgeCluster.phase == .running }
        #expect(world.site.get(HostMachine.self, "edge-a")?.json["status", "resources", "cpu"] == 5)
    }

    @Test("an abort before the commit gives the cluster back to the centre and burns the epoch")
    func aborts() {
        var world = sealed()
        for _ in 0..<5 { world.pivot() }
        world.edit { $0.annotations[Annotation.abortPivot] = "" }
        for _ in 0..<20 { world.step() }
        #expect(PivotStatus(of: world.edgeCluster)?.step == .aborted)
        #expect(world.centre.get(Cluster.self, "edge")?.isPaused == false)
        #expect(world.site.snapshot.list(Cluster.self).isEmpty, "the copies are gone")
        world.edit { $0.annotations[Annotation.abortPivot] = nil }
        world.run(rounds: 80) { $0.edgeCluster.phase == .running }
        #expect(world.edgeCluster.phase == .running)
        #expect(world.edgeCluster.epoch == 3)
    }

    @Test("an abort takes back what the site holds, also where the centre has taken it down meanwhile")
    func abortsWithoutTheBundle() throws {
        var world = sealed()
        for _ in 0..<5 { world.pivot() }
        #expect(!world.site.snapshot.list(Machine.self).isEmpty)
        var aborted = world.edgeCluster
        aborted.json["status", "pivot", "step"] = "Aborted"
        let empty = PivotBundle(moved: [], copied: [])
        for _ in 0..<10 {
            let next = PivotImport(bundle: empty, cluster: aborted, site: world.site.snapshot)?.next
            guard case .write(let intents)? = next else { break }
            for intent in intents { _ = try world.site.perform(intent, now: world.now) }
        }
        // Secrets of the site's own may stay.
        let kinds = PivotKinds.all.filter { $0 != Secret.groupKind }
        #expect(kinds.allSatisfy { world.site.snapshot.list($0).isEmpty })
        #expect(world.site.get(EdgeCluster.self, "edge") == nil)
    }

    @Test("a report of another epoch, or after the commit, is refused")
    func refusesStaleReports() {
        var status = PivotStatus(step: .sealed, epoch: 4, digest: "d")
        #expect(throws: StatusError.self) { try status.take(importedDigest: "d", epoch: 3) }
        #expect(throws: StatusError.self) { try status.takeRelease(epoch: 4) }
        status.step = .committed
        #expect(throws: StatusError.self) { try status.take(importedDigest: "d", epoch: 4) }
    }
}
