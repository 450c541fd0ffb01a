import CorbelAPI
import KubeClient
import ResourceClient

/// Finds the update that a name means: an update's own, or a cluster's, whose update is then picked.
struct UpdateSelection: Sendable {
    let client: KubeClient
    let namespace: String

    /// The update of that name; or of the cluster of that name the newest that `isWanted`, or else the newest.
    ///
    /// - Throws: ``CommandFailure`` where there is neither.
    func find(_ name: String, _ isWanted: (ClusterUpdate) -> Bool = { _ in true }) async throws -> ClusterUpdate {
        if let update = try await client.find(ClusterUpdate.self, namespace: namespace, name: name) { return update }
        let updates = try await ofCluster(name)
        if let update = updates.first(where: isWanted) ?? updates.first { return update }
        guard try await client.find(EdgeCluster.self, namespace: namespace, name: name) != nil else {
            throw CommandFailure(
                "there is no update and no cluster \"\(name)\" in the namespace \(namespace)",
                hint: "`corbel get clusterupdates` lists the updates; -n names another namespace")
        }
        throw CommandFailure(
            "the cluster \(name) has no update", hint: "`corbel plan \(name)` shows whether anything is to change")
    }

    /// All updates of a cluster, the newest first.
    func ofCluster(_ name: String) async throws -> [ClusterUpdate] {
        try await client.list(ClusterUpdate.self, namespace: namespace).filter { $0.clusterName == name }
            .sorted { Self.order($0) > Self.order($1) }
    }

    /// Updates bear the names of revisions, `<cluster>-<epoch>-<sequence>-<digest>`: epoch and sequence are their
    /// order.
    static func order(_ update: ClusterUpdate) -> (Int, Int) {
        let parts = update.toRevision.split(separator: "-").suffix(3)
        let numbers = parts.prefix(2).map { Int($0) ?? 0 }
        return numbers.count == 2 ? (numbers[0], numbers[1]) : (0, 0)
    }
}
