import APIServer
import CorbelAPI
import ScriptedEffects
import Testing

@Suite("Requests for certificates")
struct SigningRequestTests {
    private static let path = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
    private static let pem = "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"
    private let ada = UserInfo(name: "ada", groups: [UserInfo.mastersGroup])

    private func request(_ change: (inout CertificateSigningRequest) -> Void = { _ in }) -> JSONValue {
        var request = CertificateSigningRequest(name: "csr-1")
        request.signerName = "example.com/signer"
        request.usages = ["client auth"]
        request.request = Array(Self.pem.utf8)
        change(&request)
        return request.json
    }

    private func server() async throws -> Server {
        let server = try await Server()
        #expect(await server.send("POST", Self.path, request(), as: ada).status == 201)
        return server
    }

    /// What kubectl sends: times are the server's to write.
    private func approval(_ type: String) -> JSONValue {
        request {
            $0.json["status", "conditions"] = [
                [
                    "type": .string(type), "status": "True", "reason": "KubectlApprove", "message": "by kubectl",
                    "lastUpdateTime": .null, "lastTransitionTime": .null,
                ]
            ]
        }
    }

    @Test("say who asks, whatever is sent, from the first write to the last")
    func identity() async throws {
        let server = try await Server()
        let forged = request {
            $0.userName = "admin"
            $0.groups = ["everybody"]
            $0.json["spec", "extra"] = ["a": ["b"]]
        }
        let created = await server.send("POST", Self.path, forged, as: ada).json
        #expect(created["spec", "username"] == "ada")
        #expect(created["spec", "groups"] == [.string(UserInfo.mastersGroup)])
        #expect(created["spec", "extra"] == nil)
        let patched = await server.send(
            "PATCH", Self.path + "/csr-1", ["spec": ["username": "eve"], "metadata": ["labels": ["a": "b"]]],
            type: "application/merge-patch+json"
        ).json
        #expect(patched["spec"] == created["spec"])
        #expect(patched["metadata", "labels", "a"] == "b")
    }

    @Test(
        "are checked field by field",
        arguments: [
            ("request", "AAAA"), ("request", "?"), ("signerName", "signer"), ("usages", []), ("usages", ["flying"]),
            ("expirationSeconds", 599), ("request", nil), ("usages", nil),
        ] as [(String, JSONValue?)])
    func mistakes(field: String, value: JSONValue?) async throws {
        let server = try await Server()
        let answer = await server.send("POST", Self.path, request { $0.json["spec", field] = value })
        #expect(answer.status == 422)
        #expect(answer.json.encodedText.contains("spec.\(field)"))
    }

    @Test("are approved through /approval alone, once and for all")
    func approvals() async throws {
        let server = try await server()
        let throughStatus = await server.send("PUT", Self.path + "/csr-1/status", approval("Approved")).json
        #expect(throughStatus["status", "conditions"] == nil)
        let approved = await server.send("PUT", Self.path + "/csr-1/approval", approval("Approved"))
        #expect(approved.status == 200)
        let request = CertificateSigningRequest(json: approved.json)
        #expect(request.isApproved && request.condition("Approved")?.lastTransitionTime == server.clock.now)
        #expect(await server.send("PUT", Self.path + "/csr-1/approval", approval("Denied")).status == 422)
        #expect(await server.send("PUT", Self.path + "/csr-1/approval", self.request()).status == 422)
        #expect(await server.send("PUT", Server.hosts + "/h1/approval", self.request()).status == 404)
    }

    @Test("get their certificate through /status alone, once and for all")
    func certificates() async throws {
        let server = try await server()
        let signed = request { $0.certificate = Array("one".utf8) }
        let throughApproval = await server.send("PUT", Self.path + "/csr-1/approval", signed).json
        #expect(throughApproval["status", "certificate"] == nil)
        let stored = await server.send("PUT", Self.path + "/csr-1/status", signed).json
        #expect(CertificateSigningRequest(json: stored).certificate == Array("one".utf8))
        let other = request { $0.certificate = Array("two".utf8) }
        #expect(await server.send("PUT", Self.path + "/csr-1/status", other).status == 422)
    }

    @Test(
        "show where they stand",
        arguments: [
            ([], nil, "Pending"), (["Approved"], nil, "Approved"), (["Approved"], "c", "Approved,Issued"),
            (["Denied"], nil, "Denied"),
        ] as [([String], String?, String)])
    func table(conditions: [String], certificate: String?, words: String) async throws {
        let server = try await server()
        for type in conditions { _ = await server.send("PUT", Self.path + "/csr-1/approval", approval(type)) }
        if let certificate {
            let signed = request { $0.certificate = Array(certificate.utf8) }
            _ = await server.send("PUT", Self.path + "/csr-1/status", signed)
        }
        let table = await server.send(
            "GET", Self.path, accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
        ).json
        let cells = table["rows"]?.arrayValue?.first?["cells"]?.arrayValue ?? []
        #expect(cells.compactMap(\.stringValue).suffix(4) == ["example.com/signer", "ada", "<none>", words])
    }

    @Test("have their parts in discovery")
    func discovery() async throws {
        let server = try await Server()
        let list = await server.send("GET", "/apis/certificates.k8s.io/v1").json
        let names = (list["resources"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
        #expect(names.sorted() == ["", "/approval", "/status"].map { "certificatesigningrequests\($0)" })
    }
}
