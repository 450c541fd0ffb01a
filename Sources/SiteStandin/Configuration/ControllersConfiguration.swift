import CorbelAPI
public import Effects

/// What `corbel-standin controllers` is told. `name` tells it from its rivals for the lease; without `signing` nobody
/// signs certificates.
///
///     {"name": "host-1", "apiServer": {"url": "https://127.0.1.1:6443", "authorityFile": "ca.crt",
///      "certificateFile": "controller-manager.crt", "keyFile": "controller-manager.key"},
///      "signing": {"certificateFile": "ca.crt", "keyFile": "ca.key"}}
public struct ControllersConfiguration: Sendable, Hashable {
    public var name: String
    var apiServerURL: String
    var tls: TLSFiles
    var signing: SigningFiles?

    /// - Throws: `invalid`, naming every field that is wrong.
    public init(readingFrom path: String, _ files: any FileReader) async throws {
        let (json, directory) = try await files.configuration(path)
        try self.init(json: json, directory: directory)
    }

    init(json: JSONValue, directory: String) throws {
        var reader = ConfigurationReader(json, directory: directory)
        name = reader.text("name")
        apiServerURL = reader.text("apiServer", "url")
        reader.requirePrefix("https://", of: apiServerURL, at: "apiServer.url")
        tls = TLSFiles(&reader, under: "apiServer")
        if reader.has("signing") { signing = SigningFiles(&reader, under: "signing") }
        try reader.finish("ControllersConfiguration", name)
    }
}
