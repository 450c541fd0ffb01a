import ControlLoop
import CorbelAPI
import Revisions

/// The ClusterUpdate that leads from what the cluster runs to what it should: written when the two differ, superseded
/// when the intent moves on before anybody has approved it.
struct UpdateRequest {
    let scope: ClusterScope
    let latest: ClusterRevision

    init(_ scope: ClusterScope, latest: ClusterRevision) {
        self.scope = scope
        self.latest = latest
    }

    func ensure(status: inout EdgeClusterStatus, decision: inout Decision, now: Timestamp) {
        guard let edgeCluster = scope.edgeCluster, let current = edgeCluster.currentRevision else { return }
        let updates = scope.snapshot.list(ClusterUpdate.self, namespace: scope.namespace)
            .filter { $0.clusterName == scope.name }
        for update in updates where update.awaitsApproval && update.toRevision != latest.name {
            supersede(update, decision: &decision, now: now)
        }
        if let running = updates.first(where: \.mayBeUnderWay), running.toRevision != latest.name {
            status.wait(waitToEnd(running))
            guard running.phase == .halted else { return }
        }
        let revisions = scope.snapshot.list(ClusterRevision.self, namespace: scope.namespace)
            .filter { $0.clusterName == scope.name }
        let origins = UpdateOrigins(current: current, revisions: revisions, updates: updates)
        guard let start = origins.start, start.digest != latest.digest,
            !updates.contains(where: { $0.toRevision == latest.name })
        else { return }
        decision.create(makeUpdate(from: origins, start, for: edgeCluster))
    }

    private func supersede(_ update: ClusterUpdate, decision: inout Decision, now: Timestamp) {
        var superseded = update
        superseded.phase = .superseded
        superseded.set(
            Condition(
                "Approved", .isFalse, reason: "Superseded",
                message: "the intent has moved on to \(latest.name); an approval of \(update.toRevision) is void"),
            now: now)
        decision.updateStatus(superseded, from: update)
    }

    private func waitToEnd(_ update: ClusterUpdate) -> Wait {
        Wait(
            "UpdateUnderWay",
            "the change to \(latest.name) waits for the update to \(update.toRevision), which is under way",
            on: update.key, unblockedBy: "the update \(update.name) completes, or somebody aborts it")
    }

    private func makeUpdate(
        from origins: UpdateOrigins, _ start: ClusterRevision, for edgeCluster: EdgeCluster
    ) -> ClusterUpdate {
        var update = ClusterUpdate(namespace: scope.namespace, name: latest.name)
        update.labels = [WellKnown.clusterName: scope.name]
        update.ownerReferences = [OwnerReference(to: edgeCluster, isController: true)]
        update.clusterName = scope.name
        update.fromRevision = start.name
        update.toRevision = latest.name
        let pools = edgeCluster.scaled(edgeCluster.acceptedPools)
        let hosts = pools.flatMap { pool in
            pool.activeHosts.map {
                RolloutHost(
                    name: $0, pool: pool.name, role: pool.role, isEtcdLeader: edgeCluster.etcdLeader == $0)
            }
        }
        update.plan = UpdatePlan(from: origins, to: latest, hosts: hosts, pools: pools.map(\.name)).json
        return update
    }
}

extension ClusterUpdate {
    /// What is approved may have begun at a site that has not been heard since.
    fileprivate var mayBeUnderWay: Bool { isUnderWay || phase == .pendingApproval && isApproved }
}
