import ControlLoop
import CorbelAPI

/// Watches that reconcilers of a cluster share.
///
/// A status is written far more often for people than for other reconcilers. What changes nothing but such fields wakes
/// nobody else: without that, every sentence about one host would have all hosts looked at again.
enum Watching {
    /// The fields of status that no reconciler decides on.
    private static let told: [GroupKind: [String]] = [
        EdgeCluster.groupKind: ["health", "hosts", "layers", "readyHosts"],
        Cluster.groupKind: ["controlPlane", "workers"],
        EdgeControlPlane.groupKind: ["etcd", "versions"],
    ]

    /// Wakes the primary objects of the cluster that an object belongs to.
    static func cluster(of kind: GroupKind, wakes primary: GroupKind) -> WatchedKind {
        watch(kind) { clusterMates(of: $0, among: primary, in: $1) }
    }

    /// The same where no more is read of the kind than `reading` gives.
    static func cluster<Kind: TypedResource>(
        of _: Kind.Type, wakes primary: GroupKind,
        reading: @escaping @Sendable (Kind) -> some Equatable & Sendable & Sendable
    ) -> WatchedKind {
        WatchedKind(
            Kind.groupKind,
            isDecisive: { change in
                guard let old = change.old, let new = change.new, old.isDeleting == new.isDeleting else { return true }
                return reading(Kind(json: old.json)) != reading(Kind(json: new.json))
            },
            affects: { clusterMates(of: $0, among: primary, in: $1) })
    }

    private static func clusterMates(
        of object: Unstructured, among primary: GroupKind, in snapshot: Snapshot
    ) -> [ObjectKey] {
        let cluster = clusterName(of: object)
        return snapshot.list(primary, namespace: object.namespace).filter { clusterName(of: $0) == cluster }.map(\.key)
    }

    /// Wakes every primary object: for kinds that tell no cluster, such as Nodes, at a site that has one cluster.
    static func everything(of kind: GroupKind, wakes primary: GroupKind) -> WatchedKind {
        watch(kind) { _, snapshot in snapshot.list(primary).map(\.key) }
    }

    /// Wakes the primary object that bears the same name.
    static func namesake(of kind: GroupKind, wakes primary: GroupKind) -> WatchedKind {
        watch(kind) { object, _ in [ObjectKey(primary, namespace: object.namespace, name: object.name)] }
    }

    /// Wakes the machines that `concerns` picks, and those on their way out: a drain and a departure from etcd look at
    /// other hosts than their own.
    static func machines(
        of kind: GroupKind, where concerns: @escaping @Sendable (Machine, Unstructured) -> Bool = { _, _ in false }
    ) -> WatchedKind {
        watch(kind) { object, snapshot in
            snapshot.list(Machine.self).filter { $0.isDeleting || concerns($0, object) }.map(\.key)
        }
    }

    private static func watch(
        _ kind: GroupKind, affects: @escaping @Sendable (Unstructured, Snapshot) -> [ObjectKey]
    ) -> WatchedKind {
        let unread = (told[kind] ?? []) + ["waits"]
        return WatchedKind(kind, isDecisive: { isDecisive($0, beside: unread) }, affects: affects)
    }

    private static func isDecisive(_ change: CacheChange, beside unread: [String]) -> Bool {
        guard let old = change.old?.json, let new = change.new?.json else { return true }
        return differ(old["metadata"], new["metadata"], beside: ["resourceVersion", "managedFields"])
            || differ(old["status"], new["status"], beside: unread)
            || differ(old, new, beside: ["metadata", "status"])
    }

    private static func differ(_ old: JSONValue?, _ new: JSONValue?, beside unread: [String]) -> Bool {
        guard let old = old?.objectValue, let new = new?.objectValue else { return old != new }
        if old == new { return false }
        let (before, after) = (
            old.lazy.filter { !unread.contains($0.key) }, new.lazy.filter { !unread.contains($0.key) }
        )
        return !before.elementsEqual(after) { $0.key == $1.key && $0.value == $1.value }
    }

    private static func clusterName(of object: Unstructured) -> String {
        let isHead = object.groupKind == Cluster.groupKind || object.groupKind == EdgeCluster.groupKind
        if isHead { return object.name }
        return object.label(WellKnown.clusterName) ?? object.json["spec", "clusterName"]?.stringValue ?? ""
    }
}
