import APIMachinery
import APIServer
import CorbelAPI
import Effects
import HostRegistration
import ResourceClient
import ResourceStore
import ScriptedEffects
import Testing

/// A world with two clusters of the namespace `default`, whose hosts try what they may and may not.
@Suite("What a host may do")
struct HostAuthorizerTests {
    let centre: Centre
    let controlPlane: UserInfo
    let worker: UserInfo

    init() async throws {
        centre = try await Centre()
        controlPlane = try await centre.approvedHost("cp1", cluster: "c1")
        worker = try await centre.approvedHost("w1", cluster: "c1")
        _ = try await centre.approvedHost("x1", cluster: "c2")
        _ = try await centre.approvedHost("cp1", in: "other", cluster: "c1")
        for (cluster, host) in [("c1", "cp1"), ("c2", "x1")] {
            var object = EdgeCluster(namespace: "default", name: cluster)
            object.spec = [
                "profiles": [["name": "p", "version": "1.0.0"]],
                "pools": [["name": "control-plane", "role": "control-plane", "hosts": [.string(host)]]],
            ]
            try await store(Unstructured(object))
            try await storeOwned(ClusterRevision.self, "\(cluster)-r1", cluster)
            try await storeOwned(ClusterUpdate.self, "\(cluster)-u1", cluster)
        }
        for cluster in ["c1", "c2"] {
            let name = EdgeCluster.userDataDocumentName(cluster)
            try await store(Unstructured(Secret(namespace: "default", name: name)))
        }
        for host in ["cp1", "w1", "x1"] {
            var machine = HostMachine(namespace: "default", name: "m-\(host)")
            machine.json["spec"] = ["clusterName": "c1", "hostName": .string(host), "role": "worker"]
            machine.labels = [WellKnown.clusterName: "c1"]
            try await store(Unstructured(machine))
            try await store(
                Unstructured(Secret(namespace: "default", name: "\(host == "x1" ? "c2" : "c1")-\(host)-bootstrap")))
        }
    }

    /// A request for a certificate of the site of `cluster`.
    private func storeRequest(_ name: String, _ cluster: String, in namespace: String = "default") async throws {
        var request = CertificateSigningRequest(
            generateName: "", atSiteOf: EdgeCluster(namespace: namespace, name: cluster))
        request.name = name
        request.request = Array("pem".utf8)
        request.usages = ["client auth"]
        try await store(Unstructured(request))
    }

    private func storeOwned<Kind: TypedResource>(_: Kind.Type, _ name: String, _ cluster: String) async throws {
        var object = Kind(namespace: "default", name: name)
        object.json["spec"] = ["clusterName": .string(cluster), "fromRevision": "r0", "toRevision": "r1"]
        try await store(Unstructured(object))
    }

    /// Writes past admission: what is tested is who may see and do what, not what is valid.
    private func store(_ object: Unstructured) async throws {
        let definition = try #require(ResourceRegistry.centre[object.groupKind])
        var object = object
        object.uid = centre.random.uuid()
        let group = definition.group.isEmpty ? "core" : definition.group
        let place = object.namespace.isEmpty ? object.name : "\(object.namespace)/\(object.name)"
        let path = "/default/\(group)/\(definition.plural)/\(place)"
        _ = try await centre.store.put(.init(path), object.json.encoded, expecting: .absent)
    }

    private func status(_ method: String, _ path: String, _ user: UserInfo) async -> Int {
        let parts = path.split(separator: "?")
        let query = parts.dropFirst().map { pair in
            let sides = pair.split(separator: "=", maxSplits: 1).map(String.init)
            return (name: sides[0], value: sides[1])
        }
        let body: JSONValue = method == "PATCH" ? ["status": ["x": "y"]] : [:]
        let request = APIRequest(
            method: method, path: String(parts[0]), query: query,
            contentType: method == "PATCH" ? "application/merge-patch+json" : "application/json",
            body: method == "GET" || method == "DELETE" ? [] : body.encoded, user: user)
        switch await centre.server.handle(request) {
        case .document(let document): return document.status
        case .stream, .content: return 200
        }
    }

    /// The status of a request that is written as `METHOD path`, with words for the paths that all have in common.
    private func status(_ request: String, _ user: UserInfo) async -> Int {
        let words = request.split(separator: " ").map(String.init)
        let path = words[1].replacing("CORBEL", with: Self.corbel).replacing("MACHINES", with: Self.machines)
            .replacing("SECRETS", with: Self.secrets).replacing("REQUESTS", with: Self.requests)
        return await status(words[0], path, user)
    }

    private static let corbel = "/apis/corbel.dev/v1alpha1/namespaces/default"
    private static let machines = "/apis/infrastructure.cluster.x-k8s.io/v1beta1/namespaces/default/hostmachines"
    private static let requests = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
    private static let secrets = "/api/v1/namespaces/default/secrets"

    private static let allowedRequests: [String] = [
        "GET CORBEL/edgehosts/w1",
        "GET CORBEL/edgehosts",
        "GET CORBEL/edgehosts?watch=true",
        "PATCH CORBEL/edgehosts/w1/status",
        "GET MACHINES",
        "GET MACHINES/m-w1",
        "PATCH MACHINES/m-w1/status",
        "GET CORBEL/edgeclusters/c1",
        "GET CORBEL/clusterrevisions",
        "GET CORBEL/clusterrevisions/c1-r1",
        "GET CORBEL/clusterupdates/c1-u1",
        "GET SECRETS/c1-w1-bootstrap",
    ]

    @Test(
        "A worker reads and reports what is its own",
        arguments: allowedRequests)
    func allowed(request: String) async {
        #expect(await status(request, worker) == 200)
    }

    private static let refusedRequests: [String] = [
        "GET CORBEL/edgehosts/cp1",
        "PATCH CORBEL/edgehosts/cp1/status",
        "PATCH CORBEL/edgehosts/w1",
        "DELETE CORBEL/edgehosts/w1",
        "DELETE CORBEL/edgehosts",
        "POST CORBEL/edgehosts",
        "GET /apis/corbel.dev/v1alpha1/edgehosts",
        "GET /apis/corbel.dev/v1alpha1/namespaces/other/edgehosts",
        "GET /apis/corbel.dev/v1alpha1/namespaces/other/edgehosts/cp1",
        "GET MACHINES/m-x1",
        "PATCH MACHINES/m-cp1/status",
        "PATCH MACHINES/m-w1",
        "GET CORBEL/edgeclusters",
        "GET CORBEL/edgeclusters/c2",
        "PATCH CORBEL/edgeclusters/c1/status",
        "PATCH CORBEL/clusterupdates/c1-u1/status",
        "GET CORBEL/clusterrevisions/c2-r1",
        "GET SECRETS",
        "GET SECRETS/c1-cp1-bootstrap",
        "GET SECRETS/c1-user-data",
        "GET SECRETS/c1-w1-bootstrap?watch=true",
        "PATCH SECRETS/c1-w1-bootstrap",
        "GET CORBEL/registrationtokens",
        "GET /api/v1/namespaces",
        "GET /api/v1/namespaces/default/configmaps",
        "GET CORBEL/clusterprofiles",
    ]

    @Test(
        "A worker does nothing else",
        arguments: refusedRequests)
    func refused(request: String) async {
        #expect(await status(request, worker) == 403)
    }

    @Test("A host writes its machine until the cluster's pivot is committed, and reads what is left of it after")
    func machinesAtSite() async throws {
        for (plane, expected) in [("Centre", 200), ("Site", 403), ("Centre", 200)] {
            let key = EdgeCluster.key(namespace: "default", name: "c1")
            let patch: JSONValue = ["status": ["plane": .string(plane)]]
            _ = try await centre.client.patch(
                key, .merge, patch, subresource: .status, WriteOptions(fieldManager: "test"))
            #expect(await status("PATCH MACHINES/m-w1/status", worker) == expected)
            #expect(await status("GET MACHINES/m-w1", worker) == 200)
        }
    }

    @Test("A host that its site has handed back reports its reset at the centre")
    func handedBack() async throws {
        let key = EdgeCluster.key(namespace: "default", name: "c1")
        let patch: JSONValue = ["status": ["plane": "Site"]]
        _ = try await centre.client.patch(key, .merge, patch, subresource: .status, WriteOptions(fieldManager: "test"))
        var order = HostMachine(namespace: "default", name: "c1-w1-reset")
        order.json["spec"] = ["clusterName": "c1", "hostName": "w1", "role": "worker"]
        try await store(Unstructured(order))
        #expect(await status("PATCH MACHINES/c1-w1-reset/status", worker) == 200)
        #expect(await status("PATCH MACHINES/m-w1/status", worker) == 403)
    }

    @Test("A control-plane host speaks for its cluster, and for no other")
    func controlPlaneHost() async {
        #expect(await status("PATCH", Self.corbel + "/edgeclusters/c1/status", controlPlane) == 200)
        #expect(await status("PATCH", Self.corbel + "/clusterupdates/c1-u1/status", controlPlane) == 200)
        #expect(await status("PATCH", Self.corbel + "/edgeclusters/c1", controlPlane) == 403)
        #expect(await status("PATCH", Self.corbel + "/edgeclusters/c2/status", controlPlane) == 403)
        #expect(await status("PATCH", Self.corbel + "/clusterupdates/c2-u1/status", controlPlane) == 403)
        #expect(await status("GET SECRETS/c1-user-data", controlPlane) == 200)
        #expect(await status("PATCH SECRETS/c1-user-data", controlPlane) == 403)
        #expect(await status("GET SECRETS/c2-user-data", controlPlane) == 403)
    }

    @Test(
        "A control-plane host answers the requests for its site's certificates",
        arguments: [
            ("GET REQUESTS", 200), ("GET REQUESTS/c1-1", 200), ("PATCH REQUESTS/c1-1/status", 200),
            ("PATCH REQUESTS/c1-1", 403), ("PATCH REQUESTS/c1-1/approval", 403), ("DELETE REQUESTS/c1-1", 403),
            ("POST REQUESTS", 403), ("DELETE REQUESTS", 403), ("GET REQUESTS?watch=true", 403),
            ("GET REQUESTS/c2-1", 403), ("PATCH REQUESTS/c2-1/status", 403), ("GET REQUESTS/other-1", 403),
            ("GET REQUESTS/plain", 403), ("PATCH REQUESTS/plain/status", 403), ("GET REQUESTS/none", 403),
        ])
    func requests(request: String, expected: Int) async throws {
        try await storeRequests()
        #expect(await status(request, controlPlane) == expected)
        #expect(await status(request, worker) == 403)
    }

    private func storeRequests() async throws {
        try await storeRequest("c1-1", "c1")
        try await storeRequest("c2-1", "c2")
        try await storeRequest("other-1", "c1", in: "other")
        var plain = CertificateSigningRequest(name: "plain")
        plain.labels = ["cluster.x-k8s.io/cluster-name": "c1", "corbel.dev/namespace": "default"]
        plain.signerName = CertificateSigningRequest.clientSigner
        try await store(Unstructured(plain))
    }

    @Test("Lists of requests show what a site is to answer")
    func requestLists() async throws {
        try await storeRequests()
        let client = centre.server.client(as: controlPlane)
        #expect(try await client.list(CertificateSigningRequest.self).map(\.name) == ["c1-1"])
    }

    @Test("Lists show a host what is its own")
    func lists() async throws {
        let client = centre.server.client(as: worker)
        #expect(try await client.list(EdgeHost.self, namespace: "default").map(\.name) == ["w1"])
        #expect(try await client.list(HostMachine.self, namespace: "default").map(\.name) == ["m-w1"])
        #expect(try await client.list(ClusterRevision.self, namespace: "default").map(\.name) == ["c1-r1"])
        #expect(try await client.list(ClusterUpdate.self, namespace: "default").map(\.name) == ["c1-u1"])
    }

    @Test("Pages of a list tell nothing of what they hide")
    func pages() async throws {
        let client = centre.server.client(as: worker)
        var options = ListOptions(namespace: "default")
        options.limit = 1
        let page = try await client.list(EdgeHost.groupKind, options)
        #expect(page.items.map(\.name) == ["w1"])
        #expect(page.continueToken == "")
    }

    @Test("A watch shows an object that becomes the host's, and its end when it ceases to be")
    func watches() async throws {
        let client = centre.server.client(as: worker)
        let list = try await client.list(HostMachine.groupKind, ListOptions(namespace: "default"))
        var options = ListOptions(namespace: "default")
        options.resourceVersion = list.resourceVersion
        var events = try await client.watch(HostMachine.groupKind, options).makeAsyncIterator()
        let key = HostMachine.key(namespace: "default", name: "m-x1")
        for host in ["w1", "x1"] {
            var object = try await centre.client.get(key)
            object.json["spec", "hostName"] = .string(host)
            object.json["metadata", "resourceVersion"] = nil
            let entry = try #require(
                try await centre.store.get("/default/infrastructure.cluster.x-k8s.io/hostmachines/default/m-x1"))
            _ = try await centre.store.put(entry.key, object.json.encoded, expecting: .revision(entry.revision))
        }
        guard case .added(let added) = try await events.next(), case .deleted(let deleted) = try await events.next()
        else {
            Issue.record("no addition and deletion")
            return
        }
        #expect(added.name == "m-x1")
        #expect(HostMachine(deleted).hostName == "w1")
    }

    @Test("A host that is revoked or disapproved does nothing more", arguments: ["revoked", "approved"])
    func revoked(field: String) async throws {
        var host = try await centre.host("w1")
        host.json["spec", field] = .bool(field == "revoked")
        _ = try await centre.client.update(host, by: "test")
        #expect(await status("GET", Self.corbel + "/edgehosts/w1", worker) == 403)
    }

    @Test("Names that only look like a host's are nobody's")
    func pretenders() async throws {
        let names = ["corbel:host:default:w1:x", "corbel:host:default", "corbel:host::w1", "w1"]
        for name in names {
            let user = UserInfo(name: name, groups: worker.groups)
            #expect(await status("GET", Self.corbel + "/edgehosts/w1", user) == 403, "\(name)")
        }
        let groupless = UserInfo(name: worker.name, groups: ["system:authenticated"])
        #expect(await status("GET", Self.corbel + "/edgehosts/w1", groupless) == 403)
    }
}
