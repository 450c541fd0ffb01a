import APIMachinery
import CorbelAPI
import Testing

/// What "Using RBAC Authorization" of Kubernetes' documentation says of rules and bindings.
@Suite("Roles and bindings")
struct AccessPolicyTests {
    // MARK: Rules

    private static let pods = PolicyRule(["get", "list"], of: ["pods"], in: [""])

    /// `verb resource[/sub] [group] [name]`, where a dash stands for nothing.
    private static func access(_ text: String) -> ResourceAccess {
        let words = text.split(separator: " ").map { $0 == "-" ? "" : String($0) }
        let resource = words[1].split(separator: "/", maxSplits: 1).map(String.init)
        return ResourceAccess(
            verb: words[0], group: words.count > 2 ? words[2] : "", resource: resource[0],
            subresource: resource.count > 1 ? resource[1] : "", name: words.count > 3 ? words[3] : "")
    }

    @Test(
        "A rule speaks of its verbs, groups, resources and names, and of nothing else",
        arguments: [
            (pods, "get pods", true), (pods, "list pods", true), (pods, "watch pods", false),
            (pods, "get pods apps", false), (pods, "get nodes", false), (pods, "get pods/log", false),
            (pods, "get pods - p1", true), (pods, "GET pods", false), (pods, "get Pods", false),
            (PolicyRule(["*"], of: ["pods"], in: [""]), "impersonate pods", true),
            (PolicyRule(["get"], of: ["*"], in: [""]), "get pods", true),
            (PolicyRule(["get"], of: ["*"], in: [""]), "get pods/log", true),
            (PolicyRule(["get"], of: ["*"], in: [""]), "get deployments apps", false),
            (PolicyRule(["get"], of: ["*"], in: ["*"]), "get deployments/scale apps", true),
            (PolicyRule(["get"], of: ["pods/log"], in: [""]), "get pods/log", true),
            (PolicyRule(["get"], of: ["pods/log"], in: [""]), "get pods", false),
            (PolicyRule(["get"], of: ["*/scale"], in: ["*"]), "get deployments/scale apps", true),
            (PolicyRule(["get"], of: ["*/scale"], in: ["*"]), "get deployments/status apps", false),
            (PolicyRule(["get"], of: ["*/scale"], in: ["*"]), "get deployments apps", false),
            (PolicyRule(["get"], of: ["pods/*"], in: [""]), "get pods/log", false),
            (PolicyRule(["get"], of: ["pods"], in: [""], named: ["a"]), "get pods - a", true),
            (PolicyRule(["get"], of: ["pods"], in: [""], named: ["a"]), "get pods - b", false),
            (PolicyRule(["list"], of: ["pods"], in: [""], named: ["a"]), "list pods", false),
            (PolicyRule(["create"], of: ["pods"], in: [""], named: ["a"]), "create pods", false),
            (PolicyRule(["get"], of: ["pods"], in: []), "get pods", false),
            (PolicyRule(["*"], paths: ["*"]), "get pods", false),
        ])
    func rules(rule: PolicyRule, access: String, isAllowed: Bool) {
        #expect(rule.allows(Self.access(access)) == isAllowed)
    }

    @Test(
        "A star at the end of a path is everything below it; elsewhere it is a character",
        arguments: [
            ("/healthz", "/healthz", true), ("/healthz", "/healthz/etcd", false), ("/healthz/*", "/healthz/etcd", true),
            ("/healthz/*", "/healthz", false), ("*", "/anything", true), ("/api*", "/apis/apps", true),
            ("/a/*/c", "/a/b/c", false), ("/a/*/c", "/a/*/c", true),
        ])
    func paths(rule: String, path: String, isAllowed: Bool) {
        #expect(PolicyRule(["get"], paths: [rule]).allows(verb: "get", path: path) == isAllowed)
        #expect(!PolicyRule(["get"], paths: [rule]).allows(verb: "post", path: path))
    }

    // MARK: Escalation

    private static let all = PolicyRule(["*"], of: ["*"], in: ["*"])

    @Test(
        "What one does not have cannot be given, however it is put together",
        arguments: [
            ([pods], [pods], true), ([all], [pods], true), ([pods], [all], false),
            ([pods], [PolicyRule(["get", "watch"], of: ["pods"], in: [""])], false),
            (
                [
                    PolicyRule(["get"], of: ["pods"], in: [""]), PolicyRule(["get"], of: ["nodes"], in: [""]),
                    PolicyRule(["list"], of: ["pods", "nodes"], in: [""]),
                ], [PolicyRule(["get", "list"], of: ["pods", "nodes"], in: [""])], true
            ),
            ([pods], [PolicyRule(["get"], of: ["pods"], in: [""], named: ["a"])], true),
            ([PolicyRule(["get"], of: ["pods"], in: [""], named: ["a"])], [pods], false),
            (
                [PolicyRule(["get"], of: ["pods"], in: [""], named: ["a", "b"])],
                [PolicyRule(["get"], of: ["pods"], in: [""], named: ["b"])], true
            ),
            (
                [PolicyRule(["get"], of: ["pods"], in: [""], named: ["a"])],
                [PolicyRule(["get"], of: ["pods"], in: [""], named: ["a", "b"])], false
            ),
            (
                [PolicyRule(["get"], of: ["*/scale"], in: ["*"])],
                [PolicyRule(["get"], of: ["deployments/scale"], in: ["apps"])], true
            ),
            (
                [PolicyRule(["get"], of: ["*/scale"], in: ["*"])],
                [PolicyRule(["get"], of: ["deployments"], in: ["apps"])], false
            ),
            ([PolicyRule(["get"], of: ["pods"], in: [""])], [PolicyRule(["*"], of: ["pods"], in: [""])], false),
            ([PolicyRule(["get"], of: ["pods"], in: [""])], [PolicyRule(["get"], of: ["*"], in: [""])], false),
            ([PolicyRule(["get"], of: ["pods"], in: [""])], [PolicyRule(["get"], of: ["pods"], in: ["*"])], false),
            ([PolicyRule(["get"], paths: ["/a/*"])], [PolicyRule(["get"], paths: ["/a/b"])], true),
            ([PolicyRule(["get"], paths: ["/a/*"])], [PolicyRule(["get"], paths: ["/a/*"])], true),
            ([PolicyRule(["get"], paths: ["/a/b"])], [PolicyRule(["get"], paths: ["/a/*"])], false),
            ([all], [PolicyRule(["get"], paths: ["/a"])], false),
            ([], [PolicyRule([], of: ["pods"], in: [""])], true),
        ] as [([PolicyRule], [PolicyRule], Bool)])
    func escalation(held: [PolicyRule], wanted: [PolicyRule], isCovered: Bool) {
        #expect(PolicyRule.missing(from: held, of: wanted).isEmpty == isCovered)
    }

    // MARK: Size

    @Test("Rules that are too many or too large to be compared are refused, by their size")
    func sizes() {
        func problems(_ rules: [PolicyRule]) -> [FieldError] {
            var role = ClusterRole(name: "r")
            role.rules = rules
            return RoleValidation.problems(of: role, isNamespaced: false)
        }
        let thousand = (0..<1000).map { "x\($0)" }
        let hundred = Array(thousand.prefix(100))
        let huge = problems([Self.pods, PolicyRule(thousand, of: thousand, in: thousand, named: thousand)])
        #expect(huge.map(\.field) == ["rules[1]"])
        #expect(huge.first?.value == JSONValue(1_000_000_000_000))
        #expect(problems([PolicyRule(thousand, paths: thousand)]).map(\.reason) == [.tooMany])
        let large = PolicyRule(hundred, of: hundred, in: [""])
        #expect(problems([large, large]).isEmpty)
        #expect(problems([large, large, large]).map(\.field) == ["rules"])
        #expect(problems(Array(repeating: Self.pods, count: 500)).isEmpty)
        #expect(problems(Array(repeating: Self.pods, count: 501)).map(\.field) == ["rules"])
    }

    // MARK: Bindings

    private static func role(_ name: String, in namespace: String = "", _ rules: [PolicyRule]) -> Unstructured {
        if namespace.isEmpty {
            var role = ClusterRole(name: name)
            role.rules = rules
            return Unstructured(role)
        }
        var role = Role(namespace: namespace, name: name)
        role.rules = rules
        return Unstructured(role)
    }

    private static func binding(
        _ role: RoleReference, in namespace: String = "", to subjects: RoleSubject...
    ) -> Unstructured {
        if namespace.isEmpty {
            var binding = ClusterRoleBinding(name: "binding")
            binding.role = role
            binding.subjects = subjects
            return Unstructured(binding)
        }
        var binding = RoleBinding(namespace: namespace, name: "binding")
        binding.role = role
        binding.subjects = subjects
        return Unstructured(binding)
    }

    private static func cluster(_ name: String) -> RoleReference { RoleReference(kind: "ClusterRole", name: name) }
    private static func local(_ name: String) -> RoleReference { RoleReference(kind: "Role", name: name) }

    /// Where somebody of one name and some groups may get pods.
    private func places(_ objects: [Unstructured], user: String, groups: [String] = []) -> [String] {
        let policy = AccessPolicy(objects)
        return ["", "a", "b"].filter { namespace in
            let access = ResourceAccess(verb: "get", group: "", resource: "pods", namespace: namespace, name: "p")
            return policy.reason(allowing: access, user: user, groups: groups) != nil
        }
    }

    @Test("A ClusterRoleBinding gives everywhere, a RoleBinding in its namespace only")
    func scopes() {
        let ada = RoleSubject(.user, "ada")
        let role = Self.role("reader", [Self.pods])
        let everywhere = [role, Self.binding(Self.cluster("reader"), to: ada)]
        #expect(places(everywhere, user: "ada") == ["", "a", "b"])
        let within = [role, Self.binding(Self.cluster("reader"), in: "a", to: ada)]
        #expect(places(within, user: "ada") == ["a"])
        let local = [
            Self.role("reader", in: "a", [Self.pods]), Self.binding(Self.local("reader"), in: "a", to: ada),
        ]
        #expect(places(local, user: "ada") == ["a"])
        #expect(places(everywhere, user: "Ada").isEmpty)
    }

    @Test("A binding whose role is elsewhere, or nowhere, gives nothing")
    func danglingRoles() {
        let ada = RoleSubject(.user, "ada")
        let role = Self.role("reader", in: "a", [Self.pods])
        #expect(places([role, Self.binding(Self.local("reader"), in: "b", to: ada)], user: "ada").isEmpty)
        #expect(places([role, Self.binding(Self.cluster("reader"), in: "a", to: ada)], user: "ada").isEmpty)
        #expect(places([role, Self.binding(Self.local("reader"), to: ada)], user: "ada").isEmpty)
        #expect(places([Self.binding(Self.cluster("gone"), to: ada)], user: "ada").isEmpty)
    }

    @Test("Subjects are users, groups and service accounts, and not each other")
    func subjects() {
        let role = Self.role("reader", [Self.pods])
        let group = [role, Self.binding(Self.cluster("reader"), to: RoleSubject(.group, "devs"))]
        #expect(places(group, user: "ada", groups: ["ops", "devs"]).count == 3)
        #expect(places(group, user: "devs").isEmpty)
        let account = [
            role,
            Self.binding(Self.cluster("reader"), in: "a", to: RoleSubject(.serviceAccount, "bot", namespace: "b")),
        ]
        #expect(places(account, user: "system:serviceaccount:b:bot") == ["a"])
        #expect(places(account, user: "system:serviceaccount:a:bot").isEmpty)
        let here = [role, Self.binding(Self.cluster("reader"), in: "a", to: RoleSubject(.serviceAccount, "bot"))]
        #expect(places(here, user: "system:serviceaccount:a:bot") == ["a"])
        let nowhere = [role, Self.binding(Self.cluster("reader"), to: RoleSubject(.serviceAccount, "bot"))]
        #expect(places(nowhere, user: "system:serviceaccount::bot").isEmpty)
    }

    @Test("Paths are given by ClusterRoleBindings alone")
    func pathBindings() {
        let role = Self.role("paths", [PolicyRule(["get"], paths: ["/metrics"])])
        func allows(_ binding: Unstructured) -> Bool {
            AccessPolicy([role, binding]).reason(
                allowingVerb: "get", path: "/metrics", user: "ada", groups: []) != nil
        }
        #expect(allows(Self.binding(Self.cluster("paths"), to: RoleSubject(.user, "ada"))))
        #expect(!allows(Self.binding(Self.cluster("paths"), in: "a", to: RoleSubject(.user, "ada"))))
    }

    @Test("The reason names the binding, the role and the subject as Kubernetes does")
    func reason() {
        let policy = AccessPolicy([
            Self.role("reader", [Self.pods]),
            Self.binding(Self.cluster("reader"), in: "a", to: RoleSubject(.group, "devs")),
        ])
        let access = ResourceAccess(verb: "get", group: "", resource: "pods", namespace: "a")
        #expect(
            policy.reason(allowing: access, user: "ada", groups: ["devs"])
                == "RBAC: allowed by RoleBinding \"binding/a\" of ClusterRole \"reader\" to Group \"devs\"")
    }
}
