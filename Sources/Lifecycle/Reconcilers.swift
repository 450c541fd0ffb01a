public import ControlLoop
public import Revisions

/// The reconcilers of each plane, ready for a `ControllerMachine`.
public enum Reconcilers {
    /// Those that run at the centre, whatever plane runs a cluster.
    public static func centre(resolver: any RevisionResolver) -> [any Reconciler] {
        [EdgeClusterReconciler(resolver: resolver), PivotReconciler()]
    }

    /// Those of the plane that runs a cluster: the centre's before the pivot, the site's leader after it. Tasks that
    /// they give carry the leader's term.
    public static func plane(term: LeadershipTerm) -> [any Reconciler] {
        let working: [any Reconciler] = [
            TopologyReconciler(), EdgeControlPlaneReconciler(), MachineDeploymentReconciler(), MachineSetReconciler(),
            MachineReconciler(term: term), HostMachineReconciler(term: term), HostConfigReconciler(),
            HostClusterReconciler(),
            ClusterReconciler(), ClusterUpdateReconciler(term: term), LayerReconciler(), MachineHealthCheckReconciler(),
        ]
        return working + [ClusterStatusReconciler(gathering: working)]
    }
}
