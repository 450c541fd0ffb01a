/// Of the certificates that Kubernetes has on a host, the one that ends first.
public struct HostCertificates: Sendable, Hashable {
    public var expires: Timestamp
    /// Which one it is, such as `apiserver` or `etcd/peer`.
    public var name: String
    /// Why the host could not renew it by itself; empty where it did not have to.
    public var message: String

    public init(expires: Timestamp, name: String, message: String = "") {
        self.expires = expires
        self.name = name
        self.message = message
    }

    public init?(json: JSONValue) {
        guard let expires = json["expires"]?.stringValue.flatMap(Timestamp.init(rfc3339:)) else { return nil }
        self.init(
            expires: expires, name: json["name"]?.stringValue ?? "", message: json["message"]?.stringValue ?? "")
    }

    public var json: JSONValue {
        var json: JSONValue = ["expires": .string(expires.rfc3339), "name": .string(name)]
        if !message.isEmpty { json["message"] = .string(message) }
        return json
    }

    /// Whether it ends before so much time has passed, or has ended.
    public func ends(within time: Duration, of now: Timestamp) -> Bool { expires <= now + time }
}

/// The certificate that ends first on any host of a cluster, and on which.
public struct ExpiringCertificate: Sendable, Hashable {
    public var host: String
    public var first: HostCertificates

    /// Nil for a host that has told nothing.
    public init?(of host: HostMachine) {
        guard let first = host.certificates else { return nil }
        self.host = host.hostName
        self.first = first
    }

    init?(json: JSONValue) {
        guard let first = HostCertificates(json: json) else { return nil }
        self.first = first
        host = json["host"]?.stringValue ?? ""
    }

    var json: JSONValue {
        var json: JSONValue = ["host": .string(host)]
        for (key, value) in first.json.objectValue ?? [:] where key != "message" { json[key] = value }
        return json
    }
}

extension EdgeCluster {
    /// The certificate of Kubernetes that ends first, as the plane that runs the cluster has last seen it.
    public var certificates: ExpiringCertificate? {
        get { json["status", "certificates"].flatMap(ExpiringCertificate.init(json:)) }
        set { json["status", "certificates"] = newValue?.json }
    }
}
