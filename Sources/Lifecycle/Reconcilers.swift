public import ControlLoop
public import Revisions

/// The reconcilers of each plane, ready for a `ControllerMachine`.
public enum Reconcilers {
    /// Those that run at the centre, whatever plane runs a cluster.
    public static func centre(
        resolver: any RevisionResolver, readYAML: @escaping YAMLReader
    ) -> [any Reconciler] {
        [EdgeClusterReconciler(resolver: resolver, readYAML: readYAML), PivotReconciler()]
    }

    /// Those of a plane that brings up a cluster's first host: the centre's, or that of the host itself in local mode.
    public static func bootstrapPlane(term: LeadershipTerm = LeadershipTerm(transitions: 0)) -> [any Reconciler] {
        let working = provisioning(term)
        return working + [ClusterStatusReconciler(gathering: working)]
    }

    /// Those that the leader of a site runs after the pivot. Tasks that they give carry the leader's term.
    public static func site(term: LeadershipTerm) -> [any Reconciler] {
        let working: [any Reconciler] =
            provisioning(term) + [
                ClusterUpdateReconciler(term: term), LayerReconciler(), MachineHealthCheckReconciler(),
            ]
        return working + [ClusterStatusReconciler(gathering: working)]
    }

    private static func provisioning(_ term: LeadershipTerm) -> [any Reconciler] {
        [
            TopologyReconciler(), EdgeControlPlaneReconciler(term: term), MachineDeploymentReconciler(),
            MachineSetReconciler(),
            MachineReconciler(term: term), HostMachineReconciler(term: term), HostConfigReconciler(),
            HostClusterReconciler(), ClusterReconciler(),
        ]
    }
}
