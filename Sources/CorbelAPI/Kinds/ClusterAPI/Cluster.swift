/// Cluster API's Cluster (contract v1beta2): the head of a cluster's objects.
public struct Cluster: TypedResource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }

    public static let definition = ResourceDefinition(
        group: APIGroup.cluster, version: "v1beta2", kind: "Cluster", plural: "clusters", shortNames: ["cl"],
        categories: ["cluster-api"],
        schema: .object(
            "",
            [
                "spec": .object(
                    "What the cluster should be.",
                    [
                        "paused": .boolean("Whether reconciliation rests."),
                        "clusterNetwork": .anyObject("The address ranges of pods and services."),
                        "controlPlaneEndpoint": .endpoint,
                        "controlPlaneRef": .contractReference("The control plane."),
                        "infrastructureRef": .contractReference("The infrastructure."),
                        "availabilityGates": .array("Further conditions of availability.", of: .anyObject("A gate.")),
                    ]),
                "status": .object(
                    "What is known of the cluster.",
                    [
                        "conditions": .conditions,
                        "initialization": .object(
                            "What has happened once.",
                            [
                                "infrastructureProvisioned": .boolean("Whether the infrastructure is there."),
                                "controlPlaneInitialized": .boolean("Whether the API server answered once."),
                            ]),
                        "controlPlane": .anyObject("Replica counts of the control plane."),
                        "workers": .anyObject("Replica counts of the workers."),
                        "phase": .string(
                            "A summary.",
                            oneOf: ["Pending", "Provisioning", "Provisioned", "Deleting", "Failed", "Unknown"]),
                        "observedGeneration": .integer("The generation that the status speaks of."),
                    ]),
            ]),
        columns: [
            .init("Available", .condition("Available"), "Whether the cluster can be used."),
            .init("Phase", .field(["status", "phase"]), "A summary."),
            .init("Paused", "boolean", .field(["spec", "paused"]), "Whether reconciliation rests."),
            .init("Age", "date", .age(["metadata", "creationTimestamp"])),
        ])

    public var isPaused: Bool {
        get { json["spec", "paused"]?.boolValue ?? false }
        set { json["spec", "paused"] = newValue ? true : nil }
    }

    public var infrastructureProvisioned: Bool {
        get { json["status", "initialization", "infrastructureProvisioned"]?.boolValue ?? false }
        set { json["status", "initialization", "infrastructureProvisioned"] = .bool(newValue) }
    }

    public var controlPlaneInitialized: Bool {
        get { json["status", "initialization", "controlPlaneInitialized"]?.boolValue ?? false }
        set { json["status", "initialization", "controlPlaneInitialized"] = .bool(newValue) }
    }
}

/// Cluster API's Machine: one member of the cluster, over its bootstrap configuration and its infrastructure.
public struct Machine: TypedResource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }

    public static let finalizer = "machine.cluster.x-k8s.io"

    public static let definition = ResourceDefinition(
        group: APIGroup.cluster, version: "v1beta2", kind: "Machine", plural: "machines", shortNames: ["ma"],
        categories: ["cluster-api"],
        schema: .object(
            "", required: ["spec"],
            [
                "spec": .machineSpec,
                "status": .object(
                    "What is known of the machine.",
                    [
                        "conditions": .conditions,
                        "initialization": .object(
                            "What has happened once.",
                            [
                                "infrastructureProvisioned": .boolean(
                                    "Whether the host is claimed and its agent at work."),
                                "bootstrapDataSecretCreated": .boolean("Whether the bootstrap Secret is there."),
                            ]),
                        "nodeRef": .object("The Node.", ["name": .string("Its name.")]),
                        "nodeInfo": .anyObject("The Node's own description of itself."),
                        "lastUpdated": .time("When the phase last changed."),
                        "addresses": .array("Addresses.", of: .anyObject("An address.")),
                        "failureDomain": .string("The failure domain."),
                        "phase": .string(
                            "A summary.",
                            oneOf: [
                                "Pending", "Provisioning", "Provisioned", "Running", "Updating", "Deleting", "Deleted",
                                "Failed", "Unknown",
                            ]),
                        "certificatesExpiryDate": .time("When the first of its certificates ends."),
                        "deletion": .anyObject("When the steps of the deletion began."),
                        "observedGeneration": .integer("The generation that the status speaks of."),
                    ]),
            ]),
        columns: [
            .init("Cluster", .field(["spec", "clusterName"]), "The cluster."),
            .init("Node", .field(["status", "nodeRef", "name"]), "The node."),
            .init("Ready", .condition("Ready"), "Whether the machine is ready."),
            .init("Up-to-date", .condition("UpToDate"), "Whether it runs what it should."),
            .init("Phase", .field(["status", "phase"]), "A summary."),
            .init("Version", .field(["spec", "version"]), "The Kubernetes version."),
            .init("Age", "date", .age(["metadata", "creationTimestamp"])),
        ])

    public enum Phase: String, Sendable {
        case pending = "Pending"
        case provisioning = "Provisioning"
        case provisioned = "Provisioned"
        case running = "Running"
        case updating = "Updating"
        case deleting = "Deleting"
        case failed = "Failed"
        case unknown = "Unknown"
    }

    public var clusterName: String {
        get { json["spec", "clusterName"]?.stringValue ?? "" }
        set { json["spec", "clusterName"] = .string(newValue) }
    }

    /// The Kubernetes version with a leading `v`, as Cluster API writes it.
    public var version: String? {
        get { json["spec", "version"]?.stringValue }
        set { json["spec", "version"] = newValue.map { .string($0) } }
    }

    public var providerID: String? {
        get { json["spec", "providerID"]?.stringValue }
        set { json["spec", "providerID"] = newValue.map { .string($0) } }
    }

    public var dataSecretName: String? {
        get { json["spec", "bootstrap", "dataSecretName"]?.stringValue }
        set { json["spec", "bootstrap", "dataSecretName"] = newValue.map { .string($0) } }
    }

    public var nodeName: String? {
        get { json["status", "nodeRef", "name"]?.stringValue }
        set { json["status", "nodeRef"] = newValue.map { ["name": .string($0)] } }
    }

    public var phase: Phase {
        get { json["status", "phase"]?.stringValue.flatMap(Phase.init) ?? .pending }
        set { json["status", "phase"] = .string(newValue.rawValue) }
    }

    public var infrastructureName: String? { json["spec", "infrastructureRef", "name"]?.stringValue }
    public var bootstrapConfigName: String? { json["spec", "bootstrap", "configRef", "name"]?.stringValue }
    public var isControlPlane: Bool { label(WellKnown.controlPlane) != nil }
}

extension Schema {
    static let endpoint = Schema.object(
        "Where clients reach the API server.",
        ["host": .string("A name or an address."), "port": .integer("A port.", 0...65535)])

    /// `ContractVersionedObjectReference` of Cluster API v1beta2: no version, no namespace.
    static func contractReference(_ description: String) -> Schema {
        .object(
            description,
            ["apiGroup": .string("The group."), "kind": .string("The kind."), "name": .string("The name.")])
    }

    static let machineSpec = Schema.object(
        "What the machine should be.", required: ["clusterName", "bootstrap", "infrastructureRef"],
        [
            "clusterName": .name("The Cluster.").immutable,
            "bootstrap": .object(
                "How the machine starts.",
                [
                    "configRef": .contractReference("The bootstrap configuration."),
                    "dataSecretName": .string("The Secret with the bootstrap data."),
                ]),
            "infrastructureRef": .contractReference("The HostMachine."),
            "version": .string("The Kubernetes version."),
            "providerID": .string("Tells the machine from all others."),
            "failureDomain": .string("The failure domain."),
            "minReadySeconds": .integer("How long a node is ready before the machine is available."),
            "readinessGates": .array("Further conditions of readiness.", of: .anyObject("A gate.")),
            "deletion": .object(
                "Bounds of the deletion's steps.",
                [
                    "nodeDrainTimeoutSeconds": .integer("0 is for ever."),
                    "nodeVolumeDetachTimeoutSeconds": .integer("0 is for ever."),
                    "nodeDeletionTimeoutSeconds": .integer("0 is for ever."),
                ]),
            "taints": .array("Taints of the node.", of: .anyObject("A taint.")),
        ])

    static let machineTemplate = Schema.object(
        "What new machines are made of.",
        ["metadata": .anyObject("Labels and annotations."), "spec": .machineSpec])

    static let labelSelector = Schema.object(
        "Which objects are meant (metav1 LabelSelector).",
        [
            "matchLabels": .strings("Labels that must be equal."),
            "matchExpressions": .array(
                "Requirements that must hold.",
                of: .object(
                    "A requirement.", required: ["key", "operator"],
                    [
                        "key": .string("The label's key."),
                        "operator": .string("The relation.", oneOf: ["In", "NotIn", "Exists", "DoesNotExist"]),
                        "values": .array("The values.", of: Schema(.string)),
                    ])),
        ]
    ).atomic
}
