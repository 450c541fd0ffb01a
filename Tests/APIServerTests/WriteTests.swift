import APIServer
import CorbelAPI
import ResourceClient
import ScriptedEffects
import Testing

@Suite("Writes")
struct WriteTests {
    private let maps = Server.configMaps
    private let hosts = Server.hosts

    @Test("Create, read, replace and delete, with the status codes of Kubernetes")
    func life() async throws {
        let server = try await Server()
        let created = await server.createConfigMap("a", ["k": "1"])
        #expect(created.status == 201)
        #expect(created.object.creationTimestamp == HandTime.start)
        #expect(created.object.namespace == "default")
        #expect(!created.object.uid.isEmpty)
        #expect(await server.send("GET", maps + "/a").json == created.json)
        var changed = created.json
        changed["data", "k"] = "2"
        let replaced = await server.send("PUT", maps + "/a", changed)
        #expect(replaced.status == 200)
        #expect(replaced.json["data"] == ["k": "2"])
        #expect(replaced.object.uid == created.object.uid)
        let stale = await server.send("PUT", maps + "/a", changed)
        #expect((stale.status, stale.reason) == (409, "Conflict"))
        let deleted = await server.send("DELETE", maps + "/a")
        #expect((deleted.status, deleted.json["status"]) == (200, "Success"))
        #expect(deleted.json["details", "uid"] == .string(created.object.uid))
        let gone = await server.send("GET", maps + "/a")
        #expect((gone.status, gone.message) == (404, "configmaps \"a\" not found"))
    }

    @Test("An object that exists is not created again; generateName finds a free name")
    func names() async throws {
        let server = try await Server()
        await server.createConfigMap("a")
        let again = await server.createConfigMap("a")
        #expect((again.status, again.reason) == (409, "AlreadyExists"))
        let body: JSONValue = ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["generateName": "x-"]]
        var made: Set<String> = []
        for _ in 0..<20 {
            let answer = await server.send("POST", maps, body)
            #expect(answer.status == 201)
            #expect(answer.object.name.wholeMatch(of: /x-[a-z0-9]{5}/) != nil)
            made.insert(answer.object.name)
        }
        #expect(made.count == 20)
    }

    @Test(
        "A body that is not what the path names is refused and says why",
        arguments: [
            (#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"}}"#, 400, "kind"),
            (#"{"apiVersion":"v2","kind":"ConfigMap","metadata":{"name":"a"}}"#, 400, "API version"),
            (#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"other"}}"#, 400, "namespace"),
            (#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"A_B"}}"#, 422, "metadata.name"),
            (#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{}}"#, 422, "name"),
            (
                #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","resourceVersion":"5"}}"#, 400,
                "resourceVersion"
            ),
            (#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"k":1}}"#, 422, "data"),
            (
                #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"k":"1","k":"2"}}"#, 400,
                "duplicate field"
            ),
            (#"[]"#, 400, "object"), (#"{"#, 400, "JSON"), ("", 400, "JSON"),
        ])
    func badBodies(body: String, status: Int, part: String) async throws {
        let server = try await Server()
        let answer = await server.send("POST", maps, bytes: Array(body.utf8))
        #expect(answer.status == status, "\(answer.json)")
        #expect(answer.message.contains(part), "\(part) in \(answer.message)")
    }

    @Test("A format that nobody reads is 415, one that nobody writes 406")
    func mediaTypes() async throws {
        let server = try await Server()
        #expect(await server.send("POST", maps, configMap("a"), type: "text/plain").status == 415)
        #expect(await server.send("GET", maps, accept: "application/vnd.kubernetes.protobuf").status == 406)
        #expect(await server.send("GET", maps, accept: "application/vnd.kubernetes.protobuf, */*").status == 200)
        #expect(await server.send("PATCH", maps + "/a", [:], type: "application/json").status == 415)
    }

    @Test("A body in protobuf is understood")
    func protobuf() async throws {
        let server = try await Server()
        let envelope =
            Array("k8s\0".utf8) + [0x0A, 0x0F, 0x0A, 2] + Array("v1".utf8) + [0x12, 9] + Array("Namespace".utf8)
        let namespace = envelope + [0x12, 0x08, 0x0A, 0x06, 0x0A, 4] + Array("edge".utf8)
        let answer = await server.send(
            "POST", "/api/v1/namespaces", bytes: namespace, type: "application/vnd.kubernetes.protobuf")
        #expect((answer.status, answer.object.name) == (201, "edge"))
    }

    @Test("A generation counts the changes of the spec; status and metadata are none")
    func generation() async throws {
        let server = try await Server()
        let body: JSONValue = ["apiVersion": "corbel.dev/v1alpha1", "kind": "EdgeHost", "metadata": ["name": "h"]]
        #expect(await server.send("POST", hosts, body).object.generation == 1)
        let merge = "application/merge-patch+json"
        let steps: [(String, JSONValue, Int)] = [
            ("/h", ["metadata": ["labels": ["a": "b"]]], 1), ("/h", ["spec": ["maintenance": true]], 2),
            ("/h", ["spec": ["maintenance": true]], 2), ("/h/status", ["status": ["agentVersion": "1"]], 2),
            ("/h", ["status": ["agentVersion": "2"]], 2), ("/h/status", ["spec": ["maintenance": false]], 2),
            ("/h", ["metadata": ["generation": 9]], 2),
        ]
        for (path, patch, generation) in steps {
            let answer = await server.send("PATCH", hosts + path, patch, type: merge)
            #expect(answer.object.generation == generation, "\(patch)")
        }
        let end = await server.send("GET", hosts + "/h").json
        #expect(end["status", "agentVersion"] == "1")
        #expect(end["spec", "maintenance"] == true)
    }

    @Test("A PUT that leaves defaulted fields out is no change")
    func defaults() async throws {
        let server = try await Server()
        let body: JSONValue = [
            "apiVersion": "corbel.dev/v1alpha1", "kind": "EdgeHost", "metadata": ["name": "h"], "spec": [:],
        ]
        let created = await server.send("POST", hosts, body)
        #expect(created.json["spec", "approved"] == false)
        #expect(await server.send("PUT", hosts + "/h", body).json == created.json)
    }

    @Test("A status is not set by a create, and a kind without the subresource has none")
    func statusSubresource() async throws {
        let server = try await Server()
        let body: JSONValue = [
            "apiVersion": "corbel.dev/v1alpha1", "kind": "EdgeHost", "metadata": ["name": "h"],
            "status": ["agentVersion": "1"],
        ]
        #expect(await server.send("POST", hosts, body).json["status"] == nil)
        await server.createConfigMap("a")
        #expect(await server.send("GET", maps + "/a/status").status == 404)
        #expect(await server.send("GET", hosts + "/h/status").status == 200)
        #expect(await server.send("DELETE", hosts + "/h/status").status == 405)
    }

    @Test("Every type of patch, and what each says of a broken one")
    func patches() async throws {
        let server = try await Server()
        await server.createConfigMap("a", ["k": "1"])
        let cases: [(String, JSONValue, Int, JSONValue?)] = [
            ("application/merge-patch+json", ["data": ["l": "2"]], 200, ["k": "1", "l": "2"]),
            ("application/strategic-merge-patch+json", ["data": ["l": .null]], 200, ["k": "1"]),
            (
                "application/json-patch+json", [["op": "add", "path": "/data/m", "value": "3"]], 200,
                ["k": "1", "m": "3"]
            ),
            ("application/json-patch+json; charset=utf-8", [["op": "remove", "path": "/data/m"]], 200, ["k": "1"]),
            ("application/json-patch+json", [["op": "remove", "path": "/data/m"]], 422, nil),
            ("application/json-patch+json", ["data": [:]], 400, nil),
            ("application/merge-patch+json", ["metadata": ["name": "b"]], 400, nil),
            ("application/merge-patch+json", ["data": ["k": 5]], 422, nil),
            ("application/apply-patch+yaml", configMap("a"), 400, nil),
        ]
        for (type, patch, status, data) in cases {
            let answer = await server.send("PATCH", maps + "/a", patch, type: type)
            #expect(answer.status == status, "\(type) \(patch): \(answer.json)")
            if let data { #expect(answer.json["data"] == data) }
        }
        #expect(await server.send("PATCH", maps + "/b", [:], type: "application/merge-patch+json").status == 404)
    }

    @Test("An apply creates with 201, again changes nothing, conflicts with another owner, and may be forced")
    func apply() async throws {
        let server = try await Server()
        func apply(_ data: [String: String], _ query: String) async -> Answer {
            await server.send("PATCH", maps + "/a?" + query, configMap("a", data), type: "application/apply-patch+yaml")
        }
        let created = await apply(["k": "1"], "fieldManager=one")
        #expect(created.status == 201)
        let again = await apply(["k": "1"], "fieldManager=one")
        #expect((again.status, again.json) == (200, created.json))
        let conflict = await apply(["k": "2"], "fieldManager=two")
        #expect((conflict.status, conflict.reason, conflict.causes) == (409, "Conflict", [".data.k"]))
        #expect(conflict.message.contains("\"one\""))
        let forced = await apply(["k": "2"], "fieldManager=two&force=true")
        #expect((forced.status, forced.json["data"]) == (200, ["k": "2"]))
    }

    @Test(
        "A dry run does everything but the write",
        arguments: ["POST", "PUT", "PATCH", "DELETE", "DELETE-BODY", "COLLECTION"])
    func dryRun(method: String) async throws {
        let server = try await Server()
        let before = await server.createConfigMap("a", ["k": "1"]).json
        let answer =
            switch method {
            case "POST": await server.send("POST", maps + "?dryRun=All", configMap("b"))
            case "PUT": await server.send("PUT", maps + "/a?dryRun=All", configMap("a", ["k": "2"]))
            case "PATCH":
                await server.send(
                    "PATCH", maps + "/a?dryRun=All", ["data": ["k": "2"]], type: "application/merge-patch+json")
            case "DELETE": await server.send("DELETE", maps + "/a?dryRun=All")
            case "DELETE-BODY": await server.send("DELETE", maps + "/a", ["dryRun": ["All"]])
            default: await server.send("DELETE", maps, ["dryRun": ["All"]])
            }
        #expect([200, 201].contains(answer.status), "\(answer.json)")
        let list = await server.send("GET", maps).json
        #expect(list["items"]?.arrayValue?.map { $0["data"] } == [before["data"]])
        #expect(list.revision == before.revision)
        #expect(await server.send("POST", maps + "?dryRun=All", configMap("a")).status == 409)
        #expect(await server.send("POST", maps + "?dryRun=Some", configMap("c")).status == 400)
    }

    @Test("Unknown fields are refused, warned of or passed over, as the client asks")
    func fieldValidation() async throws {
        let server = try await Server()
        var body = configMap("a")
        body["spec"] = ["x": 1]
        let strict = await server.send("POST", maps + "?fieldValidation=Strict", body)
        #expect(strict.status == 400)
        #expect(strict.message.contains("unknown field \"spec\""))
        let warned = await server.send("POST", maps, body)
        #expect((warned.status, warned.warnings) == (201, ["unknown field \"spec\""]))
        #expect(warned.json["spec"] == nil)
        let ignored = await server.send("PUT", maps + "/a?fieldValidation=Ignore", body)
        #expect((ignored.status, ignored.warnings) == (200, []))
        #expect(await server.send("PUT", maps + "/a?fieldValidation=Loose", body).status == 400)
    }

    @Test("A scale reads and writes the replica count, over the object as it stands")
    func scale() async throws {
        let server = try await Server()
        let planes = "/apis/controlplane.cluster.x-k8s.io/v1beta1/namespaces/default/edgecontrolplanes"
        let body: JSONValue = [
            "apiVersion": "controlplane.cluster.x-k8s.io/v1beta1", "kind": "EdgeControlPlane",
            "metadata": ["name": "cp"],
            "spec": ["replicas": 1, "version": "v1.33.0"],
        ]
        let created = await server.send("POST", planes, body)
        let scale = await server.send("GET", planes + "/cp/scale").json
        #expect(scale["kind"] == "Scale" && scale["spec"] == ["replicas": 1])
        _ = await server.send(
            "PATCH", planes + "/cp", ["spec": ["version": "v1.34.0"]], type: "application/merge-patch+json")
        let stale = await server.send("PUT", planes + "/cp/scale", scale)
        #expect(stale.status == 409)
        var unconditional = scale
        unconditional["metadata", "resourceVersion"] = nil
        unconditional["spec", "replicas"] = 3
        #expect(await server.send("PUT", planes + "/cp/scale", unconditional).json["spec", "replicas"] == 3)
        let patched = await server.send(
            "PATCH", planes + "/cp/scale", ["spec": ["replicas": 5]], type: "application/merge-patch+json")
        #expect(patched.json["spec", "replicas"] == 5)
        let after = await server.send("GET", planes + "/cp").json
        #expect(after["spec"] == ["replicas": 5, "version": "v1.34.0"])
        #expect(after["metadata", "uid"] == created.json["metadata", "uid"])
        let bad = await server.send(
            "PATCH", planes + "/cp/scale", ["spec": ["replicas": -1]], type: "application/merge-patch+json")
        #expect((bad.status, bad.causes) == (422, ["spec.replicas"]))
        #expect(await server.send("GET", maps + "/a/scale").status == 404)
    }

    @Test("A Secret's stringData becomes data; what is no base64, or immutable, is refused")
    func secrets() async throws {
        let server = try await Server()
        let secrets = Server.secrets
        let body: JSONValue = [
            "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "s"], "stringData": ["a": "text"],
            "data": ["b": "AQI="], "immutable": true,
        ]
        let created = await server.send("POST", secrets, body)
        #expect(created.json["data"] == ["a": "dGV4dA==", "b": "AQI="])
        #expect(created.json["stringData"] == nil)
        #expect(created.json["type"] == "Opaque")
        let merge = "application/merge-patch+json"
        let changed = await server.send("PATCH", secrets + "/s", ["data": ["a": "AA=="]], type: merge)
        #expect((changed.status, changed.causes) == (422, ["data"]))
        #expect(await server.send("PATCH", secrets + "/s", ["immutable": false], type: merge).status == 422)
        #expect(
            await server.send("PATCH", secrets + "/s", ["metadata": ["labels": ["x": "y"]]], type: merge).status == 200)
        var bad = body
        bad["metadata", "name"] = "t"
        bad["data", "b"] = "%"
        let refused = await server.send("POST", secrets, bad)
        #expect((refused.status, refused.causes) == (422, ["data[b]"]))
        #expect(!refused.message.contains("%"))
    }
}
