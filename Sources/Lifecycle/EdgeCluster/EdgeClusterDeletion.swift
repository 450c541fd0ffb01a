import ControlLoop
import CorbelAPI

/// The end of a cluster: the plane that runs it lets go of every host, then the centre releases the claims and the
/// object goes.
///
///     plane     what happens
///     Centre    the Cluster is deleted; its reconciler takes everything down in Cluster API's order
///     Site      the site is asked through its copy of the EdgeCluster; it resets its workers, hands its control plane
///               back, whose API server goes with it, and reports
///     any       hosts that were handed back are reset as the centre tells them
///
/// A pivot that has not committed is undone first, and one that has goes to its end (``PivotReconciler``).
struct EdgeClusterDeletion {
    private let cluster: EdgeCluster
    private let scope: ClusterScope
    private let now: Timestamp

    init(_ cluster: EdgeCluster, in snapshot: Snapshot, now: Timestamp) {
        self.cluster = cluster
        self.now = now
        scope = ClusterScope(snapshot, namespace: cluster.namespace, name: cluster.name)
    }

    var outcome: Outcome {
        guard cluster.finalizers.contains(Finalizer.edgeCluster) else { return .done }
        var decision = Decision()
        // After the commit of a pivot what is here are copies, which go by themselves.
        if let remaining = scope.cluster, cluster.plane == .centre { decision.delete(remaining) }
        // With the first of its control plane a site may lose its quorum: it has to have let go of all of them before.
        if let wait = waitForSite { return waiting([wait], cluster, decision: &decision) }
        var status = cluster
        let resets = HandedBackHosts(of: cluster, in: scope.snapshot).takeBack(into: &status, &decision)
        let waits = [waitForMachines].compactMap(\.self) + resets
        guard waits.isEmpty, status.takenBack == cluster.takenBack else {
            return waiting(waits, status, decision: &decision)
        }
        let claimed = scope.snapshot.list(EdgeHost.self, namespace: cluster.namespace)
            .filter { $0.consumerCluster == cluster.name }
        for host in claimed {
            var released = host
            released.consumerCluster = nil
            decision.update(released, from: host)
        }
        if claimed.isEmpty { decision.removeFinalizer(Finalizer.edgeCluster, from: cluster) }
        return decision.outcome
    }

    private var waitForMachines: Wait? {
        scope.cluster.map { remaining in
            Wait(
                "DeletingCluster", "the cluster's machines are being taken down", on: remaining.key,
                since: cluster.deletionTimestamp, unblockedBy: "every Machine of the cluster is gone")
        }
    }

    private var waitForSite: Wait? {
        guard cluster.plane == .site, !cluster.members.isEmpty else { return nil }
        return Wait(
            "SiteLeaving", "the site has hosts that are not reset: \(cluster.members.joined(separator: ", "))",
            on: cluster.key, since: cluster.deletionTimestamp,
            unblockedBy:
                "the site's link comes back and its hosts report that they are reset, or somebody runs `corbel reclaim`"
        )
    }

    private func waiting(_ waits: [Wait], _ resets: EdgeCluster, decision: inout Decision) -> Outcome {
        var status = resets
        status.phase = .deleting
        SiteReachability(of: cluster, in: scope.snapshot).judge(&status)
        status.setWaits(waits, by: EdgeClusterStatus.author, now: now)
        decision.wait(waits)
        decision.updateStatus(status, from: cluster)
        return decision.outcome
    }
}
