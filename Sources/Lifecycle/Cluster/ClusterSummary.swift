import ControlLoop
import CorbelAPI

/// What a Cluster's status says of the objects below it.
struct ClusterSummary {
    private let scope: ClusterScope

    init(_ scope: ClusterScope) { self.scope = scope }

    func write(into cluster: inout Cluster, now: Timestamp) {
        let controlPlane = scope.controlPlane
        // Both have happened once and stay true, whatever happens later (the contract's `initialization`).
        cluster.infrastructureProvisioned =
            cluster.infrastructureProvisioned || scope.hostCluster?.isProvisioned == true
        cluster.controlPlaneInitialized = cluster.controlPlaneInitialized || controlPlane?.isInitialized == true
        cluster.json["status", "phase"] = .string(phase(of: cluster))
        cluster.json["status", "controlPlane"] = counts(
            of: scope.machines.filter(\.isControlPlane), desired: controlPlane?.replicas)
        let workers = scope.list(MachineDeployment.self).reduce(0) { $0 + $1.replicas }
        cluster.json["status", "workers"] = counts(of: scope.machines.filter { !$0.isControlPlane }, desired: workers)
        cluster.observedGeneration = cluster.generation
        mirror("Ready", of: scope.hostCluster.map(Unstructured.init), as: "InfrastructureReady", in: &cluster, now)
        mirror("Available", of: controlPlane.map(Unstructured.init), as: "ControlPlaneAvailable", in: &cluster, now)
        let isAvailable = cluster.isTrue("InfrastructureReady") && cluster.isTrue("ControlPlaneAvailable")
        let unavailable = ["InfrastructureReady", "ControlPlaneAvailable"].filter { !cluster.isTrue($0) }
        cluster.set(
            Condition(
                "Available", .init(isAvailable), reason: isAvailable ? "Available" : "NotAvailable",
                message: unavailable.map { "\($0) is not true" }.joined(separator: "; ")), now: now)
    }

    private func phase(of cluster: Cluster) -> String {
        if cluster.infrastructureProvisioned && cluster.controlPlaneInitialized { return "Provisioned" }
        return scope.controlPlane == nil && scope.hostCluster == nil ? "Pending" : "Provisioning"
    }

    private func counts(of machines: [Machine], desired: Int?) -> JSONValue {
        [
            "desiredReplicas": JSONValue(desired ?? 0), "replicas": JSONValue(machines.count),
            "readyReplicas": JSONValue(machines.filter { $0.isTrue("Ready") }.count),
            "availableReplicas": JSONValue(machines.filter { $0.isTrue("Available") }.count),
            "upToDateReplicas": JSONValue(machines.filter { $0.isTrue("UpToDate") }.count),
        ]
    }

    private func mirror(
        _ type: String, of object: Unstructured?, as name: String, in cluster: inout Cluster, _ now: Timestamp
    ) {
        let source = object?.condition(type)
        cluster.set(
            Condition(
                name, source?.status ?? .unknown, reason: source?.reason ?? "NotReported",
                message: source?.message ?? ""),
            now: now)
    }
}
