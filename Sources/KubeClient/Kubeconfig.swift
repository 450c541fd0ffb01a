public import CorbelAPI

/// A kubeconfig with one cluster, one user and one context, as kubectl reads it.
public struct Kubeconfig: Sendable {
    /// The name of the cluster and of the context.
    public var name: String
    /// `https://host:port`.
    public var server: String
    /// The authority of the server, PEM.
    public var authority: [UInt8]
    public var userName: String
    /// The client certificate and its key, PEM.
    public var certificate: [UInt8]
    public var privateKey: [UInt8]

    public init(
        name: String, server: String, authority: [UInt8], userName: String, certificate: [UInt8], privateKey: [UInt8]
    ) {
        self.name = name
        self.server = server
        self.authority = authority
        self.userName = userName
        self.certificate = certificate
        self.privateKey = privateKey
    }

    /// The file's content: YAML.
    public var text: String {
        """
        apiVersion: v1
        kind: Config
        current-context: \(name)
        clusters:
        - name: \(name)
          cluster:
            server: \(server)
            certificate-authority-data: \(Base64.encode(authority))
        contexts:
        - name: \(name)
          context:
            cluster: \(name)
            user: \(userName)
        users:
        - name: \(userName)
          user:
            client-certificate-data: \(Base64.encode(certificate))
            client-key-data: \(Base64.encode(privateKey))

        """
    }

    /// The file's content as JSON, which is YAML too.
    public var json: JSONValue {
        [
            "apiVersion": "v1", "kind": "Config", "current-context": .string(name),
            "clusters": [
                [
                    "name": .string(name),
                    "cluster": [
                        "server": .string(server), "certificate-authority-data": .string(Base64.encode(authority)),
                    ],
                ]
            ],
            "contexts": [["name": .string(name), "context": ["cluster": .string(name), "user": .string(userName)]]],
            "users": [
                [
                    "name": .string(userName),
                    "user": [
                        "client-certificate-data": .string(Base64.encode(certificate)),
                        "client-key-data": .string(Base64.encode(privateKey)),
                    ],
                ]
            ],
        ]
    }

    /// Reads the current context of a kubeconfig whose credentials are embedded.
    ///
    /// - Throws: `invalid`, naming the field that is missing or that this client does not support.
    public init(json: JSONValue) throws {
        let name = json["current-context"]?.stringValue ?? ""
        let context = try Self.entry(json, "contexts", name, "context")
        let clusterName = context["cluster"]?.stringValue ?? ""
        let userName = context["user"]?.stringValue ?? ""
        let cluster = try Self.entry(json, "clusters", clusterName, "cluster")
        let user = try Self.entry(json, "users", userName, "user")
        guard let server = cluster["server"]?.stringValue, server.hasPrefix("https://") else {
            throw StatusError(
                .invalid, "kubeconfig: clusters[\(clusterName)].cluster.server: must be a URL that begins with https://"
            )
        }
        self.init(
            name: name, server: server, authority: try Self.data(cluster, "certificate-authority-data", of: "cluster"),
            userName: userName, certificate: try Self.data(user, "client-certificate-data", of: "user"),
            privateKey: try Self.data(user, "client-key-data", of: "user"))
    }

    private static func entry(_ json: JSONValue, _ list: String, _ name: String, _ field: String) throws -> JSONValue {
        let entries = json[list]?.arrayValue ?? []
        guard let entry = entries.first(where: { $0["name"]?.stringValue == name })?[field] else {
            throw StatusError(.invalid, "kubeconfig: \(list): there is no entry named \"\(name)\"")
        }
        return entry
    }

    private static func data(_ json: JSONValue, _ field: String, of part: String) throws -> [UInt8] {
        guard let bytes = json[field]?.stringValue.flatMap(Base64.decode) else {
            throw StatusError(.invalid, "kubeconfig: \(part).\(field): is required, in base64")
        }
        return bytes
    }
}
