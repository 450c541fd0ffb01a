import CorbelAPI
import Effects
import EffectsLinux
import KubeClient
import PKI

/// What `kubeadm` does, as far as a simulated host needs it: authorities and certificates, kubeconfigs, services.
struct SimulatedKubeadm: Sendable {
    static let configurationPath = "/etc/kubernetes/corbel/kubeadm.json"
    private static let year = Duration.seconds(365 * 86_400)

    let address: String
    let image: SimulatedImage
    let files: RootedFiles
    let services: SimulatedServices
    let supervisor: ProcessSupervisor
    let time: any TimeSource
    let random: SystemRandom

    /// Certificates follow the clock of the world, which TLS reads, however fast the demo's time runs.
    private let clock = SystemClock()

    func run(_ words: [String]) async -> CommandResult {
        do {
            switch words.first {
            case "init" where words.contains("phase"): return CommandResult(.exited(0))
            case "init": try await initialize()
            case "reset": try await supervisor.stopAll()
            case "upgrade": try await upgrade()
            default:
                throw StatusError(.badRequest, "the stand-in for kubeadm does not know \(words.joined(separator: " "))")
            }
            return CommandResult(.exited(0))
        } catch {
            return CommandResult(.exited(1), errorOutput: Array("kubeadm (stand-in): \(error)\n".utf8))
        }
    }

    // MARK: Commands

    private func initialize() async throws {
        let documents = try await documents()
        let name = documents["InitConfiguration"]?["nodeRegistration", "name"]?.stringValue ?? ""
        let clusterAuthority = try await authority("/etc/kubernetes/pki/ca", "kubernetes")
        let etcdAuthority = try await authority("/etc/kubernetes/pki/etcd/ca", "etcd-ca")
        try await issueEtcdCertificates(etcdAuthority, name)
        try await issueServerCertificate(clusterAuthority, documents["ClusterConfiguration"])
        try await issue(
            .client("system:kube-controller-manager", organizations: ["system:masters"]), by: clusterAuthority,
            to: "/etc/kubernetes/pki/controller-manager")
        try await issue(
            .client("system:node:\(name)", organizations: ["system:nodes"]), by: clusterAuthority,
            to: "/etc/kubernetes/pki/kubelet")
        try await writeKubeconfig(
            "/etc/kubernetes/admin.conf", clusterAuthority, "kubernetes-admin", groups: ["system:masters"])
        try await writeKubeconfig(
            "/etc/kubernetes/kubelet.conf", clusterAuthority, "system:node:\(name)", groups: ["system:nodes"])
        var member = SimulatedMember(
            name: name, role: .controlPlane, initialCluster: "\(name)=https://\(address):2380")
        member.registration = documents["InitConfiguration"]?["nodeRegistration"] ?? .object([:])
        try await services.save(member)
        try await startServices()
        try await waitUntilAPIAnswers()
    }

    private func upgrade() async throws {
        for name in try await services.names() { try await supervisor.restart(name) }
        try await waitUntilAPIAnswers()
    }

    func startServices() async throws {
        try await services.prepare()
        for name in try await services.names() { try await supervisor.start(name) }
    }

    private func waitUntilAPIAnswers() async throws {
        for _ in 0..<240 {
            if await services.apiAnswers() { return }
            try await time.sleep(for: .seconds(1))
        }
        throw StatusError(.timeout, "the API server of \(address) did not answer in time")
    }

    /// The documents of the configuration, by kind.
    private func documents() async throws -> [String: JSONValue] {
        let text = String(decoding: try await files.read(Self.configurationPath, limit: 1 << 20), as: UTF8.self)
        var documents: [String: JSONValue] = [:]
        for part in text.split(separator: "\n---\n") {
            let json = try JSONValue(parsing: String(part))
            documents[json["kind"]?.stringValue ?? ""] = json
        }
        return documents
    }

    // MARK: Certificates

    private func authority(_ path: String, _ name: String) async throws -> CertificateAuthority {
        if try await files.exists(path + ".crt") {
            return try CertificateAuthority(
                certificate: PEM(bytes: try await files.read(path + ".crt", limit: 1 << 16)),
                privateKey: PEM(bytes: try await files.read(path + ".key", limit: 1 << 16)))
        }
        let authority = try CertificateAuthority.selfSigned(commonName: name, now: clock.now, random: random)
        try await files.makeDirectory("/etc/kubernetes/pki/etcd", mode: 0o755)
        try await files.writeDurably(path + ".key", try authority.privateKey.bytes, mode: 0o600)
        try await files.writeDurably(path + ".crt", authority.certificate.bytes, mode: 0o644)
        return authority
    }

    init(
        address: String, image: SimulatedImage, files: RootedFiles, services: SimulatedServices,
        supervisor: ProcessSupervisor, time: any TimeSource, random: SystemRandom
    ) {
        self.address = address
        self.image = image
        self.files = files
        self.services = services
        self.supervisor = supervisor
        self.time = time
        self.random = random
    }

    private func issueEtcdCertificates(_ authority: CertificateAuthority, _ name: String) async throws {
        let subject = CertificateSubject(commonName: name)
        let both = CertificateProfile(
            subject, [.serverAuthentication, .clientAuthentication], dnsNames: ["localhost", name],
            addresses: ["127.0.0.1", address])
        try await issue(both, by: authority, to: "/etc/kubernetes/pki/etcd/server")
        try await issue(both, by: authority, to: "/etc/kubernetes/pki/etcd/peer")
        try await issue(
            .client("kube-etcd-healthcheck-client", organizations: ["system:masters"]), by: authority,
            to: "/etc/kubernetes/pki/etcd/healthcheck-client")
        try await issue(
            .client("kube-apiserver-etcd-client", organizations: ["system:masters"]), by: authority,
            to: "/etc/kubernetes/pki/apiserver-etcd-client")
    }

    private func issueServerCertificate(_ authority: CertificateAuthority, _ configuration: JSONValue?) async throws {
        let names = configuration?["apiServer", "certSANs"]?.stringList ?? []
        try await issue(
            .server("kube-apiserver", reachedAs: names + [address, "localhost", "127.0.0.1"]), by: authority,
            to: "/etc/kubernetes/pki/apiserver")
    }

    private func issue(_ profile: CertificateProfile, by authority: CertificateAuthority, to path: String) async throws
    {
        let issued = try authority.issue(profile, now: clock.now, validity: Self.year, random: random)
        try await files.writeDurably(path + ".key", try issued.privateKey.pem.bytes, mode: 0o600)
        try await files.writeDurably(path + ".crt", issued.certificate.bytes, mode: 0o644)
    }

    /// A kubeconfig as JSON, which kubectl reads as the YAML that it is.
    private func writeKubeconfig(
        _ path: String, _ authority: CertificateAuthority, _ user: String, groups: [String]
    ) async throws {
        let issued = try authority.issue(
            .client(user, organizations: groups), now: clock.now, validity: Self.year, random: random)
        let kubeconfig = Kubeconfig(
            name: "kubernetes", server: "https://\(address):6443", authority: authority.certificate.bytes,
            userName: user,
            certificate: issued.certificate.bytes, privateKey: try issued.privateKey.pem.bytes)
        try await files.writeDurably(path, kubeconfig.json.encoded, mode: 0o600)
    }
}
