/// The API groups of the kinds that Corbel serves.
public enum APIGroup {
    public static let core = ""
    public static let corbel = "corbel.dev"
    public static let cluster = "cluster.x-k8s.io"
    public static let controlPlane = "controlplane.cluster.x-k8s.io"
    public static let bootstrap = "bootstrap.cluster.x-k8s.io"
    public static let infrastructure = "infrastructure.cluster.x-k8s.io"
    public static let coordination = "coordination.k8s.io"
    public static let certificates = "certificates.k8s.io"
    public static let apps = "apps"
    public static let policy = "policy"
    public static let accessControl = "rbac.authorization.k8s.io"
    public static let authorization = "authorization.k8s.io"
    public static let authentication = "authentication.k8s.io"
}

/// Labels and annotations that more than one module reads.
public enum WellKnown {
    /// The cluster that an object belongs to (Cluster API).
    public static let clusterName = "cluster.x-k8s.io/cluster-name"
    /// Marks Machines and HostMachines of the control plane (Cluster API); its value is empty.
    public static let controlPlane = "cluster.x-k8s.io/control-plane"
    /// The namespace of that cluster, on objects that have none themselves.
    public static let clusterNamespace = "corbel.dev/namespace"
    public static let poolName = "corbel.dev/pool"
    /// Pauses one object (Cluster API).
    public static let paused = "cluster.x-k8s.io/paused"
    /// Marks a machine that goes first when its pool shrinks (Cluster API).
    public static let deleteMachine = "cluster.x-k8s.io/delete-machine"
    /// The Kubernetes label of a control-plane node.
    public static let controlPlaneNode = "node-role.kubernetes.io/control-plane"
}
