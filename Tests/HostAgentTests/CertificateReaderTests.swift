import CorbelAPI
import Distros
import Effects
import HostPlan
import PKI
import ScriptedEffects
import Testing

@testable import HostAgent

@Suite("Certificates of Kubernetes on a host")
struct CertificateReaderTests {
    private static let now = Timestamp(seconds: 1_800_000_000)

    private static func issue(_ days: Int) throws -> PEM {
        let authority = try CertificateAuthority.selfSigned(commonName: "kubernetes", now: now, random: CountedRandom())
        return try authority.issue(
            .client("somebody", organizations: []), now: now, validity: .seconds(days * 86_400), random: CountedRandom()
        ).certificate
    }

    private func first(_ files: [String: String]) async -> HostCertificates? {
        await CertificateReader(files: MemoryFiles(files)).first(of: Kubeadm().certificates(.controlPlane))
    }

    @Test("the one that ends first is told, in whatever file it stands")
    func earliest() async throws {
        let (long, short) = (try Self.issue(300), try Self.issue(30))
        let encoded = Base64.encode(short.bytes)
        var files = [
            "/etc/kubernetes/pki/apiserver.crt": long.text, "/etc/kubernetes/pki/etcd/peer.crt": long.text,
            "/etc/kubernetes/scheduler.conf": "users:\n- user:\n    client-certificate-data: \(encoded)\n",
        ]
        let end = (Self.now + .seconds(30 * 86_400)).rfc3339
        #expect(await first(files)?.expires.rfc3339 == end)
        #expect(await first(files)?.name == "scheduler.conf")
        files["/etc/kubernetes/scheduler.conf"] = "{\"user\":{\"client-certificate-data\":\"\(encoded)\"}}"
        #expect(await first(files)?.name == "scheduler.conf")
        files["/etc/kubernetes/scheduler.conf"] = nil
        #expect(await first(files)?.name == "apiserver")
    }

    @Test("kubelet's is the one that it rotates, whatever its first kubeconfig holds")
    func kubelet() async throws {
        let (long, short) = (try Self.issue(300), try Self.issue(30))
        let key = "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n"
        let files = [
            "/var/lib/kubelet/pki/kubelet-client-current.pem": long.text + key,
            "/etc/kubernetes/kubelet.conf": "client-certificate-data: \(Base64.encode(short.bytes))",
        ]
        #expect(await first(files)?.expires.rfc3339 == (Self.now + .seconds(300 * 86_400)).rfc3339)
    }

    @Test("what is not there or cannot be read is left out")
    func unreadable() async throws {
        #expect(await first([:]) == nil)
        #expect(await first(["/etc/kubernetes/pki/apiserver.crt": "no certificate"]) == nil)
        let torn = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
        #expect(await first(["/etc/kubernetes/pki/apiserver.crt": torn]) == nil)
    }
}
