import APIMachinery
import APIServer
import CorbelAPI
import Effects
import HostRegistration
import Logging
import PKI
import ResourceClient
import ResourceStore

/// Who somebody is at the centre, and what they may do: certificates and tokens, roles, and the rights of hosts.
struct AccessControl: Sendable {
    let authenticator: CentreAuthenticator
    /// `system:masters`, roles, and the small set of rights that a host has. Roles give a host nothing but paths: a
    /// role that is bound to all who are known does not reach hosts.
    let authorizer: any Authorizer
    let admission: RoleAdmission

    private let cache: RoleCache
    private let time: any TimeSource
    private let logger: Logger

    init(
        store: any ResourceStore, reader: StoreReader, tokens: AccessTokenVerifier, authority: CertificateAuthority,
        time: any TimeSource, logger: Logger
    ) {
        self.time = time
        self.logger = logger
        cache = RoleCache(store: store, time: time, logger: logger)
        authenticator = CentreAuthenticator(authority: authority, tokens: tokens, time: time)
        let hosts = HostAuthorizer { key in try await reader.read(key, as: CentreServer.systemUser) }
        authorizer = UnionAuthorizer([
            MastersAuthorizer(), RoleAuthorizer(cache: cache, confinedGroups: [HostIdentity.group]), hosts,
        ])
        admission = RoleAdmission(cache: cache, authorizer: authorizer)
    }

    /// Brings the roles that a centre comes with up to date, and knows them: before the first request.
    func bootstrap(_ client: any ResourceClient) async throws {
        try await RoleBootstrap(client: client, defaults: DefaultRoles(for: .centre)).run()
        do {
            try await aggregator(client).settle()
        } catch let error as StatusError {
            // It is tried again while the centre runs, which it does with the roles as they are.
            logger.warning("roles are not gathered: \(error.message)")
        }
        try await cache.load()
    }

    /// Follows roles as they change, until it is cancelled.
    func run(_ client: any ResourceClient) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await cache.run() }
            group.addTask { try await aggregator(client).run() }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func aggregator(_ client: any ResourceClient) -> RoleAggregator {
        RoleAggregator(client: client, time: time, logger: logger)
    }
}
