/// Corbel's bootstrap provider (Cluster API's bootstrap contract): what a host needs to know to become a member. The
/// result is the Secret that `status.dataSecretName` names; it exists before any action on the host.
public struct HostConfig: TypedResource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }

    public static let definition = ResourceDefinition(
        group: APIGroup.bootstrap, version: "v1beta1", kind: "HostConfig", plural: "hostconfigs", shortNames: ["hc"],
        categories: ["cluster-api"],
        schema: .object(
            "", ["spec": specSchema, "status": statusSchema]),
        columns: [
            .init("Cluster", .field(["metadata", "labels", WellKnown.clusterName]), "The cluster."),
            .init("Secret", .field(["status", "dataSecretName"]), "The Secret with the bootstrap data."),
            .init("Age", "date", .age(["metadata", "creationTimestamp"])),
        ])

    static let specSchema = Schema.object(
        "How the host starts.",
        [
            "mode": .string("Whether the host begins the cluster or joins it.", oneOf: ["Init", "Join"]),
            "role": .string("What the host does.", oneOf: ["control-plane", "worker"]),
            "revision": .string("The ClusterRevision whose settings apply."),
        ])

    static let statusSchema = Schema.object(
        "What was made of it.",
        [
            "dataSecretName": .string("The Secret with the bootstrap data."),
            "initialization": .object(
                "What has happened once.", ["dataSecretCreated": .boolean("Whether the Secret is there.")]),
            "conditions": .conditions,
            "observedGeneration": .integer("The generation that the status speaks of."),
        ])

    public enum Mode: String, Sendable {
        case initialize = "Init"
        case join = "Join"
    }

    public var mode: Mode {
        get { json["spec", "mode"]?.stringValue.flatMap(Mode.init) ?? .join }
        set { json["spec", "mode"] = .string(newValue.rawValue) }
    }

    public var role: HostPool.Role {
        get { json["spec", "role"]?.stringValue.flatMap(HostPool.Role.init) ?? .worker }
        set { json["spec", "role"] = .string(newValue.rawValue) }
    }

    public var revision: String {
        get { json["spec", "revision"]?.stringValue ?? "" }
        set { json["spec", "revision"] = .string(newValue) }
    }

    public var dataSecretName: String? {
        get { json["status", "dataSecretName"]?.stringValue }
        set { json["status", "dataSecretName"] = newValue.map { .string($0) } }
    }

    public var dataSecretCreated: Bool {
        get { json["status", "initialization", "dataSecretCreated"]?.boolValue ?? false }
        set { json["status", "initialization", "dataSecretCreated"] = .bool(newValue) }
    }
}

/// The template of a ``HostConfig``.
public struct HostConfigTemplate: TypedResource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }

    public static let definition = ResourceDefinition(
        group: APIGroup.bootstrap, version: "v1beta1", kind: "HostConfigTemplate", plural: "hostconfigtemplates",
        categories: ["cluster-api"],
        schema: .template(of: HostConfig.specSchema), hasStatus: false,
        columns: [.init("Age", "date", .age(["metadata", "creationTimestamp"]))])
}

extension Schema {
    /// The schema of a template kind: `spec.template.{metadata, spec}`.
    static func template(of spec: Schema) -> Schema {
        .object(
            "", required: ["spec"],
            [
                "spec": .object(
                    "The template.", required: ["template"],
                    [
                        "template": .object(
                            "What new objects are made of.",
                            ["metadata": .anyObject("Labels and annotations."), "spec": spec])
                    ])
            ])
    }
}
