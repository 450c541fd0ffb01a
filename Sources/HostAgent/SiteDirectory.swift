import CorbelAPI
import Distros
import Effects

/// What this host knows of its site: where the API servers are, and the authority by which they are known.
///
/// It is kept on the disk, so that a host that boots without a centre finds its site again.
actor SiteDirectory {
    private static let clusterAuthority = "/etc/kubernetes/pki/ca.crt"

    private let configuration: AgentConfiguration
    private let files: any FileStore
    private var known: SiteAddress?
    private var isLoaded = false

    init(_ configuration: AgentConfiguration, files: any FileStore) {
        self.configuration = configuration
        self.files = files
    }

    private var path: String { configuration.dataDirectory + "/site.json" }
    private var ownServer: SocketEndpoint {
        SocketEndpoint(host: configuration.address, port: NodeSpecification.apiServerPort)
    }

    /// The authority of the site's API servers, PEM: the one that the distribution left on the host, or the one that a
    /// host that is yet to join was told.
    func authority() async throws -> [UInt8]? {
        if try await files.exists(Self.clusterAuthority) {
            return try await files.read(Self.clusterAuthority, limit: 256 << 10)
        }
        return try await address().map { Array($0.authority.utf8) }
    }

    /// The API servers, the host's own first where it has one.
    func servers() async -> [SocketEndpoint] {
        // A disk that cannot be read now leaves the host without a way for now.
        let address = try? await address()
        let others = (address?.endpoints ?? []).compactMap { try? SocketEndpoint($0) }
        guard await servesAPI() else { return others }
        return [ownServer] + others.filter { $0 != ownServer }
    }

    private func servesAPI() async -> Bool { (try? await files.exists(SiteAccess.administratorPath)) ?? false }

    /// What `HostMachine.status.apiServer` says; `nil` on a host that serves none.
    func ownAPIServer() async throws -> APIServerAddress? {
        guard await servesAPI(), let authority = try await authority() else { return nil }
        return APIServerAddress(endpoint: "\(ownServer)", authority: String(decoding: authority, as: UTF8.self))
    }

    private func address() async throws -> SiteAddress? {
        if isLoaded { return known }
        if try await files.exists(path) {
            known = SiteAddress(json: try JSONValue(parsing: try await files.read(path, limit: 1 << 20)))
        }
        isLoaded = true
        return known
    }

    func learn(_ site: SiteAddress) async throws {
        guard try await address() != site else { return }
        try await files.writeDurably(path, site.json.encoded, mode: 0o600)
        known = site
    }

    /// The host belongs to no cluster any more.
    func forget() async throws {
        guard try await address() != nil else { return }
        try await files.remove(path)
        known = nil
    }
}
