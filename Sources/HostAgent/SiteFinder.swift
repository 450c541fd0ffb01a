import CorbelAPI
import Effects
import Logging
import ResourceClient

/// Keeps the host's ``SiteDirectory`` up to date: from the site itself, and where that does not answer, from the
/// centre. That is how a host that has yet to join finds the site at all.
struct SiteFinder: Sendable {
    /// Between two questions, while nobody has said where the site is, and once somebody has.
    private static let impatience = Duration.seconds(3)
    private static let interval = Duration.seconds(30)

    let registration: HostRegistrationRecord
    let effects: HostEffects
    let centre: CentreLink
    let directory: SiteDirectory
    let access: SiteAccess
    let logger: Logger

    /// Runs until it is cancelled.
    func run() async throws {
        while true {
            do {
                if try await !learnFromSite() { try await learnFromCentre() }
            } catch let error as StatusError {
                logger.debug("the site's address: \(error.message)")
            }
            let isKnown = await !directory.servers().isEmpty
            try await effects.time.sleep(for: isKnown ? Self.interval : Self.impatience)
        }
    }

    private func learnFromSite() async throws -> Bool {
        guard let site = try await access.host() else { return false }
        do {
            let clusters = try await site.list(EdgeCluster.self, namespace: registration.namespace)
            guard let address = clusters.compactMap(\.site).first else { return false }
            try await directory.learn(address)
            return true
        } catch let error as StatusError {
            logger.debug("the site does not say where it is: \(error.message)")
            return false
        }
    }

    private func learnFromCentre() async throws {
        let client = await centre.client()
        let key = EdgeHost.key(namespace: registration.namespace, name: registration.name)
        guard let name = EdgeHost(try await client.get(key)).consumerCluster else {
            return try await directory.forget()
        }
        let cluster = try await client.find(EdgeCluster.self, namespace: registration.namespace, name: name)
        if let address = cluster?.site { try await directory.learn(address) }
    }
}
