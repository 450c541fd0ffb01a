import APIMachinery
import CorbelAPI
import Effects
import Logging
import ResourceClient

/// Writes the rules of ClusterRoles that gather those of others, whenever one changes (Kubernetes' controller
/// `clusterrole-aggregation`).
struct RoleAggregator: Sendable {
    private static let manager = "clusterrole-aggregation-controller"

    let client: any ResourceClient
    let time: any TimeSource
    let logger: Logger

    /// Runs until it is cancelled.
    func run() async throws {
        while true {
            do {
                let revision = try await settle()
                var options = ListOptions()
                options.resourceVersion = revision
                for try await _ in try await client.watch(ClusterRole.groupKind, options) { try await settle() }
            } catch let error as StatusError where error.reason == .expired {
                continue
            } catch let error as StatusError {
                logger.warning("roles are not gathered: \(error.message); trying again")
                try await time.sleep(for: .seconds(1))
            }
            try Task.checkCancellation()
        }
    }

    /// Writes what is due until nothing is. A chain of roles is as long as its longest path; one that runs in a circle
    /// comes to rest, because rules are gathered once.
    ///
    /// - Returns: the revision at which nothing was due.
    @discardableResult
    func settle() async throws -> String {
        while true {
            let list = try await client.list(ClusterRole.groupKind, ListOptions())
            let due = RoleAggregation.due(list.items.map { ClusterRole($0) })
            if due.isEmpty { return list.resourceVersion }
            for role in due {
                do {
                    _ = try await client.update(role, by: Self.manager)
                } catch let error as StatusError where [.conflict, .notFound].contains(error.reason) {
                    continue  // Somebody else was faster: the next look sees what they wrote.
                }
            }
        }
    }
}
