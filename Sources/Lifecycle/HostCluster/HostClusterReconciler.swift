public import ControlLoop
public import CorbelAPI

/// Cluster API's InfraCluster: on bare metal there is nothing to make, so it is provisioned as soon as its Cluster
/// owns it.
///
/// An endpoint that nobody named is the address of the control-plane host that begins the cluster, held under a lease
/// by the agents.
public struct HostClusterReconciler: Reconciler {
    public let name = "host-cluster"
    public var primary: GroupKind { HostCluster.groupKind }

    public init() {}

    public var watches: [WatchedKind] {
        [
            Watching.cluster(of: Cluster.groupKind, wakes: HostCluster.groupKind),
            Watching.cluster(of: HostMachine.self, wakes: HostCluster.groupKind) {
                [$0.address.map { .string($0) }, .bool($0.hasBegun)] as [JSONValue?]
            },
        ]
    }

    public func reconcile(_ key: ObjectKey, in snapshot: Snapshot, now: Timestamp) -> Outcome {
        guard let hostCluster: HostCluster = snapshot.get(HostCluster.self, namespace: key.namespace, name: key.name),
            !hostCluster.isDeleting
        else { return .done }
        let scope = ClusterScope(snapshot, of: hostCluster)
        guard let cluster = scope.cluster, !scope.isPaused(hostCluster) else { return .done }
        var decision = Decision()
        if let endpoint = endpoint(of: hostCluster, scope) {
            var named = hostCluster
            named.json["spec", "controlPlaneEndpoint"] = endpoint
            decision.update(named, from: hostCluster)
            var namedCluster = cluster
            namedCluster.json["spec", "controlPlaneEndpoint"] = endpoint
            decision.update(namedCluster, from: cluster)
        }
        var status = hostCluster
        status.isProvisioned = true
        status.set(Condition("Ready", .isTrue, reason: "Ready"), now: now)
        if !decision.hasWritten(hostCluster) { decision.updateStatus(status, from: hostCluster) }
        return decision.outcome
    }

    private func endpoint(of hostCluster: HostCluster, _ scope: ClusterScope) -> JSONValue? {
        if let named = hostCluster.spec["controlPlaneEndpoint"], !(named["host"]?.stringValue ?? "").isEmpty {
            return named
        }
        let first = scope.hostMachines.first { $0.role == .controlPlane && $0.hasBegun }
        guard let address = first?.address else { return nil }
        return ["host": .string(address), "port": 6443]
    }
}
