import CorbelAPI
import Effects
import KubeClient
import ResourceClient

/// How this host reaches its site's API server: with the kubeconfig that the distribution left on it.
struct SiteAccess: Sendable {
    private static let administratorPath = "/etc/kubernetes/admin.conf"
    /// The administrator's on a control-plane host, kubelet's on a worker.
    private static let paths = [administratorPath, "/etc/kubernetes/kubelet.conf"]

    let effects: HostEffects

    /// A client, or `nil` while the host is no member of a site.
    func client() async throws -> (any ResourceClient)? { try await client(Self.paths) }

    /// A client that may do everything, or `nil` on a host that is no control-plane host.
    func administrator() async throws -> (any ResourceClient)? { try await client([Self.administratorPath]) }

    private func client(_ paths: [String]) async throws -> (any ResourceClient)? {
        guard let kubeconfig = try await kubeconfig(paths) else { return nil }
        let sender = try effects.sender(
            SenderIdentity(
                authorities: kubeconfig.authority, certificate: kubeconfig.certificate,
                privateKey: kubeconfig.privateKey))
        return KubeClient(server: kubeconfig.server, sender: sender, registry: .site, userAgent: "corbel-agent")
    }

    /// Whether the API server says that it is ready.
    func isReady() async throws -> Bool {
        guard let kubeconfig = try await kubeconfig(Self.paths) else { return false }
        let sender = try effects.sender(SenderIdentity(authorities: kubeconfig.authority))
        do {
            let reply = try await sender.send(
                HTTPCall("GET", kubeconfig.server + "/readyz", timeout: .seconds(3)), limit: 1 << 16)
            return reply.status == 200
        } catch is StatusError {
            return false
        }
    }

    private func kubeconfig(_ paths: [String]) async throws -> Kubeconfig? {
        for path in paths where try await effects.files.exists(path) {
            let bytes = try await effects.files.read(path, limit: 256 << 10)
            return try Kubeconfig(json: try await json(of: path, bytes))
        }
        return nil
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
