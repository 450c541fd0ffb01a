import APIMachinery
import CorbelAPI
import Testing

@Suite("The roles that a server comes with")
struct DefaultRoleTests {
    private let defaults = DefaultRoles(for: .centre)

    /// The roles with their gathered rules.
    private var settled: [String: ClusterRole] {
        var roles = defaults.roles
        while case let due = RoleAggregation.due(roles), !due.isEmpty {
            for role in due { roles = roles.filter { $0.name != role.name } + [role] }
        }
        return Dictionary(roles.map { ($0.name, $0) }) { $1 }
    }

    @Test(
        "admin, edit and view allow what Kubernetes' do, of Corbel's kinds too",
        arguments: [
            ("view", "get", "corbel.dev", "edgeclusters", true),
            ("view", "watch", "corbel.dev", "edgehosts/status", true),
            ("view", "update", "corbel.dev", "edgeclusters", false), ("view", "get", "", "secrets", false),
            ("view", "list", "", "namespaces", true), ("view", "get", "corbel.dev", "registrationtokens", false),
            ("view", "get", "rbac.authorization.k8s.io", "roles", false),
            ("edit", "get", "", "secrets", true), ("edit", "patch", "corbel.dev", "edgeclusters", true),
            ("edit", "get", "corbel.dev", "edgeclusters", true),
            ("edit", "create", "corbel.dev", "clusterrevisions", false),
            ("edit", "update", "corbel.dev", "edgeclusters/status", false),
            ("edit", "create", "rbac.authorization.k8s.io", "rolebindings", false),
            ("edit", "create", "corbel.dev", "registrationtokens", false),
            ("admin", "create", "rbac.authorization.k8s.io", "rolebindings", true),
            ("admin", "create", "corbel.dev", "registrationtokens", true),
            ("admin", "delete", "corbel.dev", "edgehosts", true),
            ("admin", "create", "authorization.k8s.io", "localsubjectaccessreviews", true),
            ("admin", "create", "rbac.authorization.k8s.io", "clusterrolebindings", false),
            ("admin", "escalate", "rbac.authorization.k8s.io", "roles", false),
            ("admin", "update", "", "namespaces", false),
            ("cluster-admin", "escalate", "any", "thing/part", true),
        ])
    func people(role: String, verb: String, group: String, resource: String, isAllowed: Bool) throws {
        let parts = resource.split(separator: "/").map(String.init)
        let access = ResourceAccess(
            verb: verb, group: group, resource: parts[0], subresource: parts.count > 1 ? parts[1] : "",
            namespace: "a", name: "x")
        let rules = try #require(settled[role]).rules
        #expect(rules.contains { $0.allows(access) } == isAllowed)
    }

    @Test("Every default is marked as Kubernetes marks it, and every binding finds its role")
    func marks() {
        for object in defaults.roles.map({ Unstructured($0) }) + defaults.bindings.map({ Unstructured($0) }) {
            #expect(object.annotations["rbac.authorization.kubernetes.io/autoupdate"] == "true")
            #expect(object.labels["kubernetes.io/bootstrapping"] == "rbac-defaults")
        }
        let names = Set(defaults.roles.map(\.name))
        #expect(defaults.bindings.allSatisfy { names.contains($0.role.name) })
    }

    // MARK: Bringing up to date

    private static func role(_ rules: [PolicyRule], update: Bool = true) -> ClusterRole {
        var role = ClusterRole(name: "r")
        role.annotations = [RoleReconciliation.autoUpdate: update ? "true" : "false"]
        role.rules = rules
        return role
    }

    @Test("What is missing is added, what people added stays, and who does not want it is left alone")
    func roles() {
        let get = PolicyRule(["get"], of: ["a"], in: [""])
        let list = PolicyRule(["list"], of: ["a"], in: [""])
        let expected = Self.role([get])
        #expect(RoleReconciliation.change(of: expected, toward: expected) == nil)
        #expect(RoleReconciliation.change(of: Self.role([list]), toward: expected)?.rules == [list, get])
        #expect(RoleReconciliation.change(of: Self.role([list], update: false), toward: expected) == nil)
        #expect(RoleReconciliation.change(of: Self.role(PolicyRule.everything), toward: expected) == nil)
        var bare = ClusterRole(name: "r")
        bare.labels = ["mine": "1"]
        let changed = RoleReconciliation.change(of: bare, toward: expected)
        #expect(changed?.labels == ["mine": "1"] && changed?.annotations[RoleReconciliation.autoUpdate] == "true")
    }

    @Test("A gathering role keeps its gathered rules and gets back its selectors")
    func gathering() {
        var expected = Self.role([])
        expected.aggregationSelectors = [["matchLabels": ["x": "true"]]]
        var existing = Self.role([PolicyRule(["get"], of: ["a"], in: [""])])
        existing.aggregationSelectors = [["matchLabels": ["y": "true"]]]
        let changed = RoleReconciliation.change(of: existing, toward: expected)
        #expect(changed?.rules == existing.rules)
        #expect(changed?.aggregationSelectors == [["matchLabels": ["y": "true"]], ["matchLabels": ["x": "true"]]])
    }

    @Test("A binding gets its subjects back; one of another role is replaced")
    func bindings() {
        var expected = ClusterRoleBinding(name: "b")
        expected.role = RoleReference(kind: "ClusterRole", name: "r")
        expected.subjects = [RoleSubject(.group, "g")]
        var existing = expected
        existing.subjects = [RoleSubject(.user, "ada")]
        var merged = existing
        merged.subjects = [RoleSubject(.user, "ada"), RoleSubject(.group, "g")]
        #expect(RoleReconciliation.change(of: existing, toward: expected) == .update(merged))
        #expect(RoleReconciliation.change(of: merged, toward: expected) == nil)
        existing.role = RoleReference(kind: "ClusterRole", name: "other")
        #expect(RoleReconciliation.change(of: existing, toward: expected) == .replace(expected))
    }

    @Test("Gathered rules are those of all selected roles, by name, each once, and never one's own")
    func aggregation() {
        func role(_ name: String, _ labels: [String: String], _ verbs: String...) -> ClusterRole {
            var role = ClusterRole(name: name)
            role.labels = labels
            role.rules = verbs.map { PolicyRule([$0], of: ["a"], in: [""]) }
            return role
        }
        var all = role("all", ["x": "true"], "old")
        all.aggregationSelectors = [["matchLabels": ["x": "true"]]]
        let roles = [
            all, role("c", ["x": "true"], "get", "list"), role("b", ["x": "true"], "get"), role("d", [:], "no"),
        ]
        #expect(RoleAggregation.due(roles).map(\.rules) == [role("", [:], "get", "list").rules])
        #expect(RoleAggregation.rules(of: roles[1], among: roles) == nil)
    }

    @Test("Roles that gather each other come to rest, and an order of rules is not due")
    func circle() {
        func rule(_ verb: String) -> PolicyRule { PolicyRule([verb], of: ["a"], in: [""]) }
        func role(_ name: String, gathering: [String] = [], _ verbs: String...) -> ClusterRole {
            var role = ClusterRole(name: name)
            role.labels = ["name": name]
            role.rules = verbs.map(rule)
            if !gathering.isEmpty {
                role.aggregationSelectors = gathering.map { other -> JSONValue in
                    ["matchLabels": ["name": .string(other)]]
                }
            }
            return role
        }
        let sources = [role("c", "get"), role("d", "list")]
        let roles = [role("a", gathering: ["b", "c"], "old"), role("b", gathering: ["a", "d"])] + sources
        let due = RoleAggregation.due(roles)
        #expect(due.map(\.name) == ["a", "b"])
        #expect(due.allSatisfy { Set($0.rules) == [rule("get"), rule("list")] })
        #expect(RoleAggregation.due(due + sources).isEmpty)
        let turned = due.map { role in
            var role = role
            role.rules = role.rules.reversed()
            return role
        }
        #expect(RoleAggregation.due(turned + sources).isEmpty)
    }
}
