import ControlLoop
import CorbelAPI

/// The head objects of Cluster API that the centre creates, while it is the plane that runs the cluster.
struct ClusterObjects {
    let scope: ClusterScope
    let latest: ClusterRevision
    let claims: HostClaims

    init(_ scope: ClusterScope, latest: ClusterRevision, claims: HostClaims) {
        self.scope = scope
        self.latest = latest
        self.claims = claims
    }

    func ensure(status: inout EdgeClusterStatus, decision: inout Decision) {
        guard let edgeCluster = scope.edgeCluster, edgeCluster.plane == .centre,
            PivotStatus(of: edgeCluster)?.isUnderWay != true
        else { return }
        guard let pool = edgeCluster.controlPlanePool, pool.activeHosts.allSatisfy(claims.held.contains) else {
            status.wait(
                Wait(
                    "WaitingForHosts", "the control plane's hosts are not all claimed", on: edgeCluster.key,
                    unblockedBy: "every host of the control-plane pool is registered, approved and free"))
            return
        }
        guard let cluster = scope.cluster else {
            decision.create(makeCluster(for: edgeCluster))
            return
        }
        if scope.hostCluster == nil { decision.create(makeHostCluster(for: edgeCluster, owner: cluster)) }
        if cluster.annotation(Annotation.revision) != latest.name, failsToBegin(cluster) {
            var changed = cluster
            changed.annotations[Annotation.revision] = latest.name
            decision.update(changed, from: cluster)
        }
    }

    /// Whether no host is a member, and the first did not become one: an image that fails there must not keep another
    /// out. From the first member on only updates change what a cluster runs.
    private func failsToBegin(_ cluster: Cluster) -> Bool {
        guard !cluster.controlPlaneInitialized, !cluster.isDeleting else { return false }
        let hosts = scope.hostMachines
        return hosts.allSatisfy { !$0.hasBootstrapped }
            && hosts.contains { $0.currentTaskStatus?.phase.isFailure == true }
    }

    private func makeCluster(for edgeCluster: EdgeCluster) -> Cluster {
        var cluster = Cluster(namespace: scope.namespace, name: scope.name)
        cluster.labels = [WellKnown.clusterName: scope.name]
        cluster.annotations = [Annotation.revision: latest.name]
        cluster.finalizers = [Finalizer.cluster]
        cluster.spec = [
            "clusterNetwork": [
                "pods": ["cidrBlocks": [edgeCluster.spec["network", "podCIDR"] ?? "100.64.0.0/18"]],
                "services": ["cidrBlocks": [edgeCluster.spec["network", "serviceCIDR"] ?? "100.64.64.0/18"]],
            ],
            "controlPlaneRef": reference(
                EdgeControlPlane.groupKind, ObjectName.controlPlane(scope.name)),
            "infrastructureRef": reference(HostCluster.groupKind, scope.name),
        ]
        cluster.json["spec", "controlPlaneEndpoint"] = edgeCluster.spec["network", "controlPlaneEndpoint"]
        return cluster
    }

    private func makeHostCluster(for edgeCluster: EdgeCluster, owner: Cluster) -> HostCluster {
        var hostCluster = HostCluster(namespace: scope.namespace, name: scope.name)
        hostCluster.labels = [WellKnown.clusterName: scope.name]
        hostCluster.setController(owner)
        hostCluster.spec = [:]
        hostCluster.json["spec", "controlPlaneEndpoint"] = edgeCluster.spec["network", "controlPlaneEndpoint"]
        return hostCluster
    }
}

/// `ContractVersionedObjectReference` of Cluster API v1beta2.
func reference(_ kind: GroupKind, _ name: String) -> JSONValue {
    ["apiGroup": .string(kind.group), "kind": .string(kind.kind), "name": .string(name)]
}
