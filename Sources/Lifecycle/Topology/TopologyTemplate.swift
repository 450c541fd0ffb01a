import CorbelAPI

/// What the objects of a cluster's pools should be.
struct TopologyTemplate {
    let cluster: Cluster
    let revision: ClusterRevision
    let scope: ClusterScope

    func controlPlane(_ pool: HostPool, _ scale: PoolScale) -> EdgeControlPlane {
        var controlPlane = EdgeControlPlane(namespace: scope.namespace, name: ObjectName.controlPlane(scope.name))
        controlPlane.labels = labels(pool)
        controlPlane.finalizers = [EdgeControlPlane.finalizer]
        controlPlane.setController(cluster)
        controlPlane.replicas = scale.replicas
        controlPlane.version = "v\(revision.kubernetesVersion)"
        controlPlane.revision = revision.name
        controlPlane.pool = pool.name
        return controlPlane
    }

    func deployment(_ pool: HostPool, _ scale: PoolScale) -> MachineDeployment {
        let name = ObjectName.pool(pool.name, of: scope.name)
        var deployment = MachineDeployment(namespace: scope.namespace, name: name)
        deployment.labels = labels(pool)
        deployment.setController(cluster)
        deployment.spec = [
            "clusterName": .string(scope.name),
            "replicas": JSONValue(scale.replicas),
            "selector": ["matchLabels": JSONValue(labels(pool))],
            "template": [
                "metadata": [
                    "labels": JSONValue(labels(pool)), "annotations": [Annotation.revision: .string(revision.name)],
                ],
                "spec": [
                    "clusterName": .string(scope.name), "version": .string("v\(revision.kubernetesVersion)"),
                    "bootstrap": ["configRef": reference(HostConfigTemplate.groupKind, name)],
                    "infrastructureRef": reference(HostMachineTemplate.groupKind, name),
                ],
            ],
            "rollout": ["strategy": ["type": "OnDelete"]],
        ]
        return deployment
    }

    /// A host counts as failed when its node has said nothing for five minutes, or never appeared in twenty.
    func healthCheck(_ pool: HostPool) -> MachineHealthCheck {
        var check = MachineHealthCheck(namespace: scope.namespace, name: ObjectName.pool(pool.name, of: scope.name))
        check.labels = labels(pool)
        check.ownerReferences = [OwnerReference(to: cluster, isController: false)]
        check.spec = [
            "clusterName": .string(scope.name),
            "selector": ["matchLabels": JSONValue(labels(pool))],
            "checks": [
                "nodeStartupTimeoutSeconds": 1200,
                "unhealthyNodeConditions": [
                    ["type": "Ready", "status": "Unknown", "timeoutSeconds": 300],
                    ["type": "Ready", "status": "False", "timeoutSeconds": 300],
                ],
            ],
        ]
        return check
    }

    private func labels(_ pool: HostPool) -> [String: String] {
        var labels = [WellKnown.clusterName: scope.name, WellKnown.poolName: pool.name]
        if pool.role == .controlPlane { labels[WellKnown.controlPlane] = "" }
        return labels
    }
}
