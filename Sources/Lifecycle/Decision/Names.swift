import CorbelAPI

/// The names of a cluster's objects: from their owner and an index, never from chance.
public enum ObjectName {
    public static func controlPlane(_ cluster: String) -> String { "\(cluster)-control-plane" }
    /// The MachineDeployment, MachineSet and MachineHealthCheck of a pool.
    public static func pool(_ pool: String, of cluster: String) -> String { "\(cluster)-\(pool)" }
    /// The Machine, HostMachine and HostConfig of a host.
    public static func machine(_ host: String, of cluster: String) -> String { "\(cluster)-\(host)" }
    /// The HostMachine by which the centre has a host reset that was handed back.
    public static func reset(_ host: String, of cluster: String) -> String { "\(cluster)-\(host)-reset" }
    public static func bootstrapSecret(_ machine: String) -> String { "\(machine)-bootstrap" }
    /// What a host needs to join: published by the agent of the first control-plane host in the site's API.
    public static func joinSecret(_ cluster: String) -> String { "\(cluster)-join" }
    public static func inventory(_ layer: String, of cluster: String) -> String { "\(cluster)-layer-\(layer)" }
}

/// Annotations and labels that the reconcilers write for each other.
public enum Annotation {
    /// On a Cluster: the revision whose layers run. On a Machine: the revision that it starts with.
    public static let revision = "corbel.dev/revision"
    /// On a Machine: the EdgeHost that serves as it.
    public static let host = "corbel.dev/host"
    /// On a Machine: `Init` for the host that begins the cluster, `Join` for all others.
    public static let bootstrapMode = "corbel.dev/bootstrap-mode"
    /// On an EdgeControlPlane or a MachineSet: which spare replaced which failed host, as a JSON object of names.
    public static let replacements = "corbel.dev/replacements"
    /// On a MachineDeployment or an EdgeControlPlane whose pool leaves its count open: how many hosts serve.
    public static let serving = "corbel.dev/serving"
    /// On the same: the count that somebody scaled it to, while that is not all of the pool's hosts.
    public static let scaledTo = "corbel.dev/scaled-to"
    /// On a Machine: its host is dead; nobody waits for its agent.
    public static let unreachableHost = "corbel.dev/host-is-dead"
    /// On a HostMachine of the control plane: it may become a member. One that has it is never passed over.
    public static let admitted = "corbel.dev/admitted"
    /// On a HostMachine of the control plane: what it was last asked to renew certificates for, as JSON.
    public static let certificateRenewal = "corbel.dev/certificate-renewal"
    /// On a Machine: a health check wants it replaced (Cluster API).
    public static let remediate = "cluster.x-k8s.io/remediate-machine"
    /// On a Node: the update or deletion that cordoned it, so that only its own cordon is lifted.
    public static let cordonedBy = "corbel.dev/cordoned-by"
    /// On an EdgeCluster: somebody wants a pivot that has not committed to be undone.
    public static let abortPivot = "corbel.dev/abort-pivot"
    /// On a site's copy of an EdgeCluster: the original is being deleted, and the site takes its cluster down.
    public static let deleting = "corbel.dev/deleting"
    /// On a ClusterUpdate: the number of the attempt that somebody allows after a halt.
    public static let retry = "corbel.dev/retry"
}

/// Finalizers of kinds that `CorbelAPI` names none for.
public enum Finalizer {
    public static let edgeCluster = "edgecluster.corbel.dev"
    public static let cluster = "cluster.cluster.x-k8s.io"
}

/// Cluster API's type of the Secrets that belong to a cluster.
public let clusterSecretType = "cluster.x-k8s.io/secret"
