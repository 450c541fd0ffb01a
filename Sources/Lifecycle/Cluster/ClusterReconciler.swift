public import ControlLoop
public import CorbelAPI

/// Cluster API's Cluster: status and phase from control plane, infrastructure and machines, and the order of a
/// deletion.
///
///     deletion: WaitingForWorkersDeletion, WaitingForControlPlaneDeletion, WaitingForInfrastructureDeletion, gone
public struct ClusterReconciler: Reconciler {
    public let name = "cluster"
    public var primary: GroupKind { Cluster.groupKind }

    public init() {}

    public var watches: [WatchedKind] {
        [
            HostCluster.groupKind, EdgeControlPlane.groupKind, MachineDeployment.groupKind, MachineSet.groupKind,
            Machine.groupKind, MachineHealthCheck.groupKind, EdgeCluster.groupKind,
        ].map { Watching.cluster(of: $0, wakes: Cluster.groupKind) }
    }

    public func reconcile(_ key: ObjectKey, in snapshot: Snapshot, now: Timestamp) -> Outcome {
        guard let cluster: Cluster = snapshot.get(Cluster.self, namespace: key.namespace, name: key.name) else {
            return .done
        }
        let scope = ClusterScope(snapshot, namespace: key.namespace, name: key.name)
        var decision = Decision()
        var status = cluster
        let isPaused = scope.isPaused(cluster)
        // What comes to a plane paused and without a status is on its way: the importer has yet to bring its status.
        if isPaused, cluster.json["status"] == nil { return .done }
        status.set(Condition("Paused", .init(isPaused), reason: isPaused ? "Paused" : "NotPaused"), now: now)
        if isPaused {
            // A cluster on its way to another plane must not change any more; that it rests is all that is said.
        } else if cluster.isDeleting {
            delete(cluster, scope, &decision, status: &status, now: now)
        } else {
            ClusterSummary(scope).write(into: &status, now: now)
        }
        decision.updateStatus(status, from: cluster)
        return decision.outcome
    }

    private func delete(
        _ cluster: Cluster, _ scope: ClusterScope, _ decision: inout Decision, status: inout Cluster, now: Timestamp
    ) {
        status.json["status", "phase"] = "Deleting"
        let stages: [(String, [Unstructured])] = [
            ("WaitingForWorkersDeletion", workers(scope)),
            ("WaitingForControlPlaneDeletion", scope.controlPlane.map { [Unstructured($0)] } ?? []),
            ("WaitingForInfrastructureDeletion", scope.hostCluster.map { [Unstructured($0)] } ?? []),
        ]
        guard let (reason, objects) = stages.first(where: { !$0.1.isEmpty }) else {
            return decision.removeFinalizer(Finalizer.cluster, from: cluster)
        }
        for object in objects { decision.delete(object) }
        let names = objects.map { "\($0.kind) \($0.name)" }.joined(separator: ", ")
        status.set(Condition("Deleting", .isTrue, reason: reason, message: "waiting for the end of \(names)"), now: now)
        decision.wait(
            Wait(
                reason, "waiting for the end of \(names)", on: objects[0].key, since: cluster.deletionTimestamp,
                unblockedBy: "their hosts are reset and their objects are gone"))
    }

    private func workers(_ scope: ClusterScope) -> [Unstructured] {
        scope.list(MachineHealthCheck.self).map(Unstructured.init)
            + scope.list(MachineDeployment.self).map(Unstructured.init)
            + scope.list(MachineSet.self).map(Unstructured.init)
            + scope.machines.filter { !$0.isControlPlane }.map(Unstructured.init)
    }
}
