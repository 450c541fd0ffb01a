public import ControlLoop
public import CorbelAPI

/// Turns the running revision and the accepted pools into a control plane, worker deployments and health checks.
///
/// Pools take effect at once. Layers do not: the revision changes here only where the new one means the same layers;
/// every other change comes through a ClusterUpdate.
public struct TopologyReconciler: Reconciler {
    public let name = "topology"
    public var primary: GroupKind { Cluster.groupKind }

    public init() {}

    public var watches: [WatchedKind] {
        [
            EdgeCluster.groupKind, ClusterRevision.groupKind, EdgeControlPlane.groupKind, MachineDeployment.groupKind,
            MachineHealthCheck.groupKind,
        ].map { Watching.cluster(of: $0, wakes: Cluster.groupKind) }
    }

    public func reconcile(_ key: ObjectKey, in snapshot: Snapshot, now: Timestamp) -> Outcome {
        guard let cluster: Cluster = snapshot.get(Cluster.self, namespace: key.namespace, name: key.name),
            !cluster.isDeleting
        else { return .done }
        let scope = ClusterScope(snapshot, namespace: key.namespace, name: key.name)
        guard !scope.isPaused(cluster) else { return .done }
        var decision = Decision()
        if scope.edgeCluster?.annotation(Annotation.deleting) != nil {
            decision.delete(cluster)
            return decision.outcome
        }
        adoptEqualRevision(cluster, scope, &decision)
        guard let revision = scope.revision else {
            decision.wait(
                Wait(
                    "RevisionMissing", "the cluster's revision is not here", on: cluster.key,
                    unblockedBy: "the ClusterRevision that \(Annotation.revision) names arrives in this plane"))
            return decision.outcome
        }
        let template = TopologyTemplate(cluster: cluster, revision: revision, scope: scope)
        for pool in scope.acceptedPools {
            let scale = PoolScale(pool, object: scope.scaledObject(of: pool))
            tell(scale, of: pool, scope, &decision)
            switch pool.role {
            case .controlPlane: ensure(template.controlPlane(pool, scale), scope.controlPlane, scale, &decision)
            case .worker:
                let present: MachineDeployment? = scope.find(ObjectName.pool(pool.name, of: scope.name))
                ensure(template.deployment(pool, scale), present, scale, &decision)
            }
            if pool.replacesFailedHosts {
                let present: MachineHealthCheck? = scope.find(ObjectName.pool(pool.name, of: scope.name))
                ensure(template.healthCheck(pool), present, nil, &decision)
            }
        }
        deleteLeftovers(scope, &decision)
        return decision.outcome
    }

    /// Before the first host serves there is nothing that an update could disturb: the newest intent is the one to
    /// begin with.
    private func adoptEqualRevision(_ cluster: Cluster, _ scope: ClusterScope, _ decision: inout Decision) {
        guard let latestName = scope.edgeCluster?.latestRevision, let latest: ClusterRevision = scope.find(latestName),
            cluster.annotation(Annotation.revision) != latestName, scope.activeUpdate == nil
        else { return }
        let meansTheSame = scope.revision?.digest == latest.digest
        guard meansTheSame || scope.machines.isEmpty else { return }
        var adopted = cluster
        adopted.annotations[Annotation.revision] = latestName
        decision.update(adopted, from: cluster)
    }

    private func tell(_ scale: PoolScale, of pool: HostPool, _ scope: ClusterScope, _ decision: inout Decision) {
        guard let refusal = scale.refusal else { return }
        decision.wait(
            Wait(
                "ScaleRefused",
                "the pool \(pool.name) keeps \(scale.serving) hosts and is not scaled to \(scale.replicas): \(refusal)",
                on: scope.scaledObject(of: pool)?.key,
                unblockedBy: "somebody scales it to \(scale.bounds), or changes the pool in the EdgeCluster"))
    }

    /// Creates what is missing, and brings the fields that this reconciler owns back to what they should be.
    private func ensure<Kind: TypedResource>(
        _ wanted: Kind, _ present: Kind?, _ scale: PoolScale?, _ decision: inout Decision
    ) {
        guard let present else {
            var made = wanted
            scale?.record(in: &made.annotations)
            return decision.create(made)
        }
        guard !present.isDeleting else { return }
        var merged = present
        for (key, value) in wanted.spec.objectValue ?? [:] { merged.json["spec", key] = value }
        for (key, value) in wanted.labels { merged.labels[key] = value }
        scale?.record(in: &merged.annotations)
        decision.update(merged, from: present)
    }

    private func deleteLeftovers(_ scope: ClusterScope, _ decision: inout Decision) {
        // An empty list of pools means that the EdgeCluster is not known here, not that every pool is gone.
        guard !scope.pools.isEmpty else { return }
        let workers = Set(scope.pools.filter { $0.role == .worker }.map { ObjectName.pool($0.name, of: scope.name) })
        for deployment in scope.list(MachineDeployment.self) where !workers.contains(deployment.name) {
            decision.delete(deployment)
        }
        let checked = Set(scope.pools.filter(\.replacesFailedHosts).map { ObjectName.pool($0.name, of: scope.name) })
        for host in scope.edgeCluster?.takenBack ?? [] where scope.machine(ofHost: host) == nil {
            if let node = scope.node(ofHost: host) { decision.delete(node) }
        }
        for check in scope.list(MachineHealthCheck.self) where !checked.contains(check.name) { decision.delete(check) }
    }
}
