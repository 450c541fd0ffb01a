import CorbelAPI

/// The way to a site's API server, as its EdgeCluster tells it.
///
/// The centre holds no credential of a site (`docs/decisions/no-cluster-credentials-at-centre.md`): `status.site` tells
/// where the API server is and which authority its certificate is of.
struct SiteAccess: Sendable, Hashable {
    /// `https://host:port`.
    let server: String
    /// PEM.
    let authority: String

    /// - Throws: ``CommandFailure`` where the site has not said yet how it is reached.
    init(of cluster: EdgeCluster) throws {
        let site = cluster.json["status", "site"]
        let endpoint = Self.endpoint(cluster.spec["network", "controlPlaneEndpoint"])
        let endpoints = (site?["endpoints"]?.arrayValue ?? []).compactMap(\.stringValue)
        guard let authority = site?["authority"]?.stringValue, !authority.isEmpty,
            let place = endpoint ?? endpoints.first
        else {
            throw CommandFailure(
                "the site of \(cluster.name) has no API server yet that is known here: the cluster is "
                    + cluster.phase.rawValue,
                hint: "`corbel explain \(cluster.name)` tells what it waits for")
        }
        self.authority = authority
        server = "https://\(place)"
    }

    private static func endpoint(_ json: JSONValue?) -> String? {
        guard let host = json?["host"]?.stringValue, !host.isEmpty else { return nil }
        return "\(host.contains(":") ? "[\(host)]" : host):\(json?["port"]?.intValue ?? 6443)"
    }
}
