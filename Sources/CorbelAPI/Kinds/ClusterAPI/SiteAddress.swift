/// Where one API server is reached, and the authority by which it is known. Nothing of it is secret.
public struct APIServerAddress: Sendable, Hashable {
    /// `host:port`.
    public var endpoint: String
    /// The certificate authority, PEM.
    public var authority: String

    public init(endpoint: String, authority: String) {
        self.endpoint = endpoint
        self.authority = authority
    }

    init?(json: JSONValue) {
        guard let endpoint = json["endpoint"]?.stringValue, let authority = json["authority"]?.stringValue else {
            return nil
        }
        self.init(endpoint: endpoint, authority: authority)
    }

    var json: JSONValue { ["endpoint": .string(endpoint), "authority": .string(authority)] }
}

/// How a site's API servers are reached: `EdgeCluster.status.site`. Hosts that are to join find their site by it.
public struct SiteAddress: Sendable, Hashable {
    /// `host:port` of every control-plane host.
    public var endpoints: [String]
    /// The certificate authority of all of them, PEM.
    public var authority: String

    public init(endpoints: [String], authority: String) {
        self.endpoints = endpoints
        self.authority = authority
    }

    /// What the hosts report; `nil` before one of them serves.
    public init?(of hosts: [HostMachine]) {
        let servers = hosts.filter { !$0.isDeleting && $0.role == .controlPlane }.compactMap(\.apiServer)
        guard let authority = servers.map(\.authority).min() else { return nil }
        self.init(
            endpoints: servers.filter { $0.authority == authority }.map(\.endpoint).sorted(), authority: authority)
    }

    public init?(json: JSONValue) {
        guard let endpoints = json["endpoints"]?.stringList, !endpoints.isEmpty,
            let authority = json["authority"]?.stringValue
        else { return nil }
        self.init(endpoints: endpoints, authority: authority)
    }

    public var json: JSONValue { ["endpoints": JSONValue(endpoints), "authority": .string(authority)] }
}

extension EdgeCluster {
    /// How the site's API servers are reached, as the plane that runs the cluster last said.
    public var site: SiteAddress? {
        get { json["status", "site"].flatMap(SiteAddress.init(json:)) }
        set { json["status", "site"] = newValue?.json }
    }
}
