public import ControlLoop
public import CorbelAPI

/// The centre's side of the pivot.
///
///     step        event                                          next       writes
///     -           the first host serves                          -          Cluster.spec.paused
///     -, Aborted  the Cluster is paused for it                   Sealed     epoch N+1, digest
///     Sealed      a sealed object has changed                    Sealed     the new digest; what was reported is void
///     Sealed      the report names the digest                    Imported
///     Imported    a sealed object has changed                    Sealed     as above
///     Imported    -                                              Committed  plane and epoch, in one compare-and-swap
///     Committed   the site reports the release                   Released
///     Released    copies are left                                Released   finalizers, then deletions, owners last
///     Released    none is left                                   Deleted
///     Sealed, Imported  somebody aborts, or deletes the cluster  Aborted    then the Cluster is unpaused
///
/// It looks at what is and never remembers: after a crash at any point the same table goes on.
public struct PivotReconciler: Reconciler {
    public let name = "pivot"
    public var primary: GroupKind { EdgeCluster.groupKind }

    public init() {}

    public var watches: [WatchedKind] {
        (PivotBundle.movedKinds + [ClusterRevision.groupKind]).map {
            Watching.cluster(of: $0, wakes: EdgeCluster.groupKind)
        }
    }

    public func reconcile(_ key: ObjectKey, in snapshot: Snapshot, now: Timestamp) -> Outcome {
        guard let edgeCluster: EdgeCluster = snapshot.get(EdgeCluster.self, namespace: key.namespace, name: key.name)
        else { return .done }
        let scope = ClusterScope(snapshot, namespace: key.namespace, name: key.name)
        var decision = Decision()
        let status = PivotStatus(of: edgeCluster)
        switch status?.step {
        case nil, .aborted: begin(edgeCluster, status, scope, &decision, now)
        case .sealed, .imported:
            guard let status else { break }
            proceed(edgeCluster, status, snapshot, &decision, now)
        case .committed: awaitRelease(edgeCluster, status, &decision, now)
        case .released: deleteCopies(edgeCluster, status, snapshot, &decision, now)
        case .deleted: break
        }
        return decision.outcome
    }

    private func begin(
        _ edgeCluster: EdgeCluster, _ status: PivotStatus?, _ scope: ClusterScope, _ decision: inout Decision,
        _ now: Timestamp
    ) {
        guard edgeCluster.plane == .centre, let cluster = scope.cluster else { return }
        if edgeCluster.isDeleting {
            // Nothing that rests could be taken down.
            if cluster.isPaused { setPause(false, of: cluster, &decision) }
            return
        }
        if edgeCluster.annotation(Annotation.abortPivot) != nil {
            if status?.step == .aborted, cluster.isPaused { setPause(false, of: cluster, &decision) }
            return
        }
        guard !edgeCluster.isPaused else { return }
        if scope.machines.contains(where: { $0.isDeleting && !isHeldByEtcd($0, scope) }) {
            // What is on its way out goes before: a plane that receives it could not tell that it was to go. While the
            // Cluster rests it would not go.
            if cluster.isPaused { setPause(false, of: cluster, &decision) }
            return
        }
        guard cluster.controlPlaneInitialized, scope.hostMachines.contains(where: isOfControlPlane),
            scope.hostMachines.allSatisfy(\.isIdle)
        else { return }
        guard cluster.isPaused else { return setPause(true, of: cluster, &decision) }
        // An epoch that was burnt by an abort is never used again: a late report of it must mean nothing.
        let epoch = max(edgeCluster.epoch, status?.epoch ?? 0) + 1
        seal(edgeCluster, epoch: epoch, in: scope.snapshot, &decision, now)
    }

    /// The only member of etcd, whose host was taken out of its pool as it became one: it cannot go before others have
    /// joined, and they join at the site. There it leaves like any host that its pool names no more.
    private func isHeldByEtcd(_ machine: Machine, _ scope: ClusterScope) -> Bool {
        guard machine.isControlPlane, let host: HostMachine = scope.find(machine.name) else { return false }
        return !host.isDeleting && EtcdMember(of: host) != nil
    }

    /// Whether the host can receive the objects: the one that began the cluster may have been taken out since.
    private func isOfControlPlane(_ host: HostMachine) -> Bool {
        host.role == .controlPlane && host.hasBootstrapped && !host.isDeleting
    }

    private func setPause(_ isPaused: Bool, of cluster: Cluster, _ decision: inout Decision) {
        var changed = cluster
        changed.isPaused = isPaused
        decision.update(changed, from: cluster)
    }

    private func seal(
        _ edgeCluster: EdgeCluster, epoch: Int, in snapshot: Snapshot, _ decision: inout Decision, _ now: Timestamp
    ) {
        let bundle = PivotBundle(of: edgeCluster, in: snapshot)
        write(PivotStatus(step: .sealed, epoch: epoch, digest: bundle.digest, since: now), to: edgeCluster, &decision)
    }

    private func proceed(
        _ edgeCluster: EdgeCluster, _ status: PivotStatus, _ snapshot: Snapshot, _ decision: inout Decision,
        _ now: Timestamp
    ) {
        var next = status
        if edgeCluster.isDeleting || edgeCluster.annotation(Annotation.abortPivot) != nil {
            next.step = .aborted
            next.since = now
            return write(next, to: edgeCluster, &decision)
        }
        guard PivotBundle(of: edgeCluster, in: snapshot).digest == status.digest else {
            return seal(edgeCluster, epoch: status.epoch, in: snapshot, &decision, now)
        }
        guard status.importedDigest == status.digest else {
            return decision.wait(status.importWait(on: edgeCluster))
        }
        next.since = now
        if status.step == .sealed {
            next.step = .imported
            return write(next, to: edgeCluster, &decision)
        }
        next.step = .committed
        var committed = edgeCluster
        committed.plane = .site
        committed.epoch = status.epoch
        // A revision that runs where the pivot ends is the current one: from here on only updates move it.
        let scope = ClusterScope(snapshot, namespace: edgeCluster.namespace, name: edgeCluster.name)
        committed.currentRevision = committed.currentRevision ?? scope.revision?.name
        committed.json["status", "pivot"] = next.json
        decision.updateStatus(committed, from: edgeCluster)
        decision.announce(
            EventIntent(
                about: edgeCluster, reason: "Pivoted",
                message: "the site runs the cluster's objects at epoch \(status.epoch)"))
    }

    private func awaitRelease(
        _ edgeCluster: EdgeCluster, _ status: PivotStatus?, _ decision: inout Decision, _ now: Timestamp
    ) {
        guard var next = status else { return }
        guard next.isReleasedAtSite else {
            return decision.wait(next.releaseWait(on: edgeCluster))
        }
        next.step = .released
        next.since = now
        write(next, to: edgeCluster, &decision)
    }

    /// Finalizers first: the hosts are the site's now, and nobody here may reset one.
    private func deleteCopies(
        _ edgeCluster: EdgeCluster, _ status: PivotStatus?, _ snapshot: Snapshot, _ decision: inout Decision,
        _ now: Timestamp
    ) {
        let copies = PivotBundle(of: edgeCluster, in: snapshot).moved.reversed()
        for copy in copies {
            if copy.finalizers.isEmpty {
                decision.delete(copy)
            } else {
                var stripped = copy
                stripped.finalizers = []
                decision.update(stripped, from: copy)
            }
        }
        guard copies.isEmpty, var next = status else { return }
        next.step = .deleted
        next.since = now
        write(next, to: edgeCluster, &decision)
    }

    private func write(_ status: PivotStatus, to edgeCluster: EdgeCluster, _ decision: inout Decision) {
        var changed = edgeCluster
        changed.json["status", "pivot"] = status.json
        decision.updateStatus(changed, from: edgeCluster)
    }
}
