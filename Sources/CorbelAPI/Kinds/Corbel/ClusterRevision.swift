/// All that a cluster is to be, resolved: the contract between the centre, the site and the hosts.
///
/// A revision is written once. Its `spec.digest` names its content (all of `spec` but epoch, sequence, digest and
/// signature), so two revisions with one digest mean the same cluster; (epoch, sequence) order them, and a host
/// refuses anything lower than it has seen. No value of a sensitive variable stands in it: where one belongs, the
/// text holds `{{ .corbel.secret.<variable> }}`, and `spec.variables` says which Secret of the cluster has it.
public struct ClusterRevision: TypedResource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }

    public static let definition = ResourceDefinition(
        group: APIGroup.corbel, version: "v1alpha1", kind: "ClusterRevision", plural: "clusterrevisions",
        shortNames: ["crev"], categories: ["corbel"],
        schema: .object("", required: ["spec"], ["spec": specSchema, "status": statusSchema]),
        columns: [
            .init("Cluster", .field(["spec", "clusterName"]), "The EdgeCluster."),
            .init("Epoch", "integer", .field(["spec", "epoch"]), "The epoch of the intent authority."),
            .init("Sequence", "integer", .field(["spec", "sequence"]), "The revision's place in the epoch."),
            .init("Distribution", .field(["spec", "distribution"]), "kubeadm, k3s, rke2 or canonical."),
            .init("Kubernetes", .field(["spec", "kubernetesVersion"]), "The Kubernetes version."),
            .init("OS", .field(["spec", "os", "version"]), "The version of the operating-system pack."),
            .init("Layers", "integer", .count(["spec", "layers"]), "How many layers it has."),
            .init("Age", "date", .age(["metadata", "creationTimestamp"])),
            .init("Image", .field(["spec", "os", "image"]), "The image of the operating system.", wide: true),
            .init("Digest", .field(["spec", "digest"]), "What names the content.", wide: true),
        ], selectableFields: [["spec", "clusterName"]])

    public var clusterName: String {
        get { json["spec", "clusterName"]?.stringValue ?? "" }
        set { json["spec", "clusterName"] = .string(newValue) }
    }

    /// The epoch of the intent authority that made the revision.
    public var epoch: Int {
        get { json["spec", "epoch"]?.intValue ?? 0 }
        set { json["spec", "epoch"] = JSONValue(newValue) }
    }

    /// The revision's place in its epoch, from 1.
    public var sequence: Int {
        get { json["spec", "sequence"]?.intValue ?? 0 }
        set { json["spec", "sequence"] = JSONValue(newValue) }
    }

    /// `sha256:` and 64 hexadecimal digits.
    public var digest: String {
        get { json["spec", "digest"]?.stringValue ?? "" }
        set { json["spec", "digest"] = .string(newValue) }
    }

    /// The authority's signature in base64.
    public var signature: String? {
        get { json["spec", "signature"]?.stringValue }
        set { json["spec", "signature"] = newValue.map { .string($0) } }
    }

    public var distribution: Distribution {
        json["spec", "distribution"]?.stringValue.flatMap(Distribution.init) ?? .kubeadm
    }

    /// Without a leading `v`.
    public var kubernetesVersion: String { json["spec", "kubernetesVersion"]?.stringValue ?? "" }

    /// The version of the operating-system pack.
    public var osVersion: String { json["spec", "os", "version"]?.stringValue ?? "" }
    /// The operating-system pack.
    public var osPack: String { json["spec", "os", "pack"]?.stringValue ?? "" }
    /// `options.system.uri` of the operating-system layer, resolved: a reference that an agent can fetch.
    public var osImage: String { json["spec", "os", "image"]?.stringValue ?? "" }
    /// The effective values of the operating-system layer.
    public var osValues: JSONValue { layer(.os)?.values ?? [:] }
    /// The effective values of the Kubernetes layer.
    public var kubernetesValues: JSONValue { layer(.k8s)?.values ?? [:] }

    /// All that `options.system.uri` is made of, however far: `pack.<pack>.<path>`, `var.<name>`, `system.<name>`.
    public var imageInputs: [String] { json["spec", "os", "imageInputs"]?.stringList ?? [] }

    public var profiles: [RevisionProfile] {
        (json["spec", "profiles"]?.arrayValue ?? []).map(RevisionProfile.init(json:))
    }

    /// In the order of installation.
    public var layers: [RevisionLayer] { (json["spec", "layers"]?.arrayValue ?? []).map(RevisionLayer.init(json:)) }

    public func layer(_ type: LayerType) -> RevisionLayer? { layers.first { $0.type == type } }

    public var variables: [RevisionVariable] {
        (json["spec", "variables"]?.arrayValue ?? []).map(RevisionVariable.init(json:))
    }
}

/// How Kubernetes is set up on the hosts.
public enum Distribution: String, Sendable, Hashable, CaseIterable {
    /// Palette eXtended Kubernetes Edge (PXK-E).
    case kubeadm
    case k3s
    case rke2
    case canonical
}

/// A profile that a revision was made of.
public struct RevisionProfile: Sendable, Hashable {
    public var name: String
    public var version: String
    public var type: ClusterProfile.ProfileType

    public init(name: String, version: String, type: ClusterProfile.ProfileType) {
        self.name = name
        self.version = version
        self.type = type
    }

    init(json: JSONValue) {
        name = json["name"]?.stringValue ?? ""
        version = json["version"]?.stringValue ?? ""
        type = json["type"]?.stringValue.flatMap(ClusterProfile.ProfileType.init) ?? .addOn
    }

    public var json: JSONValue {
        ["name": .string(name), "version": .string(version), "type": .string(type.rawValue)]
    }
}

/// A layer with everything resolved.
public struct RevisionLayer: Sendable, Hashable {
    public var profile: String
    public var name: String
    public var type: LayerType
    /// Absent for a layer of manifests alone.
    public var pack: String?
    public var packVersion: String?
    public var installPriority: Int
    /// The profile's YAML, as written.
    public var valuesText: String
    /// The pack's values with the profile's over them, macros resolved.
    public var values: JSONValue
    /// The objects to apply, in order.
    public var manifests: [Unstructured]
    public var readyToProceed: [ReadinessProbe]

    public init(profile: String, name: String, type: LayerType) {
        self.profile = profile
        self.name = name
        self.type = type
        installPriority = 0
        valuesText = ""
        values = [:]
        manifests = []
        readyToProceed = []
    }

    init(json: JSONValue) {
        profile = json["profile"]?.stringValue ?? ""
        name = json["layer"]?.stringValue ?? ""
        type = json["type"]?.stringValue.flatMap(LayerType.init) ?? .addon
        pack = json["pack"]?.stringValue
        packVersion = json["version"]?.stringValue
        installPriority = json["installPriority"]?.intValue ?? 0
        valuesText = json["values"]?.stringValue ?? ""
        values = json["valuesTree"] ?? [:]
        manifests = (json["manifests"]?.arrayValue ?? []).map(Unstructured.init(json:))
        readyToProceed = (json["readyToProceed"]?.arrayValue ?? []).map(ReadinessProbe.init(json:))
    }

    public var json: JSONValue {
        var json: JSONValue = [
            "profile": .string(profile), "layer": .string(name), "type": .string(type.rawValue),
            "installPriority": JSONValue(installPriority), "values": .string(valuesText), "valuesTree": values,
            "manifests": .array(manifests.map(\.json)), "readyToProceed": .array(readyToProceed.map(\.json)),
        ]
        json["pack"] = pack.map { .string($0) }
        json["version"] = packVersion.map { .string($0) }
        return json
    }
}

/// A variable's value in a revision; of a sensitive one, where it is.
public struct RevisionVariable: Sendable, Hashable {
    /// An entry of a Secret in the cluster's namespace.
    public struct SecretReference: Sendable, Hashable {
        public var name: String
        public var key: String

        public init(name: String, key: String) {
            self.name = name
            self.key = key
        }
    }

    public var profile: String
    public var name: String
    public var value: JSONValue?
    public var secret: SecretReference?

    public init(profile: String, name: String, value: JSONValue? = nil, secret: SecretReference? = nil) {
        self.profile = profile
        self.name = name
        self.value = value
        self.secret = secret
    }

    init(json: JSONValue) {
        profile = json["profile"]?.stringValue ?? ""
        name = json["name"]?.stringValue ?? ""
        value = json["value"]
        secret = json["secretRef"].map {
            SecretReference(name: $0["name"]?.stringValue ?? "", key: $0["key"]?.stringValue ?? "")
        }
    }

    public var json: JSONValue {
        var json: JSONValue = ["profile": .string(profile), "name": .string(name)]
        json["value"] = value
        json["secretRef"] = secret.map { ["name": .string($0.name), "key": .string($0.key)] }
        return json
    }
}

extension ClusterRevision {
    private static let specSchema = Schema.object(
        "The resolved intent.",
        required: ["clusterName", "epoch", "sequence", "distribution", "kubernetesVersion", "os", "layers"],
        [
            "clusterName": .name("The EdgeCluster."),
            "epoch": .integer("The epoch of the intent authority.", 0...Int(Int32.max)),
            "sequence": .integer("The revision's place in the epoch.", 0...Int(Int32.max)),
            "distribution": .string("How Kubernetes is set up.", oneOf: Distribution.allCases.map(\.rawValue)),
            "kubernetesVersion": Schema.semanticVersion("The Kubernetes version."),
            "os": .object(
                "The operating system.", required: ["pack", "version", "image"],
                [
                    "pack": .string("The pack."), "version": .string("The pack's version."),
                    "image": .string("The image: `options.system.uri`, resolved."),
                    "imageInputs": .array(
                        "All that the image's reference is made of, however far.", of: Schema(.string)),
                ]),
            "profiles": .array(
                "The profiles that the revision was made of.",
                of: .object(
                    "A profile.", required: ["name", "version", "type"],
                    [
                        "name": .string("Its name."), "version": .string("Its version."),
                        "type": .string("Its type.", oneOf: ClusterProfile.ProfileType.allCases.map(\.rawValue)),
                    ])),
            "layers": .array("The layers in the order of installation.", of: layerSchema),
            "variables": .array("The variables' values.", of: variableSchema),
            "digest": Schema.string("What names the content.")
                .matching("^sha256:[0-9a-f]{64}$", "sha256: and 64 hexadecimal digits"),
            "signature": .string("The authority's signature in base64."),
        ]
    ).immutable

    private static let layerSchema = Schema.object(
        "A layer with everything resolved.", required: ["profile", "layer", "type"],
        [
            "profile": .string("The profile that has the layer."), "layer": .string("The layer's name."),
            "type": .string("The layer's place in the stack.", oneOf: LayerType.allCases.map(\.rawValue)),
            "pack": .string("The pack; none for a layer of manifests alone."),
            "version": .string("The pack's version."),
            "installPriority": .integer("Orders add-on layers."),
            "values": .string("The profile's YAML, as written."),
            "valuesTree": .anyObject("The pack's values with the profile's over them, macros resolved."),
            "manifests": .array("The objects to apply, in order.", of: .anyObject("An object.")),
            "readyToProceed": .readinessProbes,
        ])

    private static let variableSchema = Schema.object(
        "A variable's value.", required: ["profile", "name"],
        [
            "profile": .string("The profile that declares the variable."), "name": .string("The variable's name."),
            "value": .any("The value; none for a sensitive variable."),
            "secretRef": .object(
                "Where a sensitive variable's value is.", required: ["name", "key"],
                ["name": .string("The Secret."), "key": .string("Its entry.")]),
        ])

    private static let statusSchema = Schema.object(
        "What became of the revision.",
        [
            "conditions": .conditions,
            "observedGeneration": .integer("The generation that the status speaks of."),
        ])
}
