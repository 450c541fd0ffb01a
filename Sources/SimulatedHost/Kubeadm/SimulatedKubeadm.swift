import CorbelAPI
import Effects
import EffectsLinux
import KubeClient

/// What `kubeadm` does, as far as a simulated host needs it: authorities and certificates, kubeconfigs, services.
///
/// What it writes lies where kubeadm writes it, and it takes what it is told from kubeadm's own configuration file.
struct SimulatedKubeadm: Sendable {
    private static let configurationPath = "/etc/kubernetes/corbel/kubeadm.json"

    let address: String
    let files: RootedFiles
    let binaries: SimulatedBinaries
    let services: SimulatedServices
    let supervisor: ProcessSupervisor
    let time: any TimeSource
    let pki: SimulatedPKI
    let etcd: SimulatedEtcdMembership

    func run(_ words: [String]) async -> CommandResult {
        do {
            switch words.first {
            case "init" where words.contains("control-plane"): try await upgrade()
            case "init" where words.contains("kubeconfig"): try await renewCertificates()
            case "certs" where words.contains("renew"): try await renewCertificates()
            case "init" where words.contains("phase"): return CommandResult(.exited(0))
            case "init": try await initialize()
            case "join": try await join()
            case "reset": try await supervisor.stopAll()
            case "upgrade": try await upgrade()
            case "kubeconfig": return CommandResult(.exited(0), output: try await issueKubeconfig(words))
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
        let settings = try await settings("InitConfiguration")
        try await pki.makeAuthorities()
        try await issueControlPlane(settings)
        var member = SimulatedMember(
            name: settings.nodeName, role: .controlPlane, initialCluster: "\(settings.nodeName)=https://\(address):2380"
        )
        member.registration = settings.registration
        try await services.save(member)
        try await startServices()
        try await waitUntilAPIAnswers()
    }

    private func join() async throws {
        let settings = try await settings("JoinConfiguration")
        let discovery = try await discovery(settings)
        if settings.isControlPlane {
            try await joinControlPlane(settings)
        } else {
            try await joinAsWorker(settings, discovery)
        }
    }

    private func joinControlPlane(_ settings: KubeadmSettings) async throws {
        try await issueControlPlane(settings)
        let administrator = try await client(of: "/etc/kubernetes/admin.conf")
        let initialCluster = try await etcd.add(settings.nodeName, administrator: administrator)
        var member = SimulatedMember(
            name: settings.nodeName, role: .controlPlane, initialCluster: initialCluster, joinsEtcd: true)
        member.registration = settings.registration
        try await services.save(member)
        try await services.prepare()
        try await supervisor.start("etcd")
        try await etcd.promote(settings.nodeName, administrator: administrator)
        try await startServices()
        try await waitUntilAPIAnswers()
    }

    private func joinAsWorker(_ settings: KubeadmSettings, _ discovery: Kubeconfig) async throws {
        try await pki.install(clusterAuthority: discovery.authority)
        try await pki.requestNodeCertificate(of: settings.nodeName, discovery, time: time)
        try await pki.writeNodeKubeconfig(settings.nodeName, server: settings.server)
        var member = SimulatedMember(name: settings.nodeName, role: .worker, initialCluster: "")
        member.registration = settings.registration
        try await services.save(member)
        try await startServices()
    }

    private func issueControlPlane(_ settings: KubeadmSettings) async throws {
        try await pki.issueControlPlane(settings, address: address)
        try await pki.writeNodeKubeconfig(settings.nodeName, server: settings.server)
        try await pki.writeKubeconfig(
            "/etc/kubernetes/admin.conf", .init("kubernetes-admin", ["system:masters"]), server: settings.server)
    }

    /// As kubeadm does, it needs no API server for it, and leaves restarting to others.
    private func renewCertificates() async throws {
        try await issueControlPlane(try await settings("InitConfiguration"))
    }

    /// Ends the container of a static pod, which kubelet starts anew.
    func restart(_ component: String) async throws {
        let services = ["kube-apiserver": "kube-apiserver", "kube-controller-manager": "kube-controllers"]
        if let service = services[component] { try await supervisor.restart(service) }
    }

    /// Brings the node to the version that its configuration names. That the programs of another version arrive with
    /// it is the part of an upgrade in place that nothing else here stands in for.
    private func upgrade() async throws {
        try await binaries.install(try await settings("InitConfiguration").kubernetesVersion)
        try await services.prepare()
        // kubeadm leaves etcd alone where the new version brings the same one.
        for name in try await services.names() where name != "etcd" { try await supervisor.restart(name) }
        try await waitUntilAPIAnswers()
    }

    private func issueKubeconfig(_ words: [String]) async throws -> [UInt8] {
        func option(_ name: String) -> String? {
            words.first { $0.hasPrefix("--\(name)=") }.map { String($0.dropFirst(name.count + 3)) }
        }
        guard words.dropFirst().first == "user", let name = option("client-name") else {
            throw StatusError(.badRequest, "kubeconfig user --client-name is required")
        }
        let hours = option("validity-period").flatMap { $0.hasSuffix("h") ? Int($0.dropLast()) : nil } ?? 8760
        let user = SimulatedPKI.User(name, option("org").map { [$0] } ?? [], validity: .seconds(hours * 3600))
        let settings = try await settings("InitConfiguration")
        return try await pki.kubeconfig(for: user, server: settings.server).json.encoded
    }

    // MARK: Services

    func startServices() async throws {
        try await services.prepare()
        for name in try await services.names() { try await supervisor.start(name) }
    }

    private func waitUntilAPIAnswers() async throws {
        guard try await services.names().contains("kube-apiserver") else { return }
        for _ in 0..<240 {
            if await services.apiAnswers() { return }
            try await time.sleep(for: .seconds(1))
        }
        throw StatusError(.timeout, "the API server of \(address) did not answer in time")
    }

    // MARK: Configuration

    private func settings(_ kind: String) async throws -> KubeadmSettings {
        let text = String(decoding: try await files.read(Self.configurationPath, limit: 1 << 20), as: UTF8.self)
        var documents: [String: JSONValue] = [:]
        for part in text.split(separator: "\n---\n") {
            let json = try JSONValue(parsing: String(part))
            documents[json["kind"]?.stringValue ?? ""] = json
        }
        return KubeadmSettings(
            cluster: documents["ClusterConfiguration"] ?? .object([:]), own: documents[kind] ?? .object([:]))
    }

    private func discovery(_ settings: KubeadmSettings) async throws -> Kubeconfig {
        let path = settings.own["discovery", "file", "kubeConfigPath"]?.stringValue ?? ""
        return try Kubeconfig(json: try JSONValue(parsing: try await files.read(path, limit: 1 << 20)))
    }

    private func client(of path: String) async throws -> KubeClient {
        try KubeClient.site(try Kubeconfig(json: try JSONValue(parsing: try await files.read(path, limit: 1 << 20))))
    }
}

/// What kubeadm's configuration documents say.
struct KubeadmSettings: Sendable, Hashable {
    var cluster: JSONValue
    /// InitConfiguration or JoinConfiguration.
    var own: JSONValue

    var registration: JSONValue { own["nodeRegistration"] ?? .object([:]) }
    var nodeName: String { registration["name"]?.stringValue ?? "" }
    var isControlPlane: Bool { own["controlPlane"] != nil }
    /// Where kubeconfigs point.
    var server: String { "https://\(cluster["controlPlaneEndpoint"]?.stringValue ?? "")" }
    /// Without the leading `v`.
    var kubernetesVersion: String {
        let text = cluster["kubernetesVersion"]?.stringValue ?? ""
        return text.hasPrefix("v") ? String(text.dropFirst()) : text
    }
    var certificateNames: [String] { cluster["apiServer", "certSANs"]?.stringList ?? [] }
}
