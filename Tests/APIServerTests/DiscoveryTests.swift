import APIServer
import CorbelAPI
import ResourceClient
import Testing

@Suite("Discovery")
struct DiscoveryTests {
    private let aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"

    @Test("Aggregated discovery says what each resource is and takes")
    func aggregatedDiscovery() async throws {
        let server = try await Server()
        let core = await server.send("GET", "/api", accept: aggregated)
        #expect(core.contentType == "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")
        #expect(core.json["kind"] == "APIGroupDiscoveryList")
        let version = core.json["items"]?.arrayValue?.first?["versions"]?.arrayValue?.first
        let resources = version?["resources"]?.arrayValue ?? []
        #expect(
            resources.compactMap { $0["resource"]?.stringValue } == ["namespaces", "secrets", "configmaps", "events"])
        #expect(resources.first?["scope"] == "Cluster")
        #expect(resources.first?["verbs"]?.stringList?.contains("deletecollection") == false)
        #expect(resources.last?["shortNames"] == ["ev"])
        let rest = await server.send("GET", "/apis", accept: aggregated).json
        let groups = (rest["items"]?.arrayValue ?? []).compactMap { $0["metadata", "name"]?.stringValue }
        #expect(groups.contains("corbel.dev") && groups.contains("coordination.k8s.io") && groups == groups.sorted())
    }

    @Test("Legacy discovery lists versions, groups, resources and subresources")
    func legacyDiscovery() async throws {
        let server = try await Server()
        #expect(await server.send("GET", "/api").json["versions"] == ["v1"])
        #expect(await server.send("GET", "/apis").json["kind"] == "APIGroupList")
        let group = await server.send("GET", "/apis/corbel.dev").json
        #expect(group["preferredVersion", "groupVersion"] == "corbel.dev/v1alpha1")
        let list = await server.send("GET", "/apis/controlplane.cluster.x-k8s.io/v1beta1").json
        let names = (list["resources"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
        #expect(names == ["edgecontrolplanes", "edgecontrolplanes/status", "edgecontrolplanes/scale"])
    }

    @Test("Every group version has an OpenAPI document; in version 2, which kubectl falls back to, no kind stands")
    func openAPI() async throws {
        let server = try await Server()
        let index = await server.send("GET", "/openapi/v3").json
        let paths = index["paths"]?.objectValue?.keys ?? []
        #expect(paths.contains("api/v1") && paths.contains("apis/corbel.dev/v1alpha1"))
        for path in paths {
            let link = index["paths", path, "serverRelativeURL"]?.stringValue ?? ""
            let document = await server.send("GET", link)
            #expect(document.status == 200, "\(link)")
            #expect(document.json["openapi"]?.stringValue?.hasPrefix("3.") == true)
        }
        let document = await server.send("GET", "/openapi/v3/apis/corbel.dev/v1alpha1").json
        let patch = document["paths", "/apis/corbel.dev/v1alpha1/namespaces/{namespace}/edgehosts/{name}", "patch"]
        #expect(patch?["x-kubernetes-group-version-kind", "kind"] == "EdgeHost")
        let parameters = patch?["parameters"]?.arrayValue ?? []
        #expect(parameters.contains { $0["name"] == "fieldValidation" })
        #expect(await server.send("GET", "/openapi/v2").status == 404)
        let type = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
        let older = await server.send("GET", "/openapi/v2", accept: type)
        #expect(older.status == 200 && older.contentType == type.replacing("@", with: "."))
    }

    @Test("The version is that of the API that is followed, and says whose server it is")
    func version() async throws {
        let server = try await Server()
        let version = await server.send("GET", "/version", as: .anonymous).json
        #expect(version["gitVersion"]?.stringValue?.hasSuffix("+corbel-1.2.3") == true)
    }

    @Test(
        "What is not served is not found; what is not done is not allowed",
        arguments: [
            ("GET", "/", 404), ("GET", "/metrics2", 404), ("GET", "/api/v2", 404), ("GET", "/api/v1/pods", 404),
            ("GET", "/apis/nobody.dev", 404), ("GET", "/apis/nobody.dev/v1", 404),
            ("GET", "/apis/corbel.dev/v1/edgehosts", 404), ("GET", "/api/v1/namespaces/default/configmaps/a/b", 404),
            ("GET", "/api/v1/namespaces/default/configmaps/a/b/c", 404),
            ("GET", "/api/v1/configmaps/a", 404), ("POST", "/api/v1/configmaps", 404),
            ("GET", "/api/v1/namespaces/default/namespaces", 404),
            ("POST", "/api/v1/namespaces/default/configmaps/a", 405),
            ("PUT", "/api/v1/namespaces/default/configmaps", 405),
            ("PATCH", "/api/v1/namespaces/default/configmaps", 405), ("BREW", "/api/v1/namespaces", 405),
            ("POST", "/version", 405), ("DELETE", "/apis", 405), ("PUT", "/api/v1", 405),
            ("GET", "/api/v1/namespaces/default/finalize", 404),
        ])
    func unknownPaths(method: String, path: String, status: Int) async throws {
        let server = try await Server()
        #expect(await server.send(method, path).status == status)
    }

    @Test(
        "Nobody in particular learns nothing and does nothing",
        arguments: [
            ("GET", "/api"), ("GET", "/apis"), ("GET", "/api/v1"), ("GET", "/apis/corbel.dev"), ("GET", "/openapi/v3"),
            ("GET", "/api/v1/namespaces"), ("GET", "/api/v1/namespaces/default"), ("GET", "/api/v1/secrets"),
            ("POST", "/api/v1/namespaces"), ("DELETE", "/api/v1/namespaces/default"),
            ("GET", "/api/v1/namespaces?watch=true"),
        ])
    func anonymous(method: String, path: String) async throws {
        let server = try await Server()
        let answer = await server.send(method, path, [:], as: .anonymous)
        #expect((answer.status, answer.reason) == (403, "Forbidden"))
        #expect(answer.message.contains("system:anonymous"))
    }
}
