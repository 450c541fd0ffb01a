import APIMachinery
import APIServer
import CorbelAPI
import EffectsLinux
import Logging
import PKI
import ResourceClient
import ResourceStore
import Testing

@testable import SiteStandin

@Suite("The signer of a site")
struct CertificateSignerTests {
    private static let clock = SystemClock()
    private static let random = SystemRandom()
    private static let bootstrapper = UserInfo(
        name: "system:bootstrap:abcdef",
        groups: ["system:bootstrappers:kubeadm:default-node-token", "system:authenticated"])
    private static let person = UserInfo(name: "ada", groups: ["kubeadm:cluster-admins", "system:authenticated"])

    private let authority: CertificateAuthority
    private let server: APIServer
    private let signer: CertificateSigner

    init() throws {
        authority = try .selfSigned(commonName: "kubernetes", now: Self.clock.now, random: Self.random)
        server = .site(over: MemoryStore(), time: Self.clock, random: Self.random)
        signer = CertificateSigner(
            authority: authority, client: server.client(as: .siteServer), time: Self.clock, random: Self.random,
            logger: Logger(label: "test"))
    }

    private func create(
        _ subject: CertificateSubject, signer: String = CertificateSigningRequest.kubeletClientSigner,
        as user: UserInfo, _ change: (inout CertificateSigningRequest) -> Void = { _ in }
    ) async throws -> CertificateSigningRequest {
        var request = CertificateSigningRequest(name: "csr-1")
        request.signerName = signer
        request.request = try SigningRequest(subject, key: PrivateKey()).pem.bytes
        request.usages = ["digital signature", "client auth"]
        change(&request)
        return try await server.client(as: user).create(request, by: "test")
    }

    private func read(as user: UserInfo) async throws -> CertificateSigningRequest {
        CertificateSigningRequest(try await server.client(as: user).get(CertificateSigningRequest.key(name: "csr-1")))
    }

    @Test("gives a node that joins its certificate, and nothing but that")
    func joining() async throws {
        let subject = CertificateSubject(commonName: "system:node:h2", organizations: ["system:nodes"])
        _ = try await create(subject, as: Self.bootstrapper) { $0.expiration = .seconds(3600) }
        try await signer.pass()
        let request = try await read(as: Self.bootstrapper)
        #expect(request.isApproved)
        let info = try CertificateInfo(pem: PEM(bytes: try #require(request.certificate)))
        #expect(info.subject == subject)
        #expect(info.rejection(by: authority.info, for: .clientAuthentication, at: Self.clock.now) == nil)
        #expect(info.rejection(by: authority.info, for: .serverAuthentication, at: Self.clock.now) != nil)
        #expect(info.validity.notAfter - Self.clock.now <= .seconds(3600))
        try await signer.pass()
        #expect(try await read(as: Self.bootstrapper) == request)
    }

    @Test("waits for the approval of a person's certificate")
    func approval() async throws {
        let subject = CertificateSubject(commonName: "bea", organizations: ["corbel:viewers"])
        _ = try await create(subject, signer: CertificateSigningRequest.clientSigner, as: Self.person)
        try await signer.pass()
        var request = try await read(as: Self.person)
        #expect(request.conditions.isEmpty && request.certificate == nil)
        request.set(Condition("Approved", .isTrue, reason: "Test"), now: Self.clock.now)
        let options = WriteOptions(fieldManager: "test")
        _ = try await server.client(as: Self.person).update(Unstructured(request), subresource: .approval, options)
        try await signer.pass()
        request = try await read(as: Self.person)
        #expect(try CertificateInfo(pem: PEM(bytes: try #require(request.certificate))).subject == subject)
    }

    @Test("denies a node another's certificate, and says why something cannot be signed")
    func refusals() async throws {
        let other = CertificateSubject(commonName: "system:node:h2", organizations: ["system:nodes"])
        let node = UserInfo(name: "system:node:h1", groups: ["system:nodes"])
        _ = try await create(other, as: node)
        try await signer.pass()
        let denied = try await read(as: node)
        #expect(denied.isDenied && denied.certificate == nil)
        #expect(denied.condition("Denied")?.message.contains("h1") == true)
        try await server.client(as: Self.person).delete(denied.key, DeleteOptions())

        _ = try await create(CertificateSubject(commonName: "h2"), as: Self.bootstrapper)
        try await signer.pass()
        let failed = try await read(as: Self.bootstrapper)
        #expect(failed.isTrue("Failed") && failed.certificate == nil)
        #expect(failed.condition("Failed")?.message.contains("system:node:<name>") == true)
    }

    @Test("never sees what cannot be signed at all, nor a request for the masters")
    func admission() async throws {
        let masters = CertificateSubject(commonName: "eve", organizations: ["system:masters"])
        let forbidden = await #expect(throws: StatusError.self) {
            try await create(masters, signer: CertificateSigningRequest.clientSigner, as: Self.person)
        }
        #expect(forbidden?.reason == .forbidden)
        let text = "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"
        let invalid = await #expect(throws: StatusError.self) {
            try await create(masters, as: Self.person) { $0.request = Array(text.utf8) }
        }
        #expect(invalid?.causes.map(\.field) == ["spec.request"])
    }

    @Test("Nobody asks in the name of somebody else, nor reads what others ask")
    func identity() async throws {
        let subject = CertificateSubject(commonName: "system:node:h2", organizations: ["system:nodes"])
        let node = UserInfo(name: "system:node:h1", groups: ["system:nodes"])
        let created = try await create(subject, as: node) {
            $0.userName = "system:node:h2"
            $0.groups = ["system:masters"]
            $0.json["spec", "uid"] = "x"
        }
        #expect(created.userName == "system:node:h1")
        #expect(created.groups == ["system:nodes"])
        #expect(created.json["spec", "uid"] == nil)
        let error = await #expect(throws: StatusError.self) { try await read(as: Self.bootstrapper) }
        #expect(error?.reason == .notFound)
    }
}
