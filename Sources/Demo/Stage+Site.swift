import CorbelAPI
import Effects
import HTTPTransport
import KubeClient
import ResourceClient

// The site: what its own API server and its etcd say.
extension Stage {
    /// A client of the site's API server, by the kubeconfig that kubeadm left on the first control-plane host.
    func site() async throws -> any ResourceClient {
        let kubeconfig = try await siteKubeconfig()
        let sender = try senders.sender(
            for: .init(
                authorities: kubeconfig.authority, certificate: kubeconfig.certificate,
                privateKey: kubeconfig.privateKey))
        return KubeClient(server: kubeconfig.server, sender: sender, registry: .site, userAgent: "corbel-demo")
    }

    private func siteKubeconfig() async throws -> Kubeconfig {
        let path = layout.hostDirectory(1) + "/disk/etc/kubernetes/admin.conf"
        return try Kubeconfig(json: try JSONValue(parsing: try await files.read(path, limit: 1 << 20)))
    }

    /// Leaves the site's kubeconfig where people find it.
    func writeSiteKubeconfig() async throws {
        let text = try await siteKubeconfig().text
        try await files.writeDurably(layout.siteKubeconfigPath, Array(text.utf8), mode: 0o600)
    }

    /// The members of the site's etcd, asked of one host.
    func etcdMembers(through number: Int = 1) async throws -> [EtcdMemberEntry] {
        let pki = layout.hostDirectory(number) + "/disk/etc/kubernetes/pki/etcd"
        let sender = try senders.sender(
            for: .init(
                authorities: try await files.read(pki + "/ca.crt", limit: 1 << 16),
                certificate: try await files.read(pki + "/healthcheck-client.crt", limit: 1 << 16),
                privateKey: try await files.read(pki + "/healthcheck-client.key", limit: 1 << 16)))
        let url = "https://\(layout.hostAddress(number)):2379/v3/cluster/member/list"
        let call = HTTPCall("POST", url, body: Array("{}".utf8), timeout: .seconds(5))
        let reply = try await sender.send(call, limit: 1 << 20)
        guard reply.status == 200 else { throw StatusError(.serviceUnavailable, "etcd answered \(reply.status)") }
        return (try JSONValue(parsing: reply.body)["members"]?.arrayValue ?? []).map(EtcdMemberEntry.init(json:))
    }
}

/// A member of etcd, as etcd lists it.
struct EtcdMemberEntry: Sendable, Hashable, CustomStringConvertible {
    var name: String
    var isLearner: Bool

    init(json: JSONValue) {
        name = json["name"]?.stringValue ?? ""
        isLearner = json["isLearner"]?.boolValue ?? false
    }

    var description: String { isLearner ? "\(name) (learner)" : name }
}
