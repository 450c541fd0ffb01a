import APIServer
import CorbelAPI
import EffectsLinux
import HostRegistration
import PKI
import Testing

@testable import SiteStandin

@Suite("Whom a site's certificates and the centre's speak of")
struct SiteAuthenticatorTests {
    private static let clock = SystemClock()
    private static let random = SystemRandom()

    private let site: CertificateAuthority
    private let centre: CertificateAuthority
    private let authenticator: SiteAuthenticator

    init() throws {
        site = try .selfSigned(commonName: "kubernetes", now: Self.clock.now, random: Self.random)
        centre = try .selfSigned(commonName: "corbel", now: Self.clock.now, random: Self.random)
        authenticator = try SiteAuthenticator(
            bundles: [site.certificate.bytes], hostBundles: [centre.certificate.bytes], time: Self.clock)
    }

    private func user(_ name: String, _ groups: [String], by authority: CertificateAuthority) async throws -> UserInfo {
        let issued = try authority.issue(
            .client(name, organizations: groups), now: Self.clock.now, validity: .seconds(600), random: Self.random)
        let body = issued.certificate.text.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
        return try await authenticator.authenticate(certificate: Base64.decode(body), bearerToken: nil)
    }

    @Test("The centre's certificates make hosts, and take every other group away")
    func hosts() async throws {
        let groups = ["corbel:hosts", "corbel:host-uid:1"]
        let host = try await user("corbel:host:site:h1", groups + ["system:masters"], by: centre)
        #expect(HostIdentity(host) == HostIdentity(namespace: "site", name: "h1"))
        #expect(host.groups == groups + ["system:authenticated"])
    }

    @Test(
        "Who else the centre knows is nobody at a site",
        arguments: [
            ("corbel:admin", ["system:masters"]), ("ada", ["kubeadm:cluster-admins"]),
            ("system:node:h1", ["system:nodes"]), ("system:node:h1", ["system:nodes", "corbel:hosts"]),
            ("corbel:host:site:h1", []), ("corbel:host:h1", ["corbel:hosts"]),
            ("system:bootstrap:a", ["system:bootstrappers:kubeadm:default-node-token"]),
        ])
    func others(name: String, groups: [String]) async throws {
        let error = await #expect(throws: StatusError.self) { try await user(name, groups, by: centre) }
        #expect(error?.reason == .unauthorized)
    }

    @Test("The site's own certificates say who one is")
    func own() async throws {
        let admin = try await user("ada", ["kubeadm:cluster-admins"], by: site)
        #expect(admin == UserInfo(name: "ada", groups: ["kubeadm:cluster-admins", "system:authenticated"]))
    }

    @Test("Strangers are refused, and nobody is anonymous")
    func strangers() async throws {
        let other = try CertificateAuthority.selfSigned(
            commonName: "kubernetes", now: Self.clock.now, random: Self.random)
        let error = await #expect(throws: StatusError.self) { try await user("ada", ["system:masters"], by: other) }
        #expect(error?.reason == .unauthorized)
        #expect(try await authenticator.authenticate(certificate: nil, bearerToken: nil) == .anonymous)
    }
}
