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

    /// Writes what is due until nothing is, or until every role had its turn: what is due then is left to the next
    /// change.
    ///
    /// - Returns: the revision of the last look.
    @discardableResult
    func settle() async throws -> String {
        var refused: Set<String> = []
        var round = 0
        while true {
            let list = try await client.list(ClusterRole.groupKind, ListOptions())
            let due = RoleAggregation.due(list.items.map { ClusterRole($0) }).filter { !refused.contains($0.name) }
            if due.isEmpty { return list.resourceVersion }
            round += 1
            guard round <= list.items.count + 1 else {
                logger.warning("roles that gather others do not come to rest: \(due.map(\.name))")
                return list.resourceVersion
            }
            for role in due {
                let isWritable = try await write(role)
                if !isWritable { refused.insert(role.name) }
            }
        }
    }

    /// Answers whether the role may be written.
    private func write(_ role: ClusterRole) async throws -> Bool {
        do {
            _ = try await client.update(role, by: Self.manager)
        } catch let error as StatusError where [.conflict, .notFound].contains(error.reason) {
            return true  // Somebody else was faster: the next look sees what they wrote.
        } catch let error as StatusError where [.invalid, .forbidden].contains(error.reason) {
            logger.warning("the role \(role.name) is not gathered: \(error.message)")
            return false
        }
        return true
    }
}
