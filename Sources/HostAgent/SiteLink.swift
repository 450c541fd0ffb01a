import ControlLoop
import ControllerRuntime
import CorbelAPI
import Lifecycle
import ResourceClient

/// The link between a site and its centre: reads both, and writes what `LinkExchange` decides.
struct SiteLink: Sendable {
    /// How many exchanges may follow each other at once: an object that differs in spec and status takes two.
    private static let rounds = 4

    private let namespace: String
    private let site: any ResourceClient
    private let centre: any ResourceClient
    private let siteWriter: IntentWriter
    private let centreWriter: IntentWriter

    init(namespace: String, site: any ResourceClient, centre: any ResourceClient) {
        self.namespace = namespace
        self.site = site
        self.centre = centre
        siteWriter = IntentWriter(client: site, manager: "site-link")
        centreWriter = IntentWriter(client: centre, manager: "site-link")
    }

    /// Exchanges until the site has all the news, or a write fails.
    func exchange() async throws {
        for _ in 0..<Self.rounds {
            let exchange = try await next()
            for intent in exchange.down { try await siteWriter.write(intent) }
            for intent in exchange.up { try await centreWriter.write(intent) }
            if exchange.down.isEmpty { return }
        }
    }

    private func next() async throws -> LinkExchange {
        var (above, below) = (Snapshot(), Snapshot())
        // The updates come before the clusters: `LinkExchange` asks for it.
        for kind in [ClusterUpdate.groupKind, EdgeCluster.groupKind, ClusterRevision.groupKind] {
            try await read(kind, from: site, into: &below)
        }
        for held in below.list(EdgeCluster.self) {
            let original = EdgeCluster(try await centre.get(held.key))
            above.insert(Unstructured(original))
            guard original.userDataSecretName != nil else { continue }
            try await readUserData(of: original, from: centre, into: &above)
            try await readUserData(of: original, from: site, into: &below)
        }
        for kind in [ClusterRevision.groupKind, ClusterUpdate.groupKind] {
            try await read(kind, from: centre, into: &above)
        }
        return LinkExchange(centre: above, site: below)
    }

    private func read(_ kind: GroupKind, from plane: any ResourceClient, into snapshot: inout Snapshot) async throws {
        for object in try await plane.list(kind, ListOptions(namespace: namespace)).items { snapshot.insert(object) }
    }

    private func readUserData(
        of cluster: EdgeCluster, from plane: any ResourceClient, into snapshot: inout Snapshot
    ) async throws {
        let name = EdgeCluster.userDataDocumentName(cluster.name)
        if let document = try await plane.find(Secret.self, namespace: cluster.namespace, name: name) {
            snapshot.insert(Unstructured(document))
        }
    }
}
