/// A stack of layers that clusters are made of, in one version.
///
/// The versions of a profile are objects of their own: `spec.profileName` holds the name that they share, where it is
/// not the object's. `values` and `manifests` are YAML texts, kept as they were written, comments included; macros in
/// them (`{{ .corbel.var.x }}`) are resolved for each cluster.
public struct ClusterProfile: TypedResource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }

    public static let definition = ResourceDefinition(
        group: APIGroup.corbel, version: "v1alpha1", kind: "ClusterProfile", plural: "clusterprofiles",
        shortNames: ["cp"],
        categories: ["corbel"],
        schema: .object("", required: ["spec"], ["spec": specSchema, "status": statusSchema]),
        columns: [
            .init("Type", .field(["spec", "type"]), "infra, add-on or full."),
            .init("Version", .field(["spec", "version"]), "The profile's version."),
            .init("Layers", "integer", .count(["spec", "layers"]), "How many layers it has."),
            .init("Variables", "integer", .count(["spec", "variables"]), "How many variables it declares."),
            .init("Age", "date", .age(["metadata", "creationTimestamp"])),
            .init("Description", .field(["spec", "description"]), "What it is for.", wide: true),
        ])

    /// What a profile may hold.
    public enum ProfileType: String, Sendable, Hashable, CaseIterable {
        /// The operating system, Kubernetes, the network and the storage.
        case infra
        /// Layers on top of them.
        case addOn = "add-on"
        /// Both.
        case full
    }

    public var type: ProfileType? { json["spec", "type"]?.stringValue.flatMap(ProfileType.init) }
    public var version: String { json["spec", "version"]?.stringValue ?? "" }

    /// The name that a cluster refers to.
    public var profileName: String { json["spec", "profileName"]?.stringValue ?? name }

    public var layers: [ProfileLayer] { (json["spec", "layers"]?.arrayValue ?? []).map(ProfileLayer.init(json:)) }

    public var variables: [ProfileVariable] {
        (json["spec", "variables"]?.arrayValue ?? []).map(ProfileVariable.init(json:))
    }
}

/// The place of a layer in the stack. The order of the cases is the order of installation.
public enum LayerType: String, Sendable, Hashable, CaseIterable, Comparable {
    case os, k8s, cni, csi, addon

    /// Whether a cluster has exactly one such layer, of its infra or full profile.
    public var isInfrastructure: Bool { self != .addon }

    /// The word that messages use.
    public var title: String {
        switch self {
        case .os: "operating-system"
        case .k8s: "Kubernetes"
        case .cni: "network (CNI)"
        case .csi: "storage (CSI)"
        case .addon: "add-on"
        }
    }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    public static func < (left: LayerType, right: LayerType) -> Bool { left.rank < right.rank }
}

/// One layer of a profile.
public struct ProfileLayer: Sendable, Hashable {
    public var name: String
    public var type: LayerType
    /// The pack; a layer of manifests alone has none.
    public var pack: PackReference?
    /// YAML as written: what the layer changes of the pack's values.
    public var values: String
    public var manifests: [ManifestText]
    /// Orders add-on layers: lower is installed first.
    public var installPriority: Int
    public var readyToProceed: [ReadinessProbe]

    public init(json: JSONValue) {
        name = json["name"]?.stringValue ?? ""
        type = json["type"]?.stringValue.flatMap(LayerType.init) ?? .addon
        pack = json["pack"].map(PackReference.init(json:))
        values = json["values"]?.stringValue ?? ""
        manifests = (json["manifests"]?.arrayValue ?? []).map(ManifestText.init(json:))
        installPriority = json["installPriority"]?.intValue ?? 0
        readyToProceed = (json["readyToProceed"]?.arrayValue ?? []).map(ReadinessProbe.init(json:))
    }
}

/// A pack that a layer is made of.
public struct PackReference: Sendable, Hashable {
    public var name: String
    public var version: String
    /// The PackRegistry; any that holds the pack, unless said.
    public var registry: String?

    public init(json: JSONValue) {
        name = json["name"]?.stringValue ?? ""
        version = json["version"]?.stringValue ?? ""
        registry = json["registry"]?.stringValue
    }
}

/// A text of Kubernetes objects: one YAML document each, with macros.
public struct ManifestText: Sendable, Hashable {
    public var name: String
    public var content: String

    public init(json: JSONValue) {
        name = json["name"]?.stringValue ?? ""
        content = json["content"]?.stringValue ?? ""
    }
}

/// A value that a cluster gives to a profile.
public struct ProfileVariable: Sendable, Hashable {
    public enum Format: String, Sendable, Hashable, CaseIterable {
        case string, number, boolean, ipv4, ipv4cidr, ipv6, version, base64
    }

    public enum InputType: String, Sendable, Hashable, CaseIterable {
        case text, dropdown, multiline
    }

    public var name: String
    public var displayName: String
    public var format: Format
    public var defaultValue: JSONValue?
    public var isRequired: Bool
    /// Whether the value stays as it was when the cluster first got one.
    public var isImmutable: Bool
    /// Whether the value comes from a Secret and is never shown.
    public var isSensitive: Bool
    public var isHidden: Bool
    /// A pattern in RE2's syntax that a text must contain a match of.
    public var regex: String?
    public var inputType: InputType
    /// The values that a dropdown offers.
    public var options: [String]

    public init(json: JSONValue) {
        name = json["name"]?.stringValue ?? ""
        displayName = json["displayName"]?.stringValue ?? name
        format = json["format"]?.stringValue.flatMap(Format.init) ?? .string
        defaultValue = json["default"].flatMap { $0.isNull ? Optional.none : $0 }
        isRequired = json["required"]?.boolValue ?? false
        isImmutable = json["immutable"]?.boolValue ?? false
        isSensitive = json["sensitive"]?.boolValue ?? false
        isHidden = json["hidden"]?.boolValue ?? false
        regex = json["regex"]?.stringValue
        inputType = json["inputType"]?.stringValue.flatMap(InputType.init) ?? .text
        options = (json["options"]?.arrayValue ?? []).compactMap { $0["value"]?.stringValue }
    }
}

extension ClusterProfile {
    private static let specSchema = Schema.object(
        "The layers and the variables.", required: ["type", "version", "layers"],
        [
            "profileName": .name("The name that the versions of the profile share; the object's name, unless said."),
            "description": .string("What the profile is for."),
            "type": .string("What the profile holds.", oneOf: ProfileType.allCases.map(\.rawValue)),
            "version": Schema.semanticVersion("The profile's version."),
            "layers": .array(
                "The layers in the order of installation: os, k8s, cni, csi, then add-ons.", of: layerSchema,
                .map(keys: ["name"])
            ).items(1...64),
            "variables": .array("What clusters may set.", of: variableSchema, .map(keys: ["name"])).items(0...256),
        ])

    private static let layerSchema = Schema.object(
        "One layer.", required: ["name", "type"],
        [
            "name": .name("The layer's name: unique among all profiles of a cluster."),
            "type": .string("The layer's place in the stack.", oneOf: LayerType.allCases.map(\.rawValue)),
            "pack": .object(
                "What the layer is made of; a layer of manifests alone has none.", required: ["name", "version"],
                [
                    "name": .name("The pack's name."),
                    "version": .string("The pack's version.").length(1...64),
                    "registry": .name("The PackRegistry; any that holds the pack, unless said."),
                ]),
            "values": .string("YAML, kept as written: what changes of the pack's values. Macros are resolved.")
                .length(0...1_000_000),
            "manifests": .manifestTexts("Objects that the layer applies after those of the pack."),
            "installPriority": .integer("Orders add-on layers: lower is installed first.", -10_000...10_000)
                .defaulting(to: 0),
            "readyToProceed": .readinessProbes,
        ])

    private static let variableSchema = Schema.object(
        "One variable.", required: ["name"],
        [
            "name": Schema.string("What macros call it: `{{ .corbel.var.name }}`.")
                .matching("^[A-Za-z_][A-Za-z0-9_-]*$", "letters, digits, '_' and '-', starting with a letter or '_'")
                .length(1...63),
            "displayName": .string("What people call it."),
            "description": .string("What it is for."),
            "format": .string("What values look like.", oneOf: ProfileVariable.Format.allCases.map(\.rawValue))
                .defaulting(to: "string"),
            "default": .any("The value of a cluster that sets none."),
            "required": .boolean("Whether every cluster must have a value.").defaulting(to: false),
            "immutable": .boolean("Whether a cluster's value stays as it first was.").defaulting(to: false),
            "sensitive": .boolean("Whether the value comes from a Secret and is never shown.").defaulting(to: false),
            "hidden": .boolean("Whether the console leaves it out.").defaulting(to: false),
            "regex": .string("A pattern in RE2's syntax that the text must contain a match of.").length(0...512),
            "inputType": .string(
                "How the console asks for it.", oneOf: ProfileVariable.InputType.allCases.map(\.rawValue)
            )
            .defaulting(to: "text"),
            "options": .array(
                "What a dropdown offers.",
                of: .object(
                    "A choice.", required: ["value"],
                    [
                        "value": .string("The value."), "label": .string("What people read."),
                        "description": .string("What the choice means."),
                    ]), .map(keys: ["value"])
            ).items(0...128),
        ])

    private static let statusSchema = Schema.object(
        "What is known of the profile.",
        [
            "inUseBy": .array("The EdgeClusters that use it.", of: Schema(.string), .set),
            "conditions": .conditions,
            "observedGeneration": .integer("The generation that the status speaks of."),
        ])
}

extension Schema {
    /// A version by the rules of semver.org, without a leading `v`.
    static func semanticVersion(_ description: String) -> Schema {
        let number = "(0|[1-9][0-9]*)"
        let identifier = "(\(number)|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
        let build = "[0-9A-Za-z-]+"
        return Schema(.string, description).matching(
            #"^\#(number)(\.\#(number)){2}(-\#(identifier)(\.\#(identifier))*)?(\+\#(build)(\.\#(build))*)?$"#,
            "a semantic version such as 1.2.3 or 1.2.3-rc.1, without a leading v"
        ).length(5...128)
    }

    static func manifestTexts(_ description: String) -> Schema {
        .array(
            description,
            of: .object(
                "A text of objects.", required: ["name", "content"],
                [
                    "name": .name("Tells the texts of a layer apart."),
                    "content": .string("YAML documents, one object each; macros are resolved.").length(0...1_000_000),
                ]), .map(keys: ["name"])
        ).items(0...128)
    }
}
