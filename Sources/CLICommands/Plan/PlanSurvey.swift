import CorbelAPI
import KubeClient
import ResourceClient

/// What the server has, with what the files would make of it.
struct PlanSurvey: Sendable {
    private(set) var objects: [ObjectKey: Unstructured] = [:]
    /// The same without the files.
    private var present: [ObjectKey: Unstructured] = [:]

    private static let kinds = [
        EdgeCluster.groupKind, ClusterProfile.groupKind, Pack.groupKind, Secret.groupKind, ClusterRevision.groupKind,
        ClusterUpdate.groupKind, EdgeHost.groupKind,
    ]

    /// Reads the namespaces, and lays what is applied over them.
    init(_ client: some ResourceClient, namespaces: Set<String>, applied: [AppliedObject]) async throws {
        for namespace in namespaces.sorted() {
            for kind in Self.kinds {
                for item in try await client.list(kind, ListOptions(namespace: namespace)).items {
                    present[item.key] = item
                }
            }
        }
        objects = present
        for object in applied.map(\.object) { objects[object.key] = object }
    }

    var clusters: [EdgeCluster] { list(EdgeCluster.self, in: nil).filter { !$0.isDeleting } }

    func ground(of cluster: EdgeCluster) -> ClusterGround {
        let namespace = cluster.namespace
        let secretNames = (cluster.spec["variablesFrom"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
        return ClusterGround(
            before: present[cluster.key].map { EdgeCluster(json: $0.json) }, cluster: cluster,
            profiles: list(ClusterProfile.self, in: namespace), packs: list(Pack.self, in: namespace),
            secrets: list(Secret.self, in: namespace).filter { secretNames.contains($0.name) },
            revisions: list(ClusterRevision.self, in: namespace), updates: list(ClusterUpdate.self, in: namespace),
            edgeHosts: list(EdgeHost.self, in: namespace))
    }

    /// The object as it is before anything is applied.
    func present(_ key: ObjectKey) -> Unstructured? { present[key] }

    private func list<Kind: TypedResource>(_: Kind.Type, in namespace: String?) -> [Kind] {
        objects.filter { $0.key.kind == Kind.groupKind && (namespace == nil || $0.key.namespace == namespace) }
            .sorted { $0.key < $1.key }.map { Kind(json: $0.value.json) }
    }
}
