import APIServer
import CorbelAPI
import HostRegistration
import Logging
import PKI
import ResourceClient
import ResourceStore
import ScriptedEffects
import Testing

/// A centre without a transport: API server, registration and heartbeats over memory.
struct Centre {
    let clock = HandTime()
    let random = CountedRandom()
    let store = MemoryStore()
    let server: APIServer
    let client: any ResourceClient
    let authority: CertificateAuthority
    let monitor: HeartbeatMonitor
    let handler: RegistrationHandler

    init() async throws {
        let admin = UserInfo(name: "admin", groups: [UserInfo.mastersGroup])
        let reader = APIServer(
            .init(registry: .centre, authorizer: MastersAuthorizer(), version: "1"), store: store, clock: clock,
            random: random
        ).client(as: admin)
        let hosts = HostAuthorizer { key in
            do {
                return try await reader.get(key)
            } catch let error as StatusError where error.reason == .notFound {
                return nil
            }
        }
        server = APIServer(
            .init(registry: .centre, authorizer: UnionAuthorizer([MastersAuthorizer(), hosts]), version: "1"),
            store: store,
            clock: clock, random: random)
        client = server.client(as: admin)
        // Older than any jump of a clock here goes back.
        authority = try .selfSigned(commonName: "test", now: clock.now - .seconds(100 * 86_400), random: random)
        monitor = Self.monitor(client, clock)
        handler = RegistrationHandler(
            client: client, authority: authority, time: clock, random: random, monitor: monitor)
        for name in ["default", "other", "kube-system"] {
            _ = try await client.create(Namespace(name: name), by: "test")
        }
    }

    static func monitor(_ client: any ResourceClient, _ clock: HandTime) -> HeartbeatMonitor {
        HeartbeatMonitor(.init(timeout: .seconds(300)), client: client, time: clock, logger: Logger(label: "test"))
    }

    /// Makes a token and answers its text.
    func token(in namespace: String = "default", _ spec: JSONValue = [:]) async throws -> String {
        let secret = RegistrationSecret(from: random)
        var token = RegistrationToken(namespace: namespace, name: secret.id)
        var all: JSONValue = [
            "secretDigest": .string(secret.secretDigest), "expires": .string((clock.now + .seconds(3600)).rfc3339),
        ]
        for field in spec.objectValue ?? [:] { all[field.key] = field.value }
        token.spec = all
        _ = try await client.create(token, by: "test")
        return secret.text
    }

    func post(_ path: String, _ body: JSONValue, as user: UserInfo = .anonymous) async -> Answer {
        await post(path, bytes: body.encoded, as: user)
    }

    func post(_ path: String, bytes: [UInt8], as user: UserInfo = .anonymous, method: String = "POST") async -> Answer {
        let request = APIRequest(
            method: method, path: RegistrationHandler.pathPrefix + path, contentType: "application/json", body: bytes,
            user: user)
        guard case .document(let document) = await handler.handle(request) else {
            return Answer(status: 0, json: .null)
        }
        do {
            return Answer(status: document.status, json: try JSONValue(parsing: document.body))
        } catch {
            return Answer(status: document.status, json: .null)
        }
    }

    func register(_ name: String, _ key: PrivateKey, token: String?, _ more: JSONValue = [:]) async throws -> Answer {
        var body: JSONValue = ["name": .string(name), "signingRequest": .string(try request(key))]
        body["token"] = token.map { .string($0) }
        for field in more.objectValue ?? [:] { body[field.key] = field.value }
        return await post("hosts", body)
    }

    func request(_ key: PrivateKey) throws -> String {
        try SigningRequest(CertificateSubject(commonName: "whoever", organizations: ["system:masters"]), key: key).pem
            .text
    }

    func host(_ name: String, in namespace: String = "default") async throws -> EdgeHost {
        try #require(try await client.find(EdgeHost.self, namespace: namespace, name: name))
    }

    /// An approved host and the user that its certificate makes it.
    func approvedHost(_ name: String, in namespace: String = "default", cluster: String? = nil) async throws -> UserInfo
    {
        var host = EdgeHost(namespace: namespace, name: name)
        host.isApproved = true
        if let cluster { host.consumerCluster = cluster }
        let created = try await client.create(host, by: "test")
        return HostIdentity(namespace: namespace, name: name).user(uid: created.uid)
    }
}

struct Answer {
    var status: Int
    var json: JSONValue

    var message: String { json["message"]?.stringValue ?? "" }

    /// The certificate that was issued.
    func certificate() throws -> CertificateInfo {
        try CertificateInfo(pem: PEM(text: try #require(json["certificate"]?.stringValue)))
    }

    /// The user that the certificate makes its holder.
    func user() throws -> UserInfo {
        let subject = try certificate().subject
        return UserInfo(name: subject.commonName, groups: subject.organizations + ["system:authenticated"])
    }
}
