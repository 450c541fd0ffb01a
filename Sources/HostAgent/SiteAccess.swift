import CorbelAPI
import Effects
import KubeClient
import PKI
import ResourceClient

/// The ways in which this host speaks to its site's API servers, all of them through its own balancer.
struct SiteAccess: Sendable {
    static let administratorPath = "/etc/kubernetes/admin.conf"
    private static let nodePath = "/etc/kubernetes/kubelet.conf"

    let effects: HostEffects
    let directory: SiteDirectory
    let centre: CentreLink
    /// Where the host's balancer listens.
    let balancer: SocketEndpoint

    /// A client that acts as this host, and may touch what is the host's own; `nil` while the site is not known. A host
    /// has it before it joins.
    ///
    /// The host's certificate is the centre's, and ends where the link is down for a month. A control-plane host has
    /// another way in then.
    func host() async throws -> (any ResourceClient)? {
        guard let authority = try await directory.authority() else { return nil }
        let identity = try await centre.identity(trusting: authority)
        if hasEnded(identity), let administrator = try await administrator() { return administrator }
        let sender = try effects.sender(identity)
        return KubeClient(server: "https://\(balancer)", sender: sender, registry: .site, userAgent: "corbel-agent")
    }

    private func hasEnded(_ identity: SenderIdentity) -> Bool {
        guard let info = try? CertificateInfo(pem: PEM(bytes: identity.certificate)) else { return false }
        return info.validity.notAfter < effects.worldTime.now
    }

    /// A client that may read Nodes: the administrator's on a control-plane host, kubelet's on a worker; `nil` while
    /// the host is no member.
    func node() async throws -> (any ResourceClient)? { try await client([Self.administratorPath, Self.nodePath]) }

    /// A client that may do everything, or `nil` on a host that is no control-plane host.
    func administrator() async throws -> (any ResourceClient)? { try await client([Self.administratorPath]) }

    /// Whether this host has the administrator's kubeconfig.
    func isControlPlaneHost() async throws -> Bool { try await effects.files.exists(Self.administratorPath) }

    private func client(_ paths: [String]) async throws -> (any ResourceClient)? {
        for path in paths where try await effects.files.exists(path) {
            let kubeconfig = try await KubeconfigReader(effects: effects).kubeconfig(at: path)
            let sender = try effects.sender(
                SenderIdentity(
                    authorities: kubeconfig.authority, certificate: kubeconfig.certificate,
                    privateKey: kubeconfig.privateKey))
            return KubeClient(server: kubeconfig.server, sender: sender, registry: .site, userAgent: "corbel-agent")
        }
        return nil
    }

    /// Whether an API server of the site says that it is ready.
    func isReady() async throws -> Bool {
        guard let authority = try await directory.authority() else { return false }
        let sender = try effects.sender(SenderIdentity(authorities: authority))
        do {
            let reply = try await sender.send(
                HTTPCall("GET", "https://\(balancer)/readyz", timeout: .seconds(3)), limit: 1 << 16)
            return reply.status == 200
        } catch is StatusError {
            return false
        }
    }
}

/// Reads kubeconfigs that the distribution's programs write.
struct KubeconfigReader: Sendable {
    let effects: HostEffects

    func kubeconfig(at path: String) async throws -> Kubeconfig {
        let bytes = try await effects.files.read(path, limit: 256 << 10)
        return try Kubeconfig(json: try await json(of: path, bytes))
    }

    /// A kubeconfig may be JSON or YAML. The agent links no YAML parser (it would cost all of Foundation), and every
    /// slot has kubectl.
    private func json(of path: String, _ bytes: [UInt8]) async throws -> JSONValue {
        if bytes.first == UInt8(ascii: "{") { return try JSONValue(parsing: bytes) }
        let result = try await effects.commands.run(
            Command(
                "kubectl", ["config", "view", "--raw", "--output=json", "--kubeconfig", path], timeout: .seconds(10)))
        guard result.isSuccess else {
            throw StatusError(
                .invalid, "\(path) cannot be read: \(String(decoding: result.errorOutput.suffix(200), as: UTF8.self))")
        }
        return try JSONValue(parsing: result.output)
    }
}
