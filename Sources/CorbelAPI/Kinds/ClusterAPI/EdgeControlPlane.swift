/// Corbel's control-plane provider (Cluster API's control-plane contract): one, three or five hosts with etcd beside
/// them, updated in place.
public struct EdgeControlPlane: TypedResource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }

    public static let finalizer = "edge.controlplane.cluster.x-k8s.io"

    public static let definition = ResourceDefinition(
        group: APIGroup.controlPlane, version: "v1beta1", kind: "EdgeControlPlane", plural: "edgecontrolplanes",
        shortNames: ["ecp"], categories: ["cluster-api"],
        schema: .object(
            "", required: ["spec"],
            [
                "spec": .object(
                    "What the control plane should be.", required: ["replicas", "version"],
                    [
                        "replicas": .integer("How many hosts: 1, 3 or 5.", 1...5),
                        "version": .string("The Kubernetes version, with a leading v."),
                        "revision": .string("The ClusterRevision that new machines start with."),
                        "pool": .name("The pool of the EdgeCluster that gives the hosts."),
                        "machineTemplate": .anyObject("Metadata and infrastructure of new machines."),
                        "rollout": .anyObject("When machines are renewed without a change."),
                        "remediation": .anyObject("How failed machines are replaced."),
                    ]),
                "status": .replicaStatus(
                    "What is known of the control plane.",
                    with: [
                        "initialization": .object(
                            "What has happened once.",
                            ["controlPlaneInitialized": .boolean("Whether the API server answered once.")]),
                        "version": .string("The lowest Kubernetes version that runs."),
                        "etcd": .anyObject("Members, leader and quorum, as last observed."),
                        "lastRemediation": .anyObject("The last replacement."),
                    ]),
            ]), scale: .machines,
        columns: MachineDeployment.replicaColumns(clusterName: ["metadata", "labels", WellKnown.clusterName]))

    public var replicas: Int {
        get { json["spec", "replicas"]?.intValue ?? 1 }
        set { json["spec", "replicas"] = JSONValue(newValue) }
    }

    public var version: String {
        get { json["spec", "version"]?.stringValue ?? "" }
        set { json["spec", "version"] = .string(newValue) }
    }

    public var revision: String {
        get { json["spec", "revision"]?.stringValue ?? "" }
        set { json["spec", "revision"] = .string(newValue) }
    }

    public var pool: String {
        get { json["spec", "pool"]?.stringValue ?? "" }
        set { json["spec", "pool"] = .string(newValue) }
    }

    public var isInitialized: Bool {
        get { json["status", "initialization", "controlPlaneInitialized"]?.boolValue ?? false }
        set { json["status", "initialization", "controlPlaneInitialized"] = .bool(newValue) }
    }
}
