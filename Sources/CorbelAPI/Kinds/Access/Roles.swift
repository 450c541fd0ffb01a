/// What a Role and a ClusterRole have in common: rules.
public protocol RoleResource: TypedResource {}

extension RoleResource {
    public var rules: [PolicyRule] {
        get { (json["rules"]?.arrayValue ?? []).map(PolicyRule.init(json:)) }
        set { json["rules"] = .array(newValue.map(\.json)) }
    }
}

/// Rules within one namespace (rbac.authorization.k8s.io/v1 Role).
public struct Role: RoleResource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }

    public static let definition = ResourceDefinition(
        group: APIGroup.accessControl, version: "v1", kind: "Role", plural: "roles",
        schema: .object("", ["rules": .rules]), hasStatus: false, columns: roleColumns, isBuiltIn: true)
}

/// Rules for the whole server, or for a namespace, as a binding says (rbac.authorization.k8s.io/v1 ClusterRole).
public struct ClusterRole: RoleResource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }

    public static let definition = ResourceDefinition(
        group: APIGroup.accessControl, version: "v1", kind: "ClusterRole", plural: "clusterroles", scope: .cluster,
        schema: .object(
            "",
            [
                "rules": .rules,
                "aggregationRule": .object(
                    "Where the rules come from: the server writes them.",
                    [
                        "clusterRoleSelectors": .array(
                            "Every ClusterRole that one of these selects gives its rules.", of: .roleSelector)
                    ]),
            ]), hasStatus: false, columns: roleColumns, isBuiltIn: true)

    /// The selectors of the roles that give this one its rules; nil where the rules are its own.
    public var aggregationSelectors: [JSONValue]? {
        get {
            guard let rule = json["aggregationRule"], !rule.isNull else { return nil }
            return rule["clusterRoleSelectors"]?.arrayValue ?? []
        }
        set { json["aggregationRule"] = newValue.map { ["clusterRoleSelectors": .array($0)] } }
    }
}

/// What a RoleBinding and a ClusterRoleBinding have in common: a role, and to whom it is given.
public protocol BindingResource: TypedResource {}

extension BindingResource {
    public var role: RoleReference {
        get { RoleReference(json: json["roleRef"] ?? [:]) }
        set { json["roleRef"] = newValue.json }
    }

    public var subjects: [RoleSubject] {
        get { (json["subjects"]?.arrayValue ?? []).compactMap(RoleSubject.init(json:)) }
        set { json["subjects"] = .array(newValue.map(\.json)) }
    }
}

/// Gives a role within a namespace (rbac.authorization.k8s.io/v1 RoleBinding).
public struct RoleBinding: BindingResource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }

    public static let definition = ResourceDefinition(
        group: APIGroup.accessControl, version: "v1", kind: "RoleBinding", plural: "rolebindings",
        schema: bindingSchema, hasStatus: false, columns: bindingColumns, isBuiltIn: true)
}

/// Gives a ClusterRole everywhere (rbac.authorization.k8s.io/v1 ClusterRoleBinding).
public struct ClusterRoleBinding: BindingResource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }

    public static let definition = ResourceDefinition(
        group: APIGroup.accessControl, version: "v1", kind: "ClusterRoleBinding", plural: "clusterrolebindings",
        scope: .cluster, schema: bindingSchema, hasStatus: false, columns: bindingColumns, isBuiltIn: true)
}

extension ResourceDefinition {
    /// Whether objects may have any name that is one segment of a path, as roles and bindings may.
    public var takesAnyPathSegmentAsName: Bool { group == APIGroup.accessControl }
}

private let roleColumns: [ResourceDefinition.PrinterColumn] = [
    .init("Created At", .field(["metadata", "creationTimestamp"]), "When the role was created.")
]

private let bindingColumns: [ResourceDefinition.PrinterColumn] = [
    .init("Role", .joined([["roleRef", "kind"], ["roleRef", "name"]]), "The role that is given."),
    .init("Age", "date", .age(["metadata", "creationTimestamp"])),
    .init("Users", .subjects("User"), "The users that have the role.", wide: true),
    .init("Groups", .subjects("Group"), "The groups that have the role.", wide: true),
    .init("ServiceAccounts", .subjects("ServiceAccount"), "The service accounts that have the role.", wide: true),
]

private let bindingSchema = Schema.object(
    "", required: ["roleRef"],
    [
        "roleRef": Schema.object(
            "The role that is given; it never changes.", required: ["kind", "name"],
            [
                "apiGroup": Schema(.string, "The group of the role.").defaulting(to: .string(APIGroup.accessControl)),
                "kind": .string("Role or ClusterRole."),
                "name": .string("The name of the role."),
            ]
        ).atomic,
        "subjects": .array(
            "To whom the role is given.",
            of: Schema.object(
                "A user, a group or a service account.", required: ["kind", "name"],
                [
                    "kind": .string("User, Group or ServiceAccount."),
                    "apiGroup": .string("The group of the kind."),
                    "name": .string("The name of the subject."),
                    "namespace": .string("The namespace of a service account."),
                ]
            ).atomic),
    ])

extension Schema {
    fileprivate static let rules = Schema.array(
        "What may be done.",
        of: .object(
            "Verbs on resources, or on paths.", required: ["verbs"],
            [
                "verbs": .array("What may be done; * is everything.", of: Schema(.string)),
                "apiGroups": .array("The groups of the resources; * is every group.", of: Schema(.string)),
                "resources": .array(
                    "The resources, and subresources as resource/subresource; * is all.", of: Schema(.string)),
                "resourceNames": .array("The objects' names; none is all of them.", of: Schema(.string)),
                "nonResourceURLs": .array(
                    "Paths that name no resource; a * at the end is everything below.", of: Schema(.string)),
            ]))

    fileprivate static let roleSelector = Schema.object(
        "A condition on labels.",
        [
            "matchLabels": .strings("Labels and the values that they must have."),
            "matchExpressions": .array(
                "Further conditions.",
                of: .object(
                    "One condition.", required: ["key", "operator"],
                    [
                        "key": .string("The label."), "operator": .string("In, NotIn, Exists or DoesNotExist."),
                        "values": .array("The values of In and NotIn.", of: Schema(.string)),
                    ])),
        ]
    ).atomic
}
