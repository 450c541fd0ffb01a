/// Cluster API's MachineDeployment. Corbel's use the strategy `OnDelete`: machines are updated in place, never
/// replaced.
public struct MachineDeployment: TypedResource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }

    public static let definition = ResourceDefinition(
        group: APIGroup.cluster, version: "v1beta2", kind: "MachineDeployment", plural: "machinedeployments",
        shortNames: ["md"], categories: ["cluster-api"],
        schema: .object(
            "", required: ["spec"],
            [
                "spec": .object(
                    "What the machines should be.", required: ["clusterName", "selector", "template"],
                    [
                        "clusterName": .name("The Cluster.").immutable,
                        "replicas": .integer("How many machines.", 0...1000),
                        "selector": .labelSelector,
                        "template": .machineTemplate,
                        "rollout": .anyObject("How changes roll out."),
                        "remediation": .anyObject("How failed machines are replaced."),
                        "machineNaming": .anyObject("How machines are named."),
                        "paused": .boolean("Whether the deployment rests."),
                    ]),
                "status": .replicaStatus("What is known of the machines."),
            ]), scale: .machines, columns: replicaColumns())

    /// The columns of a kind that counts machines; the cluster's name stands at `clusterName`.
    static func replicaColumns(
        clusterName: [String] = ["spec", "clusterName"]
    ) -> [ResourceDefinition.PrinterColumn] {
        [
            .init("Cluster", .field(clusterName), "The cluster."),
            .init("Desired", "integer", .field(["spec", "replicas"]), "Machines that are asked for."),
            .init("Current", "integer", .field(["status", "replicas"]), "Machines that are there."),
            .init("Ready", "integer", .field(["status", "readyReplicas"]), "Machines that are ready."),
            .init(
                "Up-to-date", "integer", .field(["status", "upToDateReplicas"]), "Machines that run what they should."),
            .init("Age", "date", .age(["metadata", "creationTimestamp"])),
        ]
    }

    public var clusterName: String { json["spec", "clusterName"]?.stringValue ?? "" }

    public var replicas: Int {
        get { json["spec", "replicas"]?.intValue ?? 1 }
        set { json["spec", "replicas"] = JSONValue(newValue) }
    }
}

/// Cluster API's MachineSet: the machines of one template.
public struct MachineSet: TypedResource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }

    public static let definition = ResourceDefinition(
        group: APIGroup.cluster, version: "v1beta2", kind: "MachineSet", plural: "machinesets", shortNames: ["ms"],
        categories: ["cluster-api"],
        schema: .object(
            "", required: ["spec"],
            [
                "spec": .object(
                    "What the machines should be.", required: ["clusterName", "selector", "template"],
                    [
                        "clusterName": .name("The Cluster.").immutable,
                        "replicas": .integer("How many machines.", 0...1000),
                        "selector": .labelSelector,
                        "template": .machineTemplate,
                        "deletion": .object(
                            "Which machine goes first.",
                            ["order": .string("The order.", oneOf: ["Random", "Newest", "Oldest"])]),
                        "machineNaming": .anyObject("How machines are named."),
                    ]),
                "status": .replicaStatus("What is known of the machines."),
            ]), scale: .machines, columns: MachineDeployment.replicaColumns())

    public var clusterName: String { json["spec", "clusterName"]?.stringValue ?? "" }

    public var replicas: Int {
        get { json["spec", "replicas"]?.intValue ?? 1 }
        set { json["spec", "replicas"] = JSONValue(newValue) }
    }
}

/// Cluster API's MachineHealthCheck: when a machine counts as failed and has to be replaced.
public struct MachineHealthCheck: TypedResource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }

    public static let definition = ResourceDefinition(
        group: APIGroup.cluster, version: "v1beta2", kind: "MachineHealthCheck", plural: "machinehealthchecks",
        shortNames: ["mhc", "mhcs"], categories: ["cluster-api"],
        schema: .object(
            "", required: ["spec"],
            [
                "spec": .object(
                    "When a machine has failed.", required: ["clusterName", "selector"],
                    [
                        "clusterName": .name("The Cluster.").immutable,
                        "selector": .labelSelector,
                        "checks": .object(
                            "What is checked.",
                            [
                                "nodeStartupTimeoutSeconds": .integer("How long a node may take to appear."),
                                "unhealthyNodeConditions": .array(
                                    "Conditions of a node.", of: .anyObject("A condition.")),
                                "unhealthyMachineConditions": .array(
                                    "Conditions of a machine.", of: .anyObject("A condition.")),
                            ]),
                        "remediation": .anyObject("When failed machines are replaced."),
                    ]),
                "status": .object(
                    "What was found.",
                    [
                        "conditions": .conditions,
                        "expectedMachines": .integer("Machines that are checked."),
                        "currentHealthy": .integer("Machines that are healthy."),
                        "remediationsAllowed": .integer("Machines that may be replaced at once."),
                        "targets": .array("Names of the machines.", of: Schema(.string)),
                        "observedGeneration": .integer("The generation that the status speaks of."),
                    ]),
            ]),
        columns: [
            .init("Cluster", .field(["spec", "clusterName"]), "The cluster."),
            .init("Expected", "integer", .field(["status", "expectedMachines"]), "Machines that are checked."),
            .init("Healthy", "integer", .field(["status", "currentHealthy"]), "Machines that are healthy."),
            .init("Age", "date", .age(["metadata", "creationTimestamp"])),
        ])
}

extension Schema {
    static func replicaStatus(_ description: String, with further: [String: Schema] = [:]) -> Schema {
        .object(
            description,
            [
                "conditions": .conditions,
                "selector": .string("The machines, as a label selector."),
                "replicas": .integer("Machines that are there."),
                "readyReplicas": .integer("Machines that are ready."),
                "availableReplicas": .integer("Machines that are available."),
                "upToDateReplicas": .integer("Machines that run what they should."),
                "versions": .array("The Kubernetes versions, from old to new.", of: .anyObject("A version.")),
                "phase": .string("A summary."),
                "observedGeneration": .integer("The generation that the status speaks of."),
            ].merging(further) { $1 })
    }
}

extension ResourceDefinition.Scale {
    static let machines = Self(
        specReplicas: ["spec", "replicas"], statusReplicas: ["status", "replicas"], selector: ["status", "selector"])
}
