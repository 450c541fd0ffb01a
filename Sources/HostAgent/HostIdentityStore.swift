import CorbelAPI
import Effects
import PKI

/// The host's key and the certificate that the centre gave it, on the persistent partition.
///
///     identity/host.key           made once; replaced when a renewed certificate is there
///     identity/host.pem           the certificate
///     identity/registration.json  the namespace and the name that the centre knows the host by
struct HostIdentityStore: Sendable {
    let directory: String
    let files: any FileStore

    private var keyPath: String { directory + "/identity/host.key" }
    private var certificatePath: String { directory + "/identity/host.pem" }
    private var registrationPath: String { directory + "/identity/registration.json" }

    /// The host's key: the one that is there, or a new one.
    func key() async throws -> PrivateKey {
        try await files.makeDirectory(directory, mode: 0o700)
        try await files.makeDirectory(directory + "/identity", mode: 0o700)
        if try await files.exists(keyPath) {
            return try PrivateKey(pem: PEM(bytes: try await files.read(keyPath, limit: 64 << 10)))
        }
        let key = PrivateKey()
        try await files.writeDurably(keyPath, try key.pem.bytes, mode: 0o600)
        return key
    }

    func registration() async throws -> HostRegistrationRecord? {
        guard try await files.exists(registrationPath), try await files.exists(certificatePath) else { return nil }
        let json = try JSONValue(parsing: try await files.read(registrationPath, limit: 64 << 10))
        guard let namespace = json["namespace"]?.stringValue, let name = json["name"]?.stringValue else { return nil }
        let certificate = PEM(bytes: try await files.read(certificatePath, limit: 64 << 10))
        return HostRegistrationRecord(namespace: namespace, name: name, certificate: certificate)
    }

    /// The certificate goes last: without it the host registers anew with the same key, and gets the same answer.
    func save(_ record: HostRegistrationRecord) async throws {
        let json: JSONValue = ["namespace": .string(record.namespace), "name": .string(record.name)]
        try await files.writeDurably(registrationPath, json.encoded, mode: 0o600)
        try await files.writeDurably(certificatePath, record.certificate.bytes, mode: 0o644)
    }
}

/// What the centre made of a registration.
struct HostRegistrationRecord: Sendable, Hashable {
    var namespace: String
    var name: String
    var certificate: PEM
}
