import APIMachinery
import APIServer
import CorbelAPI
import Logging
import ResourceStore
import ScriptedEffects
import Testing

/// A server whose users have what roles give them.
private struct GuardedServer {
    static let roles = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles"
    static let bindings = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings"
    static let clusterRoles = "/apis/rbac.authorization.k8s.io/v1/clusterroles"

    let server: Server
    let cache: RoleCache

    init(confinedGroups: Set<String> = []) async throws {
        let store = MemoryStore()
        let plain = try await Server(store: store)
        cache = RoleCache(store: store, time: plain.clock, logger: Logger(label: "test"))
        let authorizer = UnionAuthorizer([
            MastersAuthorizer(), RoleAuthorizer(cache: cache, confinedGroups: confinedGroups),
        ])
        let api = APIServer(
            .init(
                registry: .centre, authorizer: authorizer,
                plugins: [RoleAdmission(cache: cache, authorizer: authorizer)], version: "1"),
            store: store, clock: plain.clock, random: CountedRandom())
        server = Server(api: api, of: plain)
    }

    static func user(_ name: String, _ groups: String...) -> UserInfo {
        UserInfo(name: name, groups: groups + ["system:authenticated"])
    }

    static func role(_ name: String, _ rules: [PolicyRule], kind: String = "Role") -> JSONValue {
        [
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": .string(kind), "metadata": ["name": .string(name)],
            "rules": .array(rules.map(\.json)),
        ]
    }

    static func binding(_ name: String, of role: String, kind: String = "Role", to user: String) -> JSONValue {
        [
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": ["name": .string(name)],
            "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": .string(kind), "name": .string(role)],
            "subjects": [["kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": .string(user)]],
        ]
    }

    /// Gives a user rules in `default`, as the administrator.
    func give(_ user: String, _ rules: [PolicyRule]) async throws {
        #expect(await server.send("POST", Self.roles, Self.role("of-\(user)", rules)).status == 201)
        #expect(
            await server.send("POST", Self.bindings, Self.binding("to-\(user)", of: "of-\(user)", to: user)).status
                == 201)
        try await cache.load()
    }
}

@Suite("Access by roles")
struct AccessTests {
    private static let ada = GuardedServer.user("ada")

    @Test("What a role gives is allowed, all else is refused in Kubernetes' words")
    func words() async throws {
        let guarded = try await GuardedServer()
        let server = guarded.server
        try await guarded.give("ada", [PolicyRule(["get", "list"], of: ["configmaps"], in: [""])])
        await server.createConfigMap("one")
        #expect(await server.send("GET", Server.configMaps + "/one", as: Self.ada).status == 200)
        #expect(await server.send("GET", Server.configMaps, as: Self.ada).json.names == ["one"])
        let deleted = await server.send("DELETE", Server.configMaps + "/one", as: Self.ada)
        #expect(deleted.status == 403)
        #expect(
            deleted.message
                == "configmaps \"one\" is forbidden: User \"ada\" cannot delete resource \"configmaps\" in API group "
                + "\"\" in the namespace \"default\"")
        let everywhere = await server.send("GET", "/api/v1/configmaps", as: Self.ada)
        #expect(
            everywhere.message
                == "configmaps is forbidden: User \"ada\" cannot list resource \"configmaps\" in API group \"\" at the "
                + "cluster scope")
        let unknown = await server.send("GET", "/apis/nobody.example/v1/things", as: Self.ada)
        #expect(unknown.status == 403)
        #expect(await server.send("GET", "/apis/nobody.example/v1/things").status == 404)
        #expect(await server.send("GET", "/apis", as: Self.ada).message.contains("cannot get path \"/apis\""))
    }

    @Test("Members of a confined group get nothing of what roles give to all")
    func confined() async throws {
        let guarded = try await GuardedServer(confinedGroups: ["corbel:hosts"])
        try await guarded.give("host", [PolicyRule(["*"], of: ["*"], in: ["*"])])
        #expect(await guarded.server.send("GET", Server.configMaps, as: GuardedServer.user("host")).status == 200)
        let host = GuardedServer.user("host", "corbel:hosts")
        #expect(await guarded.server.send("GET", Server.configMaps, as: host).status == 403)
    }

    @Test("An apply that creates takes the right to create")
    func applyCreates() async throws {
        let guarded = try await GuardedServer()
        try await guarded.give("ada", [PolicyRule(["patch", "get"], of: ["configmaps"], in: [""])])
        let path = Server.configMaps + "/new?fieldManager=t"
        let type = "application/apply-patch+yaml"
        let refused = await guarded.server.send("PATCH", path, configMap("new", ["a": "1"]), type: type, as: Self.ada)
        #expect(refused.status == 403 && refused.message.contains("cannot create resource"))
        await guarded.server.createConfigMap("new")
        #expect(
            await guarded.server.send("PATCH", path, configMap("new", ["a": "1"]), type: type, as: Self.ada).status
                == 200)
    }

    @Test("The cache follows the store")
    func follows() async throws {
        let guarded = try await GuardedServer()
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await guarded.cache.run() }
            _ = await guarded.server.send(
                "POST", GuardedServer.roles,
                GuardedServer.role("r", [PolicyRule(["get"], of: ["configmaps"], in: [""])]))
            _ = await guarded.server.send(
                "POST", GuardedServer.bindings, GuardedServer.binding("b", of: "r", to: "ada"))
            let path = Server.configMaps + "/none"
            while await guarded.server.send("GET", path, as: Self.ada).status == 403 { await Task.yield() }
            #expect(await guarded.server.send("GET", path, as: Self.ada).status == 404)
            _ = await guarded.server.send("DELETE", GuardedServer.bindings + "/b")
            while await guarded.server.send("GET", path, as: Self.ada).status == 404 { await Task.yield() }
            #expect(await guarded.server.send("GET", path, as: Self.ada).status == 403)
            group.cancelAll()
        }
    }
}

@Suite("Escalation")
struct EscalationTests {
    private static let ada = GuardedServer.user("ada")
    private static let get = PolicyRule(["get"], of: ["configmaps"], in: [""])
    private static let writing = PolicyRule(
        ["create", "update", "patch", "get"], of: ["roles", "rolebindings", "clusterroles"],
        in: ["rbac.authorization.k8s.io"])

    @Test("Nobody gives what they do not have, by a new role or by a changed one")
    func roles() async throws {
        let guarded = try await GuardedServer()
        let server = guarded.server
        try await guarded.give("ada", [Self.get, Self.writing])
        let fine = await server.send("POST", GuardedServer.roles, GuardedServer.role("fine", [Self.get]), as: Self.ada)
        #expect(fine.status == 201)
        let more = PolicyRule(["get", "delete"], of: ["configmaps"], in: [""])
        let refused = await server.send("POST", GuardedServer.roles, GuardedServer.role("more", [more]), as: Self.ada)
        #expect(refused.status == 403)
        #expect(
            refused.message.hasPrefix(
                "roles.rbac.authorization.k8s.io \"more\" is forbidden: user \"ada\" "
                    + "(groups=[\"system:authenticated\"]) is attempting to grant RBAC permissions not currently "
                    + "held:\n"
            ))
        #expect(refused.message.contains("Verbs:[\"delete\"]"))
        for (method, type) in [("PUT", "application/json"), ("PATCH", "application/merge-patch+json")] {
            let changed = await server.send(
                method, GuardedServer.roles + "/fine", GuardedServer.role("fine", [more]), type: type, as: Self.ada)
            #expect(changed.status == 403, "\(method)")
        }
        let apply = await server.send(
            "PATCH", GuardedServer.roles + "/applied?fieldManager=x", GuardedServer.role("applied", [more]),
            type: "application/apply-patch+yaml", as: Self.ada)
        #expect(apply.status == 403)
    }

    @Test("The verb escalate lets one give more, and the administrator needs no verb")
    func escalate() async throws {
        let guarded = try await GuardedServer()
        let rule = PolicyRule(["escalate"], of: ["roles"], in: ["rbac.authorization.k8s.io"])
        try await guarded.give("ada", [Self.writing, rule])
        let role = GuardedServer.role("all", [PolicyRule(["*"], of: ["*"], in: ["*"])])
        #expect(await guarded.server.send("POST", GuardedServer.roles, role, as: Self.ada).status == 201)
    }

    @Test("A role is bound by who holds it or may bind it; one that is not there is not found")
    func bindings() async throws {
        let guarded = try await GuardedServer()
        let server = guarded.server
        try await guarded.give("ada", [Self.get, Self.writing])
        try await guarded.give(
            "bea",
            [
                Self.writing,
                PolicyRule(["bind"], of: ["roles"], in: ["rbac.authorization.k8s.io"], named: ["power"]),
            ])
        let all = PolicyRule(["*"], of: ["*"], in: ["*"])
        for (name, rule) in [("power", all), ("other", all), ("small", Self.get)] {
            _ = await server.send("POST", GuardedServer.roles, GuardedServer.role(name, [rule]))
        }
        func bind(_ role: String, as user: UserInfo) async -> Int {
            let binding = GuardedServer.binding("\(user.name)-\(role)", of: role, to: "eve")
            return await server.send("POST", GuardedServer.bindings, binding, as: user).status
        }
        #expect(await bind("small", as: Self.ada) == 201)
        #expect(await bind("power", as: Self.ada) == 403)
        #expect(await bind("gone", as: Self.ada) == 404)
        #expect(await bind("power", as: GuardedServer.user("bea")) == 201)
        #expect(await bind("other", as: GuardedServer.user("bea")) == 403)
        #expect(await bind("gone", as: Server.admin) == 201)
    }

    @Test("A binding never changes its role")
    func immutable() async throws {
        let guarded = try await GuardedServer()
        _ = await guarded.server.send("POST", GuardedServer.bindings, GuardedServer.binding("b", of: "one", to: "ada"))
        let answer = await guarded.server.send(
            "PUT", GuardedServer.bindings + "/b", GuardedServer.binding("b", of: "two", to: "ada"))
        #expect(answer.status == 422 && answer.message.contains("cannot change roleRef"))
    }

    @Test("Only who may do everything lets a role gather others")
    func aggregation() async throws {
        let guarded = try await GuardedServer()
        let server = guarded.server
        let rules = [Self.get, Self.writing]
        _ = await server.send("POST", GuardedServer.clusterRoles, GuardedServer.role("w", rules, kind: "ClusterRole"))
        var binding = GuardedServer.binding("w", of: "w", kind: "ClusterRole", to: "ada")
        binding["kind"] = "ClusterRoleBinding"
        _ = await server.send("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", binding)
        try await guarded.cache.load()
        var role = GuardedServer.role("gather", [], kind: "ClusterRole")
        #expect(await server.send("POST", GuardedServer.clusterRoles, role, as: Self.ada).status == 201)
        role["metadata", "name"] = "gather2"
        role["aggregationRule"] = ["clusterRoleSelectors": [["matchLabels": ["a": "b"]]]]
        let answer = await server.send("POST", GuardedServer.clusterRoles, role, as: Self.ada)
        #expect(answer.status == 403 && answer.message.contains("must have cluster-admin privileges"))
        #expect(await server.send("POST", GuardedServer.clusterRoles, role).status == 201)
    }

    @Test(
        "Roles and bindings that make no sense are refused by field",
        arguments: [
            (#"{"kind":"Role","rules":[{"verbs":[],"apiGroups":[""],"resources":["a"]}]}"#, "rules[0].verbs"),
            (#"{"kind":"Role","rules":[{"verbs":["get"],"resources":["a"]}]}"#, "rules[0].apiGroups"),
            (#"{"kind":"Role","rules":[{"verbs":["get"],"apiGroups":[""]}]}"#, "rules[0].resources"),
            (#"{"kind":"Role","rules":[{"verbs":["get"],"nonResourceURLs":["/a"]}]}"#, "rules[0].nonResourceURLs"),
            (#"{"kind":"RoleBinding","roleRef":{"kind":"Rule","name":"a"}}"#, "roleRef.kind"),
            (#"{"kind":"RoleBinding","roleRef":{"kind":"Role","name":"a","apiGroup":"x"}}"#, "roleRef.apiGroup"),
            (
                #"{"kind":"RoleBinding","roleRef":{"kind":"Role","name":"a"},"subjects":[{"kind":"Dog","name":"a"}]}"#,
                "subjects[0].kind"
            ),
            (#"{"kind":"RoleBinding"}"#, "roleRef.kind"),
        ])
    func validation(body: String, field: String) async throws {
        let guarded = try await GuardedServer()
        var json = try JSONValue(parsing: Array(body.utf8))
        json["apiVersion"] = "rbac.authorization.k8s.io/v1"
        json["metadata"] = ["name": "Any:name"]
        let path = json["kind"] == "Role" ? GuardedServer.roles : GuardedServer.bindings
        let answer = await guarded.server.send("POST", path, json)
        #expect(answer.status == 422 && answer.causes.contains(field), "\(answer.message)")
    }
}

@Suite("Access reviews")
struct ReviewTests {
    private static let ada = GuardedServer.user("ada")
    private static let asking = PolicyRule(
        ["create"],
        of: [
            "selfsubjectaccessreviews", "selfsubjectrulesreviews", "subjectaccessreviews", "localsubjectaccessreviews",
            "tokenreviews",
        ], in: ["authorization.k8s.io", "authentication.k8s.io"])

    private func send(
        _ server: Server, _ kind: String, _ spec: JSONValue, in namespace: String = "", as user: UserInfo = Server.admin
    ) async -> Answer {
        let group = kind == "SelfSubjectReview" || kind == "TokenReview" ? "authentication" : "authorization"
        let place = namespace.isEmpty ? "" : "/namespaces/\(namespace)"
        return await server.send(
            "POST", "/apis/\(group).k8s.io/v1\(place)/\(kind.lowercased())s",
            ["apiVersion": .string("\(group).k8s.io/v1"), "kind": .string(kind), "spec": spec], as: user)
    }

    @Test("A review says what a request would be told, and why")
    func access() async throws {
        let guarded = try await GuardedServer()
        try await guarded.give("ada", [PolicyRule(["get"], of: ["configmaps"], in: [""])])
        func ask(_ verb: String, user: String = "ada", namespace: String = "default") async -> JSONValue? {
            let answer = await send(
                guarded.server, "SubjectAccessReview",
                [
                    "user": .string(user),
                    "resourceAttributes": [
                        "verb": .string(verb), "resource": "configmaps", "namespace": .string(namespace),
                    ],
                ])
            #expect(answer.status == 201)
            return answer.json["status"]
        }
        #expect(await ask("get")?["allowed"] == true)
        #expect(
            await ask("get")?["reason"]
                == "RBAC: allowed by RoleBinding \"to-ada/default\" of Role \"of-ada\" to User \"ada\"")
        #expect(await ask("list") == ["allowed": false])
        #expect(await ask("get", namespace: "other") == ["allowed": false])
        #expect(await ask("get", user: "eve") == ["allowed": false])
    }

    @Test("One asks for oneself, for paths and for everything that one may do")
    func selfReviews() async throws {
        let guarded = try await GuardedServer()
        let server = guarded.server
        let rule: JSONValue = ["verbs": ["get"], "apiGroups": [""], "resources": ["configmaps"]]
        var clusterRole = GuardedServer.role("asking", [Self.asking], kind: "ClusterRole")
        _ = await server.send("POST", GuardedServer.clusterRoles, clusterRole)
        clusterRole = GuardedServer.binding("asking", of: "asking", kind: "ClusterRole", to: "ada")
        clusterRole["kind"] = "ClusterRoleBinding"
        _ = await server.send("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", clusterRole)
        try await guarded.give("ada", [PolicyRule(json: rule)])
        let attributes: JSONValue = ["verb": "get", "resource": "configmaps", "namespace": "default"]
        let allowed = await send(
            server, "SelfSubjectAccessReview", ["resourceAttributes": attributes], as: Self.ada)
        #expect(allowed.status == 201 && allowed.json["status", "allowed"] == true)
        let path = await send(
            server, "SelfSubjectAccessReview", ["nonResourceAttributes": ["path": "/metrics", "verb": "get"]],
            as: Self.ada)
        #expect(path.json["status", "allowed"] == false)
        let rules = await send(server, "SelfSubjectRulesReview", ["namespace": "default"], as: Self.ada)
        #expect(rules.json["status", "resourceRules"]?.arrayValue?.contains(rule) == true)
        #expect(rules.json["status", "incomplete"] == false)
        let whoami = await send(server, "SelfSubjectReview", [:], as: Self.ada)
        #expect(whoami.status == 403)
        let admin = await send(server, "SelfSubjectReview", [:])
        #expect(admin.json["status", "userInfo", "username"] == "admin")
    }

    @Test("Reviews that ask for nothing, for two things, or outside their namespace are refused")
    func malformed() async throws {
        let server = try await GuardedServer().server
        let attributes: JSONValue = ["verb": "get", "resource": "configmaps", "namespace": "other"]
        let path: JSONValue = ["path": "/a", "verb": "get"]
        #expect(await send(server, "SelfSubjectAccessReview", [:]).status == 422)
        let both: JSONValue = ["resourceAttributes": attributes, "nonResourceAttributes": path]
        #expect(await send(server, "SelfSubjectAccessReview", both).status == 422)
        #expect(await send(server, "SubjectAccessReview", ["resourceAttributes": attributes]).status == 422)
        let local: JSONValue = ["user": "ada", "resourceAttributes": attributes]
        #expect(await send(server, "LocalSubjectAccessReview", local, in: "default").status == 422)
        #expect(await send(server, "LocalSubjectAccessReview", local, in: "other").status == 201)
        #expect(await send(server, "SubjectAccessReview", local, in: "other").status == 404)
        let reviews = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
        #expect(await server.send("GET", reviews).status == 405)
        #expect(await server.send("GET", reviews + "/a").status == 404)
    }

    @Test("Discovery names them as kinds that are only created")
    func discovery() async throws {
        let server = try await Server()
        let list = await server.send("GET", "/apis/authorization.k8s.io/v1").json
        let resources = list["resources"]?.arrayValue ?? []
        #expect(resources.count == 4 && resources.allSatisfy { $0["verbs"] == ["create"] })
        let document = await server.send("GET", "/openapi/v3/apis/authorization.k8s.io/v1").json
        #expect(document["paths"]?.objectValue?.keys.count == 4)
    }

    @Test("A token is told whose it is, and not shown again")
    func tokens() async throws {
        let plain = try await Server()
        let api = APIServer(
            .init(
                registry: .centre, authorizer: MastersAuthorizer(), version: "1",
                tokenReviewer: { $0 == "good" ? UserInfo(name: "ada", groups: ["devs"]) : nil }),
            store: plain.store, clock: plain.clock, random: CountedRandom())
        let server = Server(api: api, of: plain)
        let good = await send(server, "TokenReview", ["token": "good"])
        #expect(good.json["status", "authenticated"] == true && good.json["status", "user", "username"] == "ada")
        #expect(good.json["spec", "token"] == nil)
        #expect(await send(server, "TokenReview", ["token": "bad"]).json["status", "authenticated"] == false)
    }
}

@Suite("Impersonation")
struct ImpersonationTests {
    /// Says as whom a request arrives.
    private struct Echo: RequestHandler {
        func handle(_ request: APIRequest) async -> APIResponse {
            .document(.init(body: Array("\(request.user.name) \(request.user.groups.joined(separator: ","))".utf8)))
        }
    }

    private func send(
        _ impersonation: Impersonation, _ rules: [PolicyRule], as user: UserInfo = GuardedServer.user("ada")
    ) async throws -> (status: Int, body: String) {
        let guarded = try await GuardedServer()
        let role = GuardedServer.role("r", rules, kind: "ClusterRole")
        _ = await guarded.server.send("POST", GuardedServer.clusterRoles, role)
        var binding = GuardedServer.binding("b", of: "r", kind: "ClusterRole", to: "ada")
        binding["kind"] = "ClusterRoleBinding"
        _ = await guarded.server.send("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", binding)
        try await guarded.cache.load()
        let handler = ImpersonationHandler(
            Echo(), authorizer: UnionAuthorizer([MastersAuthorizer(), RoleAuthorizer(cache: guarded.cache)]))
        let request = APIRequest(method: "GET", path: "/", user: user, impersonation: impersonation)
        guard case .document(let document) = await handler.handle(request) else { return (0, "") }
        return (document.status, String(decoding: document.body, as: UTF8.self))
    }

    private static func rule(_ resource: String, _ name: String, group: String = "") -> PolicyRule {
        PolicyRule(["impersonate"], of: [resource], in: [group], named: [name])
    }

    @Test("Each part must be allowed by itself")
    func parts() async throws {
        let bob = Self.rule("users", "bob")
        let plain = try await send(Impersonation(user: "bob"), [bob])
        #expect(plain == (200, "bob system:authenticated"))
        #expect(try await send(Impersonation(user: "eve"), [bob]).status == 403)
        let grouped = Impersonation(user: "bob", groups: ["system:masters"])
        let refused = try await send(grouped, [bob])
        #expect(refused.status == 403 && refused.body.contains(#"cannot impersonate resource \"groups\""#))
        #expect(
            try await send(grouped, [bob, Self.rule("groups", "system:masters")])
                == (200, "bob system:masters,system:authenticated"))
        let extra = Impersonation(user: "bob", uid: "u1", extra: ["scopes": ["view"]])
        let uid = Self.rule("uids", "u1", group: "authentication.k8s.io")
        let scope = Self.rule("userextras/scopes", "view", group: "authentication.k8s.io")
        #expect(try await send(extra, [bob, uid]).status == 403)
        #expect(try await send(extra, [bob, scope]).status == 403)
        #expect(try await send(extra, [bob, uid, scope]).status == 200)
    }

    @Test("Service accounts bring their groups, strangers stay strangers, groups need a user")
    func users() async throws {
        let masters = Server.admin
        let account = try await send(Impersonation(user: "system:serviceaccount:a:b"), [], as: masters)
        #expect(
            account.body
                == "system:serviceaccount:a:b system:serviceaccounts,system:serviceaccounts:a,system:authenticated")
        let stranger = try await send(Impersonation(user: "system:anonymous"), [], as: masters)
        #expect(stranger.body == "system:anonymous system:unauthenticated")
        #expect(try await send(Impersonation(groups: ["devs"]), [], as: masters).status == 400)
    }
}
