/// What may be done (rbac.authorization.k8s.io/v1 PolicyRule): verbs on resources, or on paths of the server.
///
/// `*` stands for every verb, every group, every resource; `*/scale` for that subresource of every resource. Without
/// names a rule speaks of all objects.
public struct PolicyRule: Sendable, Hashable {
    public var verbs: [String]
    public var apiGroups: [String]
    public var resources: [String]
    public var resourceNames: [String]
    public var nonResourceURLs: [String]

    /// A rule about resources.
    public init(_ verbs: [String], of resources: [String], in apiGroups: [String], named names: [String] = []) {
        self.verbs = verbs
        self.apiGroups = apiGroups
        self.resources = resources
        resourceNames = names
        nonResourceURLs = []
    }

    /// A rule about paths that name no resource.
    public init(_ verbs: [String], paths: [String]) {
        self.verbs = verbs
        apiGroups = []
        resources = []
        resourceNames = []
        nonResourceURLs = paths
    }

    public init(json: JSONValue) {
        verbs = json["verbs"]?.stringList ?? []
        apiGroups = json["apiGroups"]?.stringList ?? []
        resources = json["resources"]?.stringList ?? []
        resourceNames = json["resourceNames"]?.stringList ?? []
        nonResourceURLs = json["nonResourceURLs"]?.stringList ?? []
    }

    /// The rule without its empty fields.
    public var json: JSONValue {
        var json: JSONValue = ["verbs": JSONValue(verbs)]
        for (field, values) in [
            ("apiGroups", apiGroups), ("resources", resources), ("resourceNames", resourceNames),
            ("nonResourceURLs", nonResourceURLs),
        ] where !values.isEmpty {
            json[field] = JSONValue(values)
        }
        return json
    }

    public static let any = "*"

    /// Everything that there is.
    public static let everything = [
        PolicyRule([any], of: [any], in: [any]), PolicyRule([any], paths: [any]),
    ]
}

/// The role that a binding gives (rbac.authorization.k8s.io/v1 RoleRef).
public struct RoleReference: Sendable, Hashable {
    public var kind: String
    public var name: String

    public init(kind: String, name: String) {
        self.kind = kind
        self.name = name
    }

    public init(json: JSONValue) {
        self.init(kind: json["kind"]?.stringValue ?? "", name: json["name"]?.stringValue ?? "")
    }

    public var json: JSONValue {
        ["apiGroup": .string(APIGroup.accessControl), "kind": .string(kind), "name": .string(name)]
    }

    public var isClusterRole: Bool { kind == "ClusterRole" }
}

/// To whom a binding gives its role (rbac.authorization.k8s.io/v1 Subject).
public struct RoleSubject: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case user = "User"
        case group = "Group"
        case serviceAccount = "ServiceAccount"
    }

    public var kind: Kind
    public var name: String
    /// Of a service account only.
    public var namespace: String

    public init(_ kind: Kind, _ name: String, namespace: String = "") {
        self.kind = kind
        self.name = name
        self.namespace = namespace
    }

    /// A subject of a kind that nobody knows is nobody.
    public init?(json: JSONValue) {
        guard let kind = json["kind"]?.stringValue.flatMap(Kind.init(rawValue:)) else { return nil }
        self.init(kind, json["name"]?.stringValue ?? "", namespace: json["namespace"]?.stringValue ?? "")
    }

    public var json: JSONValue {
        var json: JSONValue = ["kind": .string(kind.rawValue), "name": .string(name)]
        if kind != .serviceAccount { json["apiGroup"] = .string(APIGroup.accessControl) }
        if !namespace.isEmpty { json["namespace"] = .string(namespace) }
        return json
    }
}
