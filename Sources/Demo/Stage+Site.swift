import CorbelAPI
import Effects
import EffectsLinux
import HTTPTransport
import KubeClient
import ResourceClient
import YAML

// The site: what its own API server and its etcd say.
extension Stage {
    private static let administratorPath = "/disk/etc/kubernetes/admin.conf"

    /// A client of the site's API server that may do everything: by the kubeconfig that kubeadm left on a control-plane
    /// host that is up, through that host's balancer.
    func site() async throws -> any ResourceClient {
        let number = try await liveControlPlaneHost()
        return try client(of: try await kubeconfig(at: layout.hostDirectory(number) + Self.administratorPath))
    }

    private func client(of kubeconfig: Kubeconfig) throws -> any ResourceClient {
        let sender = try senders.sender(
            for: .init(
                authorities: kubeconfig.authority, certificate: kubeconfig.certificate,
                privateKey: kubeconfig.privateKey))
        return KubeClient(server: kubeconfig.server, sender: sender, registry: .site, userAgent: "corbel-demo")
    }

    private func kubeconfig(at path: String) async throws -> Kubeconfig {
        let text = String(decoding: try await files.read(path, limit: 1 << 20), as: UTF8.self)
        return try Kubeconfig(json: try JSONValue(yaml: text))
    }

    /// The first control-plane host that is switched on.
    func liveControlPlaneHost() async throws -> Int {
        for number in allHosts {
            guard await isOn(host: number) else { continue }
            if try await files.exists(layout.hostDirectory(number) + Self.administratorPath) { return number }
        }
        throw StatusError(.serviceUnavailable, "no control-plane host of the site is up")
    }

    // MARK: The kubeconfig of people

    /// Leaves the site's kubeconfig where people find it: as the site issues it to whoever asks at the centre.
    func writeSiteKubeconfig() async throws {
        let path = layout.siteKubeconfigPath
        try await require("corbel kubeconfig gets a kubeconfig from the site") {
            let result = try await SubprocessRunner().run(
                Command(
                    layout.settings.corbelPath,
                    [
                        "kubeconfig", DemoLayout.clusterName, "--kubeconfig", layout.centreKubeconfigPath, "--out",
                        path,
                        "--timeout", "30s",
                    ], timeout: .seconds(40)))
            let told = String(decoding: result.errorOutput.suffix(400), as: UTF8.self).split(separator: "\n")
            return Sighting(result.isSuccess, String(told.last { !$0.hasPrefix("hint") } ?? ""))
        }
        try await expectAccess()
    }

    /// The kubeconfig that was issued once lets its owner in, whichever host leads the site.
    func expectAccess() async throws {
        try await expect("the site answers the issued kubeconfig at its own address, \(layout.addresses.site)") {
            let kubeconfig = try await kubeconfig(at: layout.siteKubeconfigPath)
            let nodes = try await client(of: kubeconfig).list(Node.self).map(\.name).sorted()
            let isThere = kubeconfig.server == "https://\(layout.addresses.site):6443" && !nodes.isEmpty
            return Sighting(isThere, "\(kubeconfig.server): \(nodes.joined(separator: ", "))")
        }
    }

    // MARK: etcd

    /// The members of the site's etcd, asked of a host that is up.
    func etcdMembers() async throws -> [EtcdMemberEntry] {
        let json = try await askEtcd("cluster/member/list", on: try await liveControlPlaneHost())
        return (json["members"]?.arrayValue ?? []).map(EtcdMemberEntry.init(json:))
    }

    /// What the member of a host answers.
    func askEtcd(_ path: String, on number: Int) async throws -> JSONValue {
        let pki = layout.hostDirectory(number) + "/disk/etc/kubernetes/pki/etcd"
        let sender = try senders.sender(
            for: .init(
                authorities: try await files.read(pki + "/ca.crt", limit: 1 << 16),
                certificate: try await files.read(pki + "/healthcheck-client.crt", limit: 1 << 16),
                privateKey: try await files.read(pki + "/healthcheck-client.key", limit: 1 << 16)))
        let url = "https://\(layout.hostAddress(number)):2379/v3/\(path)"
        let call = HTTPCall("POST", url, body: Array("{}".utf8), timeout: .seconds(5))
        let reply = try await sender.send(call, limit: 1 << 20)
        guard reply.status == 200 else { throw StatusError(.serviceUnavailable, "etcd answered \(reply.status)") }
        return try JSONValue(parsing: reply.body)
    }
}

/// A member of etcd, as etcd lists it.
struct EtcdMemberEntry: Sendable, Hashable, CustomStringConvertible {
    /// A number, as the gateway writes it.
    var id: String
    var name: String
    var isLearner: Bool

    init(json: JSONValue) {
        id = json["ID"]?.stringValue ?? ""
        name = json["name"]?.stringValue ?? ""
        isLearner = json["isLearner"]?.boolValue ?? false
    }

    var description: String { isLearner ? "\(name) (learner)" : name }
}
