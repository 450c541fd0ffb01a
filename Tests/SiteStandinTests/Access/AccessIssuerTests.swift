import APIMachinery
import APIServer
import CorbelAPI
import EffectsLinux
import HostRegistration
import Logging
import PKI
import ResourceClient
import ResourceStore
import Testing

@testable import HostAgent
@testable import SiteStandin

/// A centre and a site in this process: the issuer acts as a control-plane host at the one and as an administrator at
/// the other.
@Suite("A site that answers what people ask through the centre")
struct AccessIssuerTests {
    private static let clock = SystemClock()
    private static let random = SystemRandom()
    private static let ada = UserInfo(name: "ada", groups: [UserInfo.mastersGroup])

    private let people: any ResourceClient
    private let site: any ResourceClient
    private let authority: CertificateAuthority
    private let signer: CertificateSigner
    private let issuer: AccessIssuer

    init() async throws {
        let centre = Self.centre()
        people = centre.client(as: Self.ada)
        site = APIServer.site(over: MemoryStore(), time: Self.clock, random: Self.random).client(as: .siteServer)
        authority = try .selfSigned(commonName: "kubernetes", now: Self.clock.now, random: Self.random)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        signer = CertificateSigner(
            authority: authority, client: site, time: Self.clock, random: Self.random, logger: logger)
        let host = try await Self.populate(people, site)
        issuer = AccessIssuer(
            namespace: "default", site: site, centre: centre.client(as: host), time: Self.clock, logger: logger)
    }

    private static func centre() -> APIServer {
        let store = MemoryStore()
        func server(_ authorizer: any Authorizer) -> APIServer {
            APIServer(
                .init(registry: .centre, authorizer: authorizer, version: "1"), store: store, clock: clock,
                random: random)
        }
        let reader = server(MastersAuthorizer()).client(as: ada)
        let hosts = HostAuthorizer { key in
            do {
                return try await reader.get(key)
            } catch let error as StatusError where error.reason == .notFound {
                return nil
            }
        }
        return server(UnionAuthorizer([MastersAuthorizer(), hosts]))
    }

    /// The cluster `edge` on both sides, the cluster `other` at the centre, and the host that speaks for `edge`.
    private static func populate(_ people: any ResourceClient, _ site: any ResourceClient) async throws -> UserInfo {
        for client in [people, site] { _ = try await client.create(Namespace(name: "default"), by: "test") }
        for name in ["edge", "other"] { _ = try await people.create(cluster(name), by: "test") }
        _ = try await site.create(cluster("edge"), by: "test")
        var host = EdgeHost(namespace: "default", name: "edge-1")
        host.isApproved = true
        host.consumerCluster = "edge"
        let uid = try await people.create(host, by: "test").uid
        return HostIdentity(namespace: "default", name: "edge-1").user(uid: uid)
    }

    private static func cluster(_ name: String) -> EdgeCluster {
        var cluster = EdgeCluster(namespace: "default", name: name)
        cluster.spec = [
            "profiles": [["name": "p", "version": "1.0.0"]],
            "pools": [["name": "control-plane", "role": "control-plane", "hosts": [.string("\(name)-1")]]],
        ]
        return cluster
    }

    private func ask(
        _ cluster: String = "edge", for name: String = "ada", _ role: String = "kubeadm:cluster-admins"
    ) async throws -> (request: CertificateSigningRequest, key: PrivateKey) {
        let key = PrivateKey()
        let subject = CertificateSubject(commonName: name, organizations: [role])
        var request = CertificateSigningRequest(generateName: "kubeconfig-", atSiteOf: Self.cluster(cluster))
        request.request = try SigningRequest(subject, key: key).pem.bytes
        request.usages = ["client auth"]
        request.expiration = .seconds(3600)
        return (try await people.create(request, by: "test"), key)
    }

    /// One pass of the issuer, while the site's signer works.
    private func pass() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await signer.run() }
            group.addTask { try await issuer.pass() }
            // The signer runs until it is cancelled.
            try await group.next()
            group.cancelAll()
        }
    }

    private func read(_ request: CertificateSigningRequest) async throws -> CertificateSigningRequest {
        CertificateSigningRequest(try await people.get(request.key))
    }

    @Test("carries the request to the site's signer and the certificate back, and clears up")
    func issues() async throws {
        let (request, key) = try await ask()
        try await pass()
        let certificate = try #require(try await read(request).certificate)
        let info = try CertificateInfo(pem: PEM(bytes: certificate))
        #expect(info.subject == CertificateSubject(commonName: "ada", organizations: ["kubeadm:cluster-admins"]))
        #expect(try info.publicKeyDigest == key.publicKeyDigest)
        #expect(info.rejection(by: authority.info, for: .clientAuthentication, at: Self.clock.now) == nil)
        #expect(try await site.list(CertificateSigningRequest.self).isEmpty)
        try await issuer.pass()
        #expect(try await site.list(CertificateSigningRequest.self).isEmpty)
    }

    @Test("says why it refuses")
    func refuses() async throws {
        let (other, _) = try await ask(for: "eve")
        let (master, _) = try await ask(for: "ada", "system:masters")
        try await pass()
        for (request, words) in [(other, "certificate of \"eve\""), (master, "organization must be")] {
            let answered = try await read(request)
            #expect(answered.certificate == nil)
            #expect(answered.condition("Failed")?.message.contains(words) == true)
        }
        #expect(try await site.list(CertificateSigningRequest.self).isEmpty)
    }

    @Test("leaves other clusters' requests, and those that another signer is to sign")
    func others() async throws {
        let (foreign, _) = try await ask("other")
        var bare = CertificateSigningRequest(name: "bare")
        bare.labels = ["cluster.x-k8s.io/cluster-name": "edge", "corbel.dev/namespace": "default"]
        bare.signerName = CertificateSigningRequest.clientSigner
        bare.request = foreign.request
        bare.usages = ["client auth"]
        let created = try await people.create(bare, by: "test")
        try await issuer.pass()
        #expect(try await read(foreign) == foreign)
        #expect(try await read(created) == created)
    }

    @Test("passes on what the site's signer refuses")
    func signerRefuses() async throws {
        let (request, _) = try await ask()
        let name = "corbel-access-\(request.uid)"
        var copy = AccessPolicy.copy(of: request, labelled: ["corbel.dev/access-request": request.uid])
        copy = try await site.create(copy, by: "test")
        copy.set(Condition("Denied", .isTrue, reason: "Test", message: "not today"), now: Self.clock.now)
        let options = WriteOptions(fieldManager: "test")
        _ = try await site.update(Unstructured(copy), subresource: .approval, options)
        try await issuer.pass()
        #expect(try await read(request).condition("Failed")?.message.contains("not today") == true)
        #expect(try await site.find(CertificateSigningRequest.self, name: name) == nil)
    }

    @Test("takes its copy away when nobody waits any more, and leaves what is not its own")
    func abandoned() async throws {
        let (request, _) = try await ask()
        _ = try await site.create(
            AccessPolicy.copy(of: request, labelled: ["corbel.dev/access-request": request.uid]), by: "test")
        var own = AccessPolicy.copy(of: request, labelled: [:])
        own.name = "somebody-elses"
        _ = try await site.create(own, by: "test")
        try await people.delete(request.key, DeleteOptions())
        try await issuer.pass()
        #expect(try await site.list(CertificateSigningRequest.self).map(\.name) == ["somebody-elses"])
    }
}
