public import CorbelAPI

/// The ClusterRoles and bindings that a server comes with: Kubernetes' own names, with Corbel's kinds in `admin`,
/// `edit` and `view`.
public struct DefaultRoles: Sendable {
    public var roles: [ClusterRole]
    public var bindings: [ClusterRoleBinding]

    /// - Parameter registry: what is served; a role speaks of nothing else.
    public init(for registry: ResourceRegistry) {
        roles = Self.fixed + Self.aggregated + Self.sources(registry)
        bindings = [
            Self.binding("cluster-admin", ["system:masters"]), Self.binding("system:discovery", [Self.authenticated]),
            Self.binding("system:basic-user", [Self.authenticated]),
            Self.binding("system:public-info-viewer", [Self.authenticated, "system:unauthenticated"]),
            Self.binding("system:monitoring", ["system:monitoring"]),
        ]
    }

    private static let authenticated = "system:authenticated"
    private static let reading = ["get", "list", "watch"]
    private static let writing = ["create", "delete", "deletecollection", "patch", "update"]
    private static let publicPaths = ["/healthz", "/livez", "/readyz", "/version", "/version/"]

    private static let fixed = [
        role("cluster-admin", PolicyRule.everything),
        role(
            "system:discovery",
            [
                PolicyRule(
                    ["get"],
                    paths: [
                        "/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz",
                        "/version", "/version/",
                    ])
            ]),
        role(
            "system:basic-user",
            [
                PolicyRule(
                    ["create"], of: ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
                    in: [APIGroup.authorization]),
                PolicyRule(["create"], of: ["selfsubjectreviews"], in: [APIGroup.authentication]),
            ]),
        role("system:public-info-viewer", [PolicyRule(["get"], paths: publicPaths)]),
        role(
            "system:monitoring",
            [
                PolicyRule(
                    ["get"],
                    paths: ["/healthz", "/healthz/*", "/livez", "/livez/*", "/metrics", "/readyz", "/readyz/*"])
            ]),
    ]

    /// `admin` gathers `edit`, and `edit` gathers `view`.
    private static let aggregated = [
        gathering("admin", []), gathering("edit", ["admin"]), gathering("view", ["edit"]),
    ]

    // MARK: Corbel's kinds

    /// Kinds that say who may do what, or let hosts in: for those who look after a project.
    private static let guarded: Set<GroupResource> = [
        Role.definition.groupResource, RoleBinding.definition.groupResource, RegistrationToken.definition.groupResource,
    ]

    /// Kinds that only the server and its reconcilers write.
    private static let serverWritten: Set<GroupResource> = [
        ClusterRevision.definition.groupResource, Event.definition.groupResource,
    ]

    private static func sources(_ registry: ResourceRegistry) -> [ClusterRole] {
        let kinds = registry.definitions.filter(\.isNamespaced)
        let open = kinds.filter { !guarded.contains($0.groupResource) }
        let namespaces = PolicyRule(reading, of: ["namespaces"], in: [APIGroup.core])
        let visible = open.filter { $0.groupResource != Secret.definition.groupResource }
        let writable = open.filter { !serverWritten.contains($0.groupResource) }
        let secrets = PolicyRule(reading, of: ["secrets"], in: [APIGroup.core])
        let mine = kinds.filter { guarded.contains($0.groupResource) }
        let reviews = PolicyRule(["create"], of: ["localsubjectaccessreviews"], in: [APIGroup.authorization])
        return [
            source("view", rules(reading, visible, withStatus: true) + [namespaces]),
            source("edit", [secrets] + rules(writing, writable, withStatus: false)),
            source("admin", rules(reading + writing, mine, withStatus: false) + [reviews]),
        ]
    }

    /// One rule for each group.
    private static func rules(
        _ verbs: [String], _ definitions: [ResourceDefinition], withStatus: Bool
    ) -> [PolicyRule] {
        let groups = Dictionary(grouping: definitions, by: \.group)
        return groups.keys.sorted().map { group in
            let resources = (groups[group] ?? []).flatMap { definition -> [String] in
                var names = [definition.plural]
                if definition.scale != nil { names.append("\(definition.plural)/scale") }
                if withStatus, definition.hasStatus { names.append("\(definition.plural)/status") }
                return names
            }
            return PolicyRule(verbs, of: resources.sorted(), in: [group])
        }
    }

    // MARK: Objects

    private static func role(_ name: String, _ rules: [PolicyRule]) -> ClusterRole {
        var role = ClusterRole(name: name)
        mark(&role)
        role.rules = rules
        return role
    }

    private static func aggregation(to name: String) -> String { "rbac.authorization.k8s.io/aggregate-to-\(name)" }

    private static func source(_ name: String, _ rules: [PolicyRule]) -> ClusterRole {
        var role = role("system:aggregate-to-\(name)", rules)
        role.labels[aggregation(to: name)] = "true"
        return role
    }

    private static func gathering(_ name: String, _ others: [String]) -> ClusterRole {
        var role = role(name, [])
        role.aggregationSelectors = [["matchLabels": [aggregation(to: name): "true"]]]
        for other in others { role.labels[aggregation(to: other)] = "true" }
        return role
    }

    private static func binding(_ role: String, _ groups: [String]) -> ClusterRoleBinding {
        var binding = ClusterRoleBinding(name: role)
        mark(&binding)
        binding.role = RoleReference(kind: "ClusterRole", name: role)
        binding.subjects = groups.map { RoleSubject(.group, $0) }
        return binding
    }

    private static func mark(_ object: inout some Resource) {
        object.labels = ["kubernetes.io/bootstrapping": "rbac-defaults"]
        object.annotations = [RoleReconciliation.autoUpdate: "true"]
    }
}
