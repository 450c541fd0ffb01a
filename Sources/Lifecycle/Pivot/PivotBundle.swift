public import ControlLoop
public import CorbelAPI
import Revisions

/// The objects that a pivot carries to the site.
public struct PivotBundle: Sendable, Hashable {
    /// The kinds that move, heads first.
    public static let movedKinds: [GroupKind] = [
        Cluster.groupKind, HostCluster.groupKind, EdgeControlPlane.groupKind, MachineDeployment.groupKind,
        MachineSet.groupKind, MachineHealthCheck.groupKind, Machine.groupKind, HostMachine.groupKind,
        HostConfig.groupKind,
        HostConfigTemplate.groupKind, HostMachineTemplate.groupKind, Secret.groupKind,
    ]

    /// They belong to the site from the commit on; status is part of them. Owners stand before what they own.
    public var moved: [Unstructured]
    /// The site's copies of what stays at the centre: the EdgeCluster, its revisions, its hosts' user data, the Secrets
    /// that it names. Without status.
    public var copied: [Unstructured]

    public init(moved: [Unstructured], copied: [Unstructured]) {
        self.moved = moved
        self.copied = copied
    }

    /// What the snapshot holds of a cluster.
    public init(of cluster: EdgeCluster, in snapshot: Snapshot) {
        let userData = Secret.key(
            namespace: cluster.namespace, name: EdgeCluster.userDataDocumentName(cluster.name))
        let belongs = { (object: Unstructured) in
            guard object.key != userData else { return false }
            return object.label(WellKnown.clusterName) == cluster.name
                || object.key == Cluster.key(namespace: cluster.namespace, name: cluster.name)
        }
        let all = Self.movedKinds.flatMap { snapshot.list($0, namespace: cluster.namespace).filter(belongs) }
        moved = OwnerGraph(all).ownersFirst.map(Self.staying)
        copied = Self.copies(for: cluster, in: snapshot)
    }

    /// What could not go before the pivot begins anew at the site: nothing can be made that is being deleted.
    private static func staying(_ object: Unstructured) -> Unstructured {
        guard object.isDeleting else { return object }
        var copy = object
        copy.json["metadata", "deletionTimestamp"] = nil
        copy.json["metadata", "deletionGracePeriodSeconds"] = nil
        return copy
    }

    private static func copies(for cluster: EdgeCluster, in snapshot: Snapshot) -> [Unstructured] {
        let revisions = snapshot.list(ClusterRevision.self, namespace: cluster.namespace)
            .filter { $0.clusterName == cluster.name }.map(Unstructured.init)
        let variables = (cluster.spec["variablesFrom"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
        let userData = cluster.userDataSecretName.map { _ in EdgeCluster.userDataDocumentName(cluster.name) }
        let secrets = Set(variables + [userData].compactMap(\.self)).sorted().compactMap {
            snapshot.get(Secret.self, namespace: cluster.namespace, name: $0).map(Unstructured.init)
        }
        return ([Unstructured(cluster)] + revisions + secrets).map { object in
            var copy = object
            copy.json["status"] = nil
            // The end of the copy is the link's business; the centre's finalizers would never be dropped at the site.
            copy.finalizers = []
            return copy
        }
    }

    /// What names the bundle: the same for the same content in any plane, since nothing that a plane gives (UIDs,
    /// versions, times of creation) goes into it.
    public var digest: String {
        let canonical: JSONValue = [
            "moved": .array(moved.map(Self.canonical).sorted(by: Self.order)),
            "copied": .array(copied.map(Self.canonical).sorted(by: Self.order)),
        ]
        return ContentDigest.sha256(canonical.encoded)
    }

    /// The bundle as the site holds it; an object that is missing there is missing here.
    func asHeld(by site: Snapshot) -> PivotBundle {
        let held = copied.compactMap { site[$0.key] }.map { object in
            var copy = object
            copy.json["status"] = nil
            return copy
        }
        return PivotBundle(moved: moved.compactMap { site[$0.key] }, copied: held)
    }

    /// An object without what its plane gave it; owners are named instead of numbered.
    static func canonical(_ object: Unstructured) -> JSONValue {
        var json = object.json
        for field in ["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink"] {
            json["metadata", field] = nil
        }
        let owners = object.ownerReferences.map { "\($0.apiVersion) \($0.kind) \($0.name) \($0.isController)" }
        json["metadata", "ownerReferences"] = owners.isEmpty ? nil : JSONValue(owners.sorted())
        return json
    }

    private static func order(_ left: JSONValue, _ right: JSONValue) -> Bool {
        Unstructured(json: left).key < Unstructured(json: right).key
    }
}

extension PivotBundle {
    /// As the endpoint serves it: `{epoch, digest, moved: [object], copied: [object]}`.
    public func json(_ status: PivotStatus) -> JSONValue {
        [
            "epoch": JSONValue(status.epoch), "digest": .string(digest), "moved": .array(moved.map(\.json)),
            "copied": .array(copied.map(\.json)),
        ]
    }

    public init(json: JSONValue) {
        moved = (json["moved"]?.arrayValue ?? []).map(Unstructured.init(json:))
        copied = (json["copied"]?.arrayValue ?? []).map(Unstructured.init(json:))
    }
}

/// Objects by who owns whom.
struct OwnerGraph {
    private let objects: [Unstructured]
    private let byUID: [String: Unstructured]

    init(_ objects: [Unstructured]) {
        self.objects = objects
        byUID = Dictionary(objects.map { ($0.uid, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Owners before what they own; within one depth in the order of keys.
    var ownersFirst: [Unstructured] {
        objects.map { (depth($0), $0) }.sorted { ($0.0, $0.1.key) < ($1.0, $1.1.key) }.map(\.1)
    }

    /// The length of the longest chain of owners. A chain cannot be longer than there are objects: a circle ends there.
    private func depth(_ object: Unstructured, limit: Int? = nil) -> Int {
        let limit = limit ?? objects.count
        guard limit > 0 else { return 0 }
        let owners = object.ownerReferences.compactMap { byUID[$0.uid] }
        return owners.map { 1 + depth($0, limit: limit - 1) }.max() ?? 0
    }
}
