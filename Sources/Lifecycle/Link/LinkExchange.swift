public import ControlLoop
import CorbelAPI

/// What one exchange over the link writes, decided from what both planes hold.
///
/// An object is written at most once in an exchange; what is left is for the next, which may follow at once. The order
/// carries meaning in both directions: whoever reads an update may rely on its cluster being as new.
///
///     to the site       revisions; user data; the cluster; updates, once the cluster's copy is current
///     to the centre     the cluster; updates
public struct LinkExchange: Sendable, Hashable {
    /// For the site's API server, in this order; a write that fails ends the exchange.
    public let down: [Intent]
    /// For the centre's, in this order, likewise.
    public let up: [Intent]

    /// - Parameters:
    ///   - centre: The EdgeClusters that the site holds, their ClusterRevisions, ClusterUpdates and user data as the
    ///     centre holds them.
    ///   - site: The same as the site holds them. The updates are no newer than the cluster: else the centre would hear
    ///     that an update is through before it hears what the cluster runs.
    public init(centre: Snapshot, site: Snapshot) {
        var (down, up) = (Decision(), Decision())
        for held in site.list(EdgeCluster.self) {
            // Before the pivot's commit the site's copy belongs to the importer.
            guard let original: EdgeCluster = centre.get(EdgeCluster.self, namespace: held.namespace, name: held.name),
                original.plane == .site
            else { continue }
            let cluster = LinkedCluster(original: original, held: held, centre: centre, site: site)
            cluster.tell(&down)
            cluster.report(&up)
        }
        self.down = down.outcome.intents
        self.up = up.outcome.intents
    }
}

/// A cluster that both planes hold.
private struct LinkedCluster {
    let original: EdgeCluster
    let held: EdgeCluster
    let centre: Snapshot
    let site: Snapshot

    /// What the site is to learn.
    func tell(_ down: inout Decision) {
        for revision in centre.list(ClusterRevision.self, namespace: original.namespace)
        where revision.clusterName == original.name && site[revision.key] == nil {
            down.create(Mirror.copy(revision))
        }
        tellUserData(&down)
        let merged = Mirror.down(original, into: held)
        down.update(merged, from: held)
        down.updateStatus(merged, from: held)
        if !down.hasWritten(held) { tellUpdates(&down) }
    }

    private func tellUserData(_ down: inout Decision) {
        let name = EdgeCluster.userDataDocumentName(original.name)
        guard original.userDataSecretName != nil,
            let document = centre.get(Secret.self, namespace: original.namespace, name: name)
        else { return }
        guard let present = site.get(Secret.self, namespace: original.namespace, name: name) else {
            return down.create(Mirror.copy(document))
        }
        down.update(Mirror.down(document, into: present), from: present)
    }

    private func tellUpdates(_ down: inout Decision) {
        for update in updates {
            guard let present = site.get(ClusterUpdate.self, namespace: update.namespace, name: update.name) else {
                // One that was superseded before the site saw it is nothing to the site.
                if update.phase != .superseded { down.create(Mirror.copy(update)) }
                continue
            }
            let merged = Mirror.down(update, into: present)
            down.update(merged, from: present)
            down.updateStatus(merged, from: present)
        }
    }

    /// What the centre is to learn.
    func report(_ up: inout Decision) {
        if let reported = Mirror.up(held, into: original) { up.updateStatus(reported, from: original) }
        for update in updates {
            guard let present = site.get(ClusterUpdate.self, namespace: update.namespace, name: update.name) else {
                continue
            }
            up.updateStatus(Mirror.up(present, into: update), from: update)
        }
    }

    private var updates: [ClusterUpdate] {
        centre.list(ClusterUpdate.self, namespace: original.namespace).filter { $0.clusterName == original.name }
    }
}
