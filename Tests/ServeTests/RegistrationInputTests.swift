import APIMachinery
import CorbelAPI
import Effects
import EffectsLinux
import Glibc
import HTTPTransport
import KubeClient
import PKI
import ResourceClient
import ScriptedEffects
import Testing

/// What hosts bring that is wrong, over the wire and to the program itself.
@Suite("A registration", .timeLimit(.minutes(4)))
struct RegistrationInputTests {
    @Test("with a token that is expired, revoked, used up or nobody's is refused with the reason, and writes nothing")
    func tokens() async throws {
        try await serving { centre in
            let expired = try await centre.token()
            try await centre.patchToken(["expires": "2020-01-01T00:00:00Z"], of: expired)
            let revoked = try await centre.token()
            try await centre.patchToken(["revoked": true], of: revoked)
            let single = try await centre.token("--max-uses", "1")
            #expect(try await centre.register("first", PrivateKey(), token: single).status == 201)
            let cases = [
                (expired, "expired at 2020-01-01T00:00:00Z"), (revoked, "was revoked"), (single, "may register 1"),
                ("abcdef.0123456789abcdef", "is not known"), ("", "is not known"),
            ]
            for (token, part) in cases {
                let reply = try await centre.register("second", PrivateKey(), token: token)
                #expect(reply.status == 401)
                #expect(reply.message.contains(part), "\(reply.message)")
            }
            #expect(try await centre.server.client().list(EdgeHost.self).map(\.name) == ["first"])
        }
    }

    @Test("under the name of another host is refused, and that host goes on")
    func name() async throws {
        try await serving { centre in
            let token = try await centre.token()
            let key = PrivateKey()
            let certificate = try await centre.register("h1", key, token: token).certificate
            #expect(try await centre.register("h1", PrivateKey(), token: token).status == 409)
            #expect(try await centre.register("h1", PrivateKey(), token: nil).status == 409)
            let other = PrivateKey()
            let stranger = try await centre.register("h2", other, token: token).certificate
            // Its own certificate makes it no other host, whatever name it asks for.
            let forged = try SigningRequest(CertificateSubject(commonName: "corbel:host:default:h1"), key: other)
            let renewed = try await centre.post(
                "renew", ["name": "h1", "signingRequest": .string(forged.pem.text)], as: (stranger, other))
            #expect(try CertificateInfo(pem: renewed.certificate).subject.commonName == "corbel:host:default:h2")
            let strangers = try await centre.client(stranger, other)
            #expect(try await strangers.find(EdgeHost.self, namespace: "default", name: "h2") != nil)
            let refused = await #expect(throws: StatusError.self) {
                try await strangers.get(EdgeHost.key(namespace: "default", name: "h1"))
            }
            #expect(refused?.reason == .forbidden || refused?.reason == .notFound)
            #expect(try await centre.post("heartbeat", [:], as: (certificate, key)).status == 200)
        }
    }

    @Test("that is no registration is refused with what it should be")
    func bodies() async throws {
        try await serving { centre in
            let cases: [([UInt8], Int, String)] = [
                (Array("{\"name\": ".utf8), 400, "no JSON document"), (Array("[]".utf8), 400, "signingRequest"),
                (Array(repeating: 0x20, count: 70_000), 413, "65536 bytes"),
                (Array(repeating: 0x20, count: 4 << 20), 413, ""),
            ]
            for (body, status, part) in cases {
                let reply = try await centre.post("hosts", bytes: body)
                #expect(reply.status == status && reply.message.contains(part), "\(reply)")
            }
        }
    }

    private func serving(_ body: @escaping @Sendable (ServingCentre) async throws -> Void) async throws {
        try await ScratchDirectory.with { directory in
            let ended = try await ServeProcess.run(in: directory + "/data") { server in
                try await body(ServingCentre(directory: directory, server: server))
                server.send(SIGTERM)
            }
            #expect(ended.termination == .exited(0), "\(Corbel.Said(ended).errors)")
        }
    }
}

/// A centre as the hosts that come to it see it.
struct ServingCentre: Sendable {
    struct Reply: Sendable {
        var status: Int
        var json: JSONValue

        var message: String { json["message"]?.stringValue ?? "" }
        var certificate: PEM { PEM(text: json["certificate"]?.stringValue ?? "") }
    }

    let directory: String
    let server: ServeProcess

    /// A new token's secret, from the command that people make tokens with.
    func token(_ options: String...) async throws -> String {
        let kubeconfig = ["--kubeconfig", server.dataDirectory + "/admin.kubeconfig"]
        let said = try await Corbel.run(["token", "create"] + options + kubeconfig, in: directory)
        #expect(said.termination == .exited(0), "\(said.errors)")
        return String(said.output.prefix { !$0.isWhitespace })
    }

    func patchToken(_ spec: JSONValue, of secret: String) async throws {
        let name = String(secret.prefix { $0 != "." })
        _ = try await server.client().patch(
            RegistrationToken.key(namespace: "default", name: name), .merge, ["spec": spec], subresource: nil,
            WriteOptions(fieldManager: "test"))
    }

    func register(_ name: String, _ key: PrivateKey, token: String?) async throws -> Reply {
        let request = try SigningRequest(CertificateSubject(commonName: name), key: key)
        var body: JSONValue = ["name": .string(name), "signingRequest": .string(request.pem.text)]
        body["token"] = token.map { .string($0) }
        return try await post("hosts", body)
    }

    func post(_ path: String, _ body: JSONValue, as host: (PEM, PrivateKey)? = nil) async throws -> Reply {
        try await post(path, bytes: body.encoded, as: host)
    }

    func post(_ path: String, bytes: [UInt8], as host: (PEM, PrivateKey)? = nil) async throws -> Reply {
        let headers = [HTTPCall.Header("Content-Type", "application/json")]
        let call = HTTPCall(
            "POST", "\(server.url)/registration/v1alpha1/\(path)", headers: headers, body: bytes)
        let reply = try await sender(host).send(call, limit: 1 << 20)
        return Reply(status: reply.status, json: try JSONValue(parsing: reply.body))
    }

    func client(_ certificate: PEM, _ key: PrivateKey) async throws -> KubeClient {
        KubeClient(server: server.url, sender: try await sender((certificate, key)), registry: .centre)
    }

    private func sender(_ host: (certificate: PEM, key: PrivateKey)?) async throws -> TLSHTTPSender {
        let identity = TLSHTTPSender.Identity(
            authorities: try await LinuxFiles().read(server.dataDirectory + "/pki/ca.pem", limit: 1 << 16),
            certificate: host?.certificate.bytes ?? [], privateKey: try host?.key.pem.bytes ?? [])
        return try TLSHTTPSender(identity, connectTimeout: ServeProcess.patience)
    }
}
