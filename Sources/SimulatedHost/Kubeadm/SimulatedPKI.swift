import CorbelAPI
import Effects
import EffectsLinux
import HTTPTransport
import KubeClient
import PKI
import ResourceClient

/// The certificates below `/etc/kubernetes/pki`, and the kubeconfigs that hold some of them.
///
/// They follow the clock of the world, which TLS reads, however fast the demo's time runs.
struct SimulatedPKI: Sendable {
    /// Whom a client certificate names.
    struct User: Sendable, Hashable {
        var name: String
        var groups: [String]
        var validity: Duration

        init(_ name: String, _ groups: [String], validity: Duration = .seconds(365 * 86_400)) {
            self.name = name
            self.groups = groups
            self.validity = validity
        }

        static func node(_ name: String) -> User { User("system:node:\(name)", ["system:nodes"]) }
    }

    private static let directory = "/etc/kubernetes/pki"
    private static let clusterAuthority = directory + "/ca"
    private static let etcdAuthority = directory + "/etcd/ca"

    let files: RootedFiles
    let random: SystemRandom

    private let clock = SystemClock()

    init(files: RootedFiles, random: SystemRandom) {
        self.files = files
        self.random = random
    }

    // MARK: Authorities

    /// Makes the authorities of a new cluster, as far as they are not there.
    func makeAuthorities() async throws {
        try await files.makeDirectory(Self.directory + "/etcd", mode: 0o755)
        for (path, name) in [(Self.clusterAuthority, "kubernetes"), (Self.etcdAuthority, "etcd-ca")]
        where try await !files.exists(path + ".crt") {
            let authority = try CertificateAuthority.selfSigned(commonName: name, now: clock.now, random: random)
            try await files.writeDurably(path + ".key", try authority.privateKey.bytes, mode: 0o600)
            try await files.writeDurably(path + ".crt", authority.certificate.bytes, mode: 0o644)
        }
    }

    /// What a worker has of the cluster's authority.
    func install(clusterAuthority: [UInt8]) async throws {
        try await files.makeDirectory(Self.directory, mode: 0o755)
        try await files.writeDurably(Self.clusterAuthority + ".crt", clusterAuthority, mode: 0o644)
    }

    private func authority(_ path: String) async throws -> CertificateAuthority {
        try CertificateAuthority(
            certificate: PEM(bytes: try await files.read(path + ".crt", limit: 1 << 16)),
            privateKey: PEM(bytes: try await files.read(path + ".key", limit: 1 << 16)))
    }

    // MARK: A control-plane host

    func issueControlPlane(_ settings: KubeadmSettings, address: String) async throws {
        let cluster = try await authority(Self.clusterAuthority)
        try await issueEtcd(settings.nodeName, address)
        let names = settings.certificateNames + [address, "localhost", "127.0.0.1"]
        try await issue(.server("kube-apiserver", reachedAs: names), by: cluster, to: "apiserver")
        try await issue(
            .client("system:kube-controller-manager", organizations: ["system:masters"]), by: cluster,
            to: "controller-manager")
        try await issue(
            .client("system:node:\(settings.nodeName)", organizations: ["system:nodes"]), by: cluster, to: "kubelet")
    }

    private func issueEtcd(_ name: String, _ address: String) async throws {
        let etcd = try await authority(Self.etcdAuthority)
        let both = CertificateProfile(
            CertificateSubject(commonName: name), [.serverAuthentication, .clientAuthentication],
            dnsNames: ["localhost", name], addresses: ["127.0.0.1", address])
        try await issue(both, by: etcd, to: "etcd/server")
        try await issue(both, by: etcd, to: "etcd/peer")
        try await issue(
            .client("kube-etcd-healthcheck-client", organizations: ["system:masters"]), by: etcd,
            to: "etcd/healthcheck-client")
        try await issue(
            .client("kube-apiserver-etcd-client", organizations: ["system:masters"]), by: etcd,
            to: "apiserver-etcd-client")
    }

    private func issue(_ profile: CertificateProfile, by authority: CertificateAuthority, to name: String) async throws
    {
        let issued = try authority.issue(
            profile, now: clock.now, validity: .seconds(365 * 86_400), random: random)
        try await save(try issued.privateKey.pem.bytes, issued.certificate.bytes, to: name)
    }

    private func save(_ key: [UInt8], _ certificate: [UInt8], to name: String) async throws {
        try await files.writeDurably("\(Self.directory)/\(name).key", key, mode: 0o600)
        try await files.writeDurably("\(Self.directory)/\(name).crt", certificate, mode: 0o644)
    }

    // MARK: A worker

    /// Asks the cluster for the node's certificate, and waits until it is signed.
    func requestNodeCertificate(of name: String, _ discovery: Kubeconfig, time: any TimeSource) async throws {
        let key = PrivateKey()
        let user = User.node(name)
        let request = try SigningRequest(
            CertificateSubject(commonName: user.name, organizations: user.groups), key: key)
        let client = try KubeClient.site(discovery)
        var wanted = CertificateSigningRequest(name: "node-csr-\(name)-\(random.uuid())")
        wanted.json["spec"] = [
            "request": .string(Base64.encode(request.pem.bytes)),
            "signerName": "kubernetes.io/kube-apiserver-client-kubelet",
            "usages": ["digital signature", "client auth"],
        ]
        let created = try await client.create(Unstructured(wanted), WriteOptions(fieldManager: "kubeadm"))
        for _ in 0..<240 {
            let current = try await client.get(created.key)
            if let text = current.json["status", "certificate"]?.stringValue, let bytes = Base64.decode(text) {
                return try await save(try key.pem.bytes, bytes, to: "kubelet")
            }
            try await time.sleep(for: .seconds(1))
        }
        throw StatusError(.timeout, "nobody signed the certificate of the node \(name)")
    }

    // MARK: Kubeconfigs

    func kubeconfig(for user: User, server: String) async throws -> Kubeconfig {
        let cluster = try await authority(Self.clusterAuthority)
        let issued = try cluster.issue(
            .client(user.name, organizations: user.groups), now: clock.now, validity: user.validity, random: random)
        return Kubeconfig(
            name: "kubernetes", server: server, authority: cluster.certificate.bytes, userName: user.name,
            certificate: issued.certificate.bytes, privateKey: try issued.privateKey.pem.bytes)
    }

    /// A kubeconfig as JSON, which kubectl reads as the YAML that it is.
    func writeKubeconfig(_ path: String, _ user: User, server: String) async throws {
        let kubeconfig = try await kubeconfig(for: user, server: server)
        try await files.writeDurably(path, kubeconfig.json.encoded, mode: 0o600)
    }

    /// The kubeconfig of a node whose certificate is there.
    func writeNodeKubeconfig(_ name: String, server: String) async throws {
        let kubeconfig = Kubeconfig(
            name: "kubernetes", server: server,
            authority: try await files.read(Self.clusterAuthority + ".crt", limit: 1 << 16),
            userName: User.node(name).name,
            certificate: try await files.read(Self.directory + "/kubelet.crt", limit: 1 << 16),
            privateKey: try await files.read(Self.directory + "/kubelet.key", limit: 1 << 16))
        try await files.writeDurably("/etc/kubernetes/kubelet.conf", kubeconfig.json.encoded, mode: 0o600)
    }
}

extension KubeClient {
    /// A client of a site, as whom a kubeconfig names.
    static func site(_ kubeconfig: Kubeconfig) throws -> KubeClient {
        let sender = try TLSHTTPSender(
            .init(
                authorities: kubeconfig.authority, certificate: kubeconfig.certificate,
                privateKey: kubeconfig.privateKey))
        return KubeClient(server: kubeconfig.server, sender: sender, registry: .site, userAgent: "kubeadm")
    }
}
