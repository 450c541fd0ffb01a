import CorbelAPI

/// The way into a site that its EdgeCluster publishes.
///
/// The centre holds no credential of a site (`docs/decisions/no-cluster-credentials-at-centre.md`): `status.site`
/// tells where the API server is, and holds a kubeconfig only where the site has issued one.
struct SiteAccess: Sendable {
    /// The kubeconfig that the site has issued, as YAML.
    let kubeconfig: String

    /// - Throws: ``CommandFailure`` where the site has issued none.
    init(of cluster: EdgeCluster) throws {
        let site = cluster.json["status", "site"]
        if let text = site?["kubeconfig"]?.stringValue, !text.isEmpty {
            kubeconfig = text
            return
        }
        let endpoints = Self.endpoints(site)
        guard !endpoints.isEmpty else {
            throw CommandFailure(
                "the site of \(cluster.name) has no API server yet: the cluster is \(cluster.phase.rawValue)",
                hint: "`corbel explain \(cluster.name)` tells what it waits for")
        }
        let places = endpoints.joined(separator: ", ")
        throw CommandFailure(
            "the site of \(cluster.name) has not issued a kubeconfig; its API server is at \(places)",
            hint: "the centre keeps no credentials of a site: take the kubeconfig from a control-plane host of it")
    }

    private static func endpoints(_ site: JSONValue?) -> [String] {
        let endpoints = site?["endpoints"]?.arrayValue ?? [site?["endpoint"]].compactMap(\.self)
        return endpoints.map { $0.stringValue ?? "\($0["host"]?.stringValue ?? ""):\($0["port"]?.intValue ?? 6443)" }
    }
}
