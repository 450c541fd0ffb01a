import CorbelAPI
import Effects

/// The files of a TLS client: whom it trusts, and who it is. PEM.
struct TLSFiles: Sendable, Hashable {
    var authority: String
    var certificate: String
    var key: String

    init(_ reader: inout ConfigurationReader, under field: String) {
        authority = reader.path(field, "authorityFile")
        certificate = reader.path(field, "certificateFile")
        key = reader.path(field, "keyFile")
    }
}

/// The files of an authority that signs. PEM.
struct SigningFiles: Sendable, Hashable {
    var certificate: String
    var key: String

    init(_ reader: inout ConfigurationReader, under field: String) {
        certificate = reader.path(field, "certificateFile")
        key = reader.path(field, "keyFile")
    }
}

extension FileReader {
    func pem(_ path: String) async throws -> [UInt8] { try await read(path, limit: 1 << 20) }

    /// A configuration, and the directory that it stands in.
    func configuration(_ path: String) async throws -> (json: JSONValue, directory: String) {
        let bytes = try await read(path, limit: 1 << 20)
        do {
            let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
            return (try JSONValue(parsing: bytes), directory)
        } catch {
            throw StatusError(.invalid, "\(path) is no JSON: \(error)")
        }
    }
}
