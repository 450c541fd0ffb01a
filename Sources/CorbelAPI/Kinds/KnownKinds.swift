extension ResourceRegistry {
    /// The kinds of Cluster API and of Corbel that a cluster consists of: they live where the cluster's plane is, and
    /// move with the pivot.
    private static let clusterKinds: [ResourceDefinition] = [
        Cluster.definition, Machine.definition, MachineSet.definition, MachineDeployment.definition,
        MachineHealthCheck.definition, EdgeControlPlane.definition, HostConfig.definition,
        HostConfigTemplate.definition, HostCluster.definition, HostMachine.definition, HostMachineTemplate.definition,
    ]

    private static let corbelKinds: [ResourceDefinition] = [
        ClusterProfile.definition, EdgeCluster.definition, EdgeHost.definition, RegistrationToken.definition,
        ClusterRevision.definition, ClusterUpdate.definition, Pack.definition, PackRegistry.definition,
        EtcdSnapshot.definition,
    ]

    private static let coreKinds: [ResourceDefinition] = [
        Namespace.definition, Secret.definition, ConfigMap.definition, Event.definition, Lease.definition,
        CertificateSigningRequest.definition,
    ]

    private static let workloadKinds: [ResourceDefinition] = [
        Node.definition, Pod.definition, Deployment.definition, DaemonSet.definition, PodDisruptionBudget.definition,
    ]

    private static let accessKinds: [ResourceDefinition] = [
        Role.definition, ClusterRole.definition, RoleBinding.definition, ClusterRoleBinding.definition,
    ]

    /// What the centre serves.
    public static let centre = ResourceRegistry(
        coreKinds + accessKinds + corbelKinds + clusterKinds, reviews: AccessReviews.definitions)

    /// What Corbel reads and writes at a site; the demo's stand-in for kube-apiserver serves exactly this.
    public static let site = ResourceRegistry(coreKinds + workloadKinds + corbelKinds + clusterKinds)
}
