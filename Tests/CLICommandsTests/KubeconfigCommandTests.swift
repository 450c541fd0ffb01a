import CorbelAPI
import EffectsLinux
import Foundation
import PKI
import ResourceClient
import Synchronization
import Testing

@testable import CLICommands

@Suite("corbel kubeconfig against a centre, with a site that answers")
struct KubeconfigCommandTests {
    private static let authority: CertificateAuthority? = try? .selfSigned(
        commonName: "kubernetes", now: SystemClock().now, random: SystemRandom())

    /// What a site does with a request.
    private enum Site: Sendable {
        case signs, signsForAnotherKey, refuses, sleeps
    }

    /// A centre with the cluster `site`, whose site is known and answers one request.
    private func withSite(
        _ site: Site, status: JSONValue = ["endpoints": ["192.0.2.1:6443", "192.0.2.2:6443"]],
        _ body: @escaping @Sendable (TestCentre, CertificateAuthority) async throws -> Void
    ) async throws {
        let authority = try #require(Self.authority)
        try await TestCentre.run { centre in
            let applied = try await centre.corbel("apply", "--no-wait", "-f", "-", input: Samples.cluster)
            try #require(applied.code == 0, "\(applied)")
            let found = try await centre.client.find(EdgeCluster.self, namespace: "default", name: "site")
            var cluster = try #require(found)
            cluster.json["status", "site"] = status
            cluster.json["status", "site", "authority"] = .string(authority.certificate.text)
            _ = try await centre.client.updateStatus(cluster, by: "test")
            let isDone = Flag()
            // The site comes to its end by itself: a server does not bear it when it is cancelled under a request.
            async let answers: Void = answer(as: site, authority, centre, until: isDone)
            do {
                try await body(centre, authority)
                isDone.raise()
            } catch {
                isDone.raise()
                throw error
            }
            try await answers
        }
    }

    private func answer(
        as site: Site, _ authority: CertificateAuthority, _ centre: TestCentre, until isDone: Flag
    ) async throws {
        while !isDone.isRaised {
            for request in try await centre.client.list(CertificateSigningRequest.self) where !request.isFinished {
                var answered = request
                let asked = try SigningRequest(pem: PEM(bytes: request.request))
                let profile = CertificateProfile(asked.claimedSubject, [.clientAuthentication])
                let (now, random) = (SystemClock().now, SystemRandom())
                switch site {
                case .sleeps: break
                case .refuses:
                    answered.set(Condition("Failed", .isTrue, reason: "SiteRefuses", message: "not today"), now: now)
                case .signs:
                    answered.certificate = try authority.sign(
                        asked, as: profile, now: now, validity: request.expiration ?? .zero, random: random
                    ).bytes
                case .signsForAnotherKey:
                    answered.certificate = try authority.issue(
                        profile, now: now, validity: .seconds(600), random: random
                    ).certificate.bytes
                }
                guard answered != request else { continue }
                do {
                    _ = try await centre.client.updateStatus(answered, by: "test")
                } catch let error as StatusError where [.notFound, .conflict].contains(error.reason) {
                    // The command has given up in the meantime.
                    continue
                }
            }
            try await SystemClock().sleep(for: .milliseconds(50))
        }
    }

    @Test("issues one for who asks, with a key that the centre never sees")
    func issues() async throws {
        try await withSite(.signs) { centre, authority in
            let run = try await centre.corbel("kubeconfig", "site", "--expires", "1h", "-o", "json")
            #expect(run.code == 0, "\(run)")
            #expect(try run.json["server"] == "https://192.0.2.1:6443")
            let text = try #require(try run.json["kubeconfig"]?.stringValue)
            let context = try KubeconfigFile(parsing: text, from: "kubeconfig").context(nil)
            #expect(context.server == "https://192.0.2.1:6443" && context.userName == "site-admin")
            #expect(context.authority == .data(authority.certificate.bytes))
            guard case .data(let certificate) = context.certificate, case .data(let key) = context.privateKey else {
                Issue.record("\(text)")
                return
            }
            let info = try CertificateInfo(pem: PEM(bytes: certificate))
            #expect(
                info.subject
                    == CertificateSubject(commonName: "corbel:admin", organizations: ["kubeadm:cluster-admins"]))
            #expect(try info.publicKeyDigest == PrivateKey(pem: PEM(bytes: key)).publicKeyDigest)
            #expect(info.validity.notAfter - SystemClock().now <= .seconds(3600))
            #expect(try await centre.client.list(CertificateSigningRequest.self).isEmpty)
        }
    }

    @Test("asks for what was said, and writes a file for one's own eyes")
    func options() async throws {
        let status: JSONValue = ["endpoints": ["192.0.2.1:6443"]]
        try await withSite(.signs, status: status) { centre, _ in
            let run = try await centre.corbel("kubeconfig", "site", "--role", "view", "--out", "site.kubeconfig")
            #expect(run.code == 0 && run.results.isEmpty && run.progress.contains("ends at"), "\(run)")
            let path = "\(centre.directory)/site.kubeconfig"
            let text = String(decoding: try await LinuxFiles().read(path, limit: 1 << 20), as: UTF8.self)
            let context = try KubeconfigFile(parsing: text, from: "kubeconfig").context(nil)
            #expect(context.userName == "site-view")
            guard case .data(let certificate) = context.certificate else { return }
            let info = try CertificateInfo(pem: PEM(bytes: certificate))
            #expect(info.subject.organizations == ["corbel:viewers"])
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
    }

    @Test("says what the site says, and leaves nothing behind")
    func refusals() async throws {
        try await withSite(.refuses) { centre, _ in
            let run = try await centre.corbel("kubeconfig", "site")
            #expect(run.code == 1 && run.progress.contains("gives no certificate: not today"), "\(run)")
            #expect(try await centre.client.list(CertificateSigningRequest.self).isEmpty)
        }
    }

    @Test("takes no certificate of another key")
    func otherKey() async throws {
        try await withSite(.signsForAnotherKey) { centre, _ in
            let run = try await centre.corbel("kubeconfig", "site")
            #expect(run.code == 1 && run.results.isEmpty && run.progress.contains("of another key"), "\(run)")
        }
    }

    @Test("gives up when the site does not answer")
    func silence() async throws {
        try await withSite(.sleeps) { centre, _ in
            let run = try await centre.corbel("kubeconfig", "site", "--timeout", "1s")
            #expect(run.code == 1 && run.progress.contains("has not answered within 1s"), "\(run)")
            #expect(try await centre.client.list(CertificateSigningRequest.self).isEmpty)
        }
    }

    @Test(
        "checks its arguments before anything is sent",
        arguments: [
            (["--expires", "5m"], "not from 10m to 1d"), (["--expires", "2d"], "not from 10m to 1d"),
            (["--role", "god"], "admin"),
        ])
    func arguments(words: [String], message: String) async throws {
        let run = try await CommandLineRun(["kubeconfig", "site"] + words, in: "/nowhere")
        #expect(run.code == 1 && run.progress.contains(message), "\(run)")
    }

    @Test("The way to a site is its endpoint, or the first address that it tells")
    func access() throws {
        func cluster(_ endpoint: JSONValue?, _ site: JSONValue) -> EdgeCluster {
            var cluster = WaitingTests.cluster(["site": site])
            cluster.json["spec", "network", "controlPlaneEndpoint"] = endpoint
            return cluster
        }
        let site: JSONValue = ["authority": "PEM", "endpoints": ["192.0.2.1:6443"]]
        #expect(try SiteAccess(of: cluster(nil, site)).server == "https://192.0.2.1:6443")
        #expect(
            try SiteAccess(of: cluster(["host": "api.example", "port": 443], site)).server == "https://api.example:443")
        #expect(try SiteAccess(of: cluster(["host": "2001:db8::1"], site)).server == "https://[2001:db8::1]:6443")
        for unknown: JSONValue in [[:], ["authority": "PEM"], ["endpoints": ["192.0.2.1:6443"]]] {
            let error = #expect(throws: CommandFailure.self) { try SiteAccess(of: cluster(nil, unknown)) }
            #expect(error?.message.contains("has no API server yet") == true)
        }
    }
}

/// Raised once, and seen from another task.
private final class Flag: Sendable {
    private let state = Mutex(false)

    var isRaised: Bool { state.withLock { $0 } }
    func raise() { state.withLock { $0 = true } }
}
