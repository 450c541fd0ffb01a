import APIServer
import CorbelAPI
import Logging
import ResourceClient
import ScriptedEffects
import Testing

@Suite("Deletions")
struct DeletionTests {
    private let maps = Server.configMaps
    private let merge = "application/merge-patch+json"

    private func held(_ name: String, _ finalizers: [String]) -> JSONValue {
        var body = configMap(name)
        body["metadata", "finalizers"] = JSONValue(finalizers)
        return body
    }

    /// One look of the collector at everything.
    private func collect(_ server: Server) async throws {
        try await ObjectCollector(server: server.api, logger: Logger(label: "test")).pass()
    }

    @Test("A finalizer holds an object until it is taken away; none is added meanwhile")
    func finalizers() async throws {
        let server = try await Server()
        _ = await server.send("POST", maps, held("a", ["x/y"]))
        let marked = await server.send("DELETE", maps + "/a")
        #expect(marked.status == 200)
        #expect(marked.object.deletionTimestamp == HandTime.start)
        #expect(await server.send("DELETE", maps + "/a").json == marked.json)
        let added = await server.send("PATCH", maps + "/a", ["metadata": ["finalizers": ["x/y", "z/z"]]], type: merge)
        #expect((added.status, added.causes) == (422, ["metadata.finalizers"]))
        #expect(await server.send("PATCH", maps + "/a", ["metadata": ["finalizers": []]], type: merge).status == 200)
        #expect(await server.send("GET", maps + "/a").status == 404)
    }

    @Test(
        "A propagation policy becomes a finalizer, from the body or the query, and keeps the body's preconditions",
        arguments: [("Foreground", "foregroundDeletion"), ("Orphan", "orphan")])
    func propagation(policy: String, finalizer: String) async throws {
        let server = try await Server()
        for name in ["a", "b"] { await server.createConfigMap(name) }
        let byBody = await server.send("DELETE", maps + "/a", ["propagationPolicy": .string(policy)])
        #expect(byBody.object.finalizers == [finalizer])
        let other = await server.send(
            "DELETE", maps + "/b?propagationPolicy=\(policy)", ["preconditions": ["uid": "another"]])
        #expect(other.status == 409)
        let byQuery = await server.send("DELETE", maps + "/b?propagationPolicy=\(policy)")
        #expect(byQuery.object.finalizers == [finalizer])
        #expect(await server.send("DELETE", maps + "/b?propagationPolicy=Never").status == 422)
    }

    @Test("Dependents of an owner that is gone are collected; those of an orphaning one are let go")
    func collection() async throws {
        let server = try await Server()
        for (name, policy) in [("gone", "Background"), ("kept", "Orphan")] {
            let owner = await server.createConfigMap(name).object
            var dependent = configMap("of-\(name)")
            dependent["metadata", "ownerReferences"] = [
                ["apiVersion": "v1", "kind": "ConfigMap", "name": .string(name), "uid": .string(owner.uid)]
            ]
            _ = await server.send("POST", maps, dependent)
            _ = await server.send("DELETE", maps + "/\(name)?propagationPolicy=\(policy)")
        }
        for _ in 0..<3 { try await collect(server) }
        let left = await server.send("GET", maps).json
        #expect(left.names == ["of-kept"])
        #expect(left["items"]?.arrayValue?.first?["metadata", "ownerReferences"]?.arrayValue ?? [] == [])
    }

    @Test("A collection is deleted by its selector, and says what went")
    func deleteCollection() async throws {
        let server = try await Server()
        for name in ["a", "b", "c"] { await server.createConfigMap(name, labels: ["go": name == "b" ? "no" : "yes"]) }
        let answer = await server.send("DELETE", maps + "?labelSelector=go=yes")
        #expect((answer.status, answer.json.names) == (200, ["a", "c"]))
        #expect(await server.send("GET", maps).json.names == ["b"])
        #expect(await server.send("DELETE", "/api/v1/namespaces").status == 405)
    }

    @Test("A namespace stays until it is empty, takes nothing new, and cannot be cut loose by a client")
    func namespace() async throws {
        let server = try await Server()
        let body: JSONValue = ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "edge"]]
        let created = await server.send("POST", "/api/v1/namespaces", body)
        #expect(created.json["status", "phase"] == "Active")
        #expect(created.object.labels == ["kubernetes.io/metadata.name": "edge"])
        let inside = "/api/v1/namespaces/edge/configmaps"
        _ = await server.send("POST", inside, held("a", ["x/y"]))
        let marked = await server.send("DELETE", "/api/v1/namespaces/edge")
        #expect(marked.json["status", "phase"] == "Terminating")
        let refused = await server.send("POST", inside, configMap("b"))
        #expect((refused.status, refused.causes) == (403, ["NamespaceTerminating"]))
        var loose = marked.json
        loose["spec"] = [:]
        loose["metadata", "resourceVersion"] = nil
        #expect(await server.send("PUT", "/api/v1/namespaces/edge", loose).json["spec", "finalizers"] == ["kubernetes"])
        for _ in 0..<2 { try await collect(server) }
        #expect(await server.send("GET", "/api/v1/namespaces/edge").status == 200)
        _ = await server.send("PATCH", inside + "/a", ["metadata": ["finalizers": .null]], type: merge)
        try await collect(server)
        #expect(await server.send("GET", "/api/v1/namespaces/edge").status == 404)
        #expect(await server.send("POST", inside, configMap("b")).message == "namespaces \"edge\" not found")
    }

    @Test("The namespaces that are there from the start stay", arguments: ["default", "kube-system"])
    func fixedNamespaces(name: String) async throws {
        let server = try await Server()
        let answer = await server.send("DELETE", "/api/v1/namespaces/\(name)")
        #expect((answer.status, answer.reason) == (403, "Forbidden"))
    }

    @Test("An eviction takes one of a budget's allowance, a dry run and a wrong precondition none")
    func eviction() async throws {
        let server = try await Server(registry: .site)
        let pods = "/api/v1/namespaces/default/pods"
        let budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets"
        for name in ["p1", "p2"] {
            let pod: JSONValue = [
                "apiVersion": "v1", "kind": "Pod", "metadata": ["name": .string(name), "labels": ["app": "x"]],
                "spec": ["containers": []],
            ]
            _ = await server.send("POST", pods, pod)
            let ready: JSONValue = ["status": ["conditions": [["type": "Ready", "status": "True"]]]]
            _ = await server.send("PATCH", pods + "/\(name)/status", ready, type: merge)
        }
        let budget: JSONValue = [
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": ["name": "b"],
            "spec": ["selector": ["matchLabels": ["app": "x"]]],
        ]
        _ = await server.send("POST", budgets, budget)
        _ = await server.send("PATCH", budgets + "/b/status", ["status": ["disruptionsAllowed": 1]], type: merge)
        func evict(_ name: String, _ options: JSONValue = [:]) async -> Answer {
            await server.send("POST", pods + "/\(name)/eviction", ["deleteOptions": options])
        }
        #expect(await evict("p1", ["dryRun": ["All"]]).status == 201)
        #expect(await evict("p1", ["preconditions": ["uid": "another"]]).status == 409)
        #expect(await evict("p1").status == 201)
        #expect(await server.send("GET", pods).json.names == ["p2"])
        let refused = await evict("p2")
        #expect((refused.status, refused.causes) == (429, ["DisruptionBudget"]))
        #expect(await evict("p3").status == 404)
    }
}
