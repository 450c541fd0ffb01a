import CorbelAPI
public import Effects

/// What `corbel-standin apiserver` is told. Paths that are not absolute begin at the file's directory.
///
///     {"address": "127.0.1.1", "port": 6443, "kubernetesVersion": "1.33.5",
///      "certificateFile": "apiserver.crt", "keyFile": "apiserver.key",
///      "clientAuthorityFiles": ["ca.crt"], "hostAuthorityFiles": ["corbel-hosts.crt"],
///      "etcd": {"endpoints": ["https://127.0.1.1:2379"], "authorityFile": "etcd/ca.crt",
///               "certificateFile": "apiserver-etcd-client.crt", "keyFile": "apiserver-etcd-client.key"}}
public struct APIServerConfiguration: Sendable, Hashable {
    public var address: String
    /// 0 lets the system choose.
    public var port: Int
    public var kubernetesVersion: String
    var certificate: String
    var key: String
    /// Files of authorities whose client certificates are accepted; each may hold several.
    var clientAuthorities: [String]
    /// Files of authorities whose client certificates are accepted for Corbel's hosts, and for nobody else.
    var hostAuthorities: [String]
    var etcdEndpoints: [String]
    /// Absent where etcd is reached without TLS.
    var etcdTLS: TLSFiles?

    /// - Throws: `invalid`, naming every field that is wrong.
    public init(readingFrom path: String, _ files: any FileReader) async throws {
        let (json, directory) = try await files.configuration(path)
        try self.init(json: json, directory: directory)
    }

    init(json: JSONValue, directory: String) throws {
        var reader = ConfigurationReader(json, directory: directory)
        address = reader.text("address")
        port = reader.integer("port", in: 0...65535)
        kubernetesVersion = reader.kubernetesVersion()
        certificate = reader.path("certificateFile")
        key = reader.path("keyFile")
        clientAuthorities = reader.paths("clientAuthorityFiles", isRequired: true)
        hostAuthorities = reader.paths("hostAuthorityFiles")
        etcdEndpoints = reader.texts(["etcd", "endpoints"], isRequired: true)
        let isPlain = !etcdEndpoints.isEmpty && etcdEndpoints.allSatisfy { $0.hasPrefix("http://") }
        etcdTLS = isPlain ? nil : TLSFiles(&reader, under: "etcd")
        if !isPlain {
            for (index, endpoint) in etcdEndpoints.enumerated() {
                reader.requirePrefix("https://", of: endpoint, at: "etcd.endpoints[\(index)]")
            }
        }
        try reader.finish("APIServerConfiguration", address)
    }
}
