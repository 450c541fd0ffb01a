import ControlLoop
import CorbelAPI

/// Watches that reconcilers of a cluster share.
///
/// A status is written far more often for people than for other reconcilers. What changes nothing but such fields wakes
/// nobody else: without that, every sentence about one host would have all hosts looked at again.
enum Watching {
    /// The fields of status that no reconciler decides on.
    private static let told: [GroupKind: [String]] = [
        EdgeCluster.groupKind: ["certificates", "health", "hosts", "layers", "readyHosts"],
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
            decisive: .those { change in
                guard let old = change.old, let new = change.new, old.isDeleting == new.isDeleting else { return true }
                return reading(Kind(json: old.json)) != reading(Kind(json: new.json))
            },
            affects: { clusterMates(of: $0, among: primary, in: $1) })
    }

    private static func clusterMates(
        of object: Unstructured, among primary: GroupKind, in snapshot: Snapshot
    ) -> [ObjectKey] {
        let (cluster, namespace) = (clusterName(of: object), object.namespace)
        return snapshot.list(primary, namespace: namespace).compactMap { mate in
            clusterName(of: mate) == cluster ? ObjectKey(primary, namespace: namespace, name: mate.name) : nil
        }
    }

    /// Wakes every primary object: for kinds that tell no cluster, such as Nodes, at a site that has one cluster.
    static func everything(of kind: GroupKind, wakes primary: GroupKind) -> WatchedKind {
        watch(kind) { _, snapshot in
            snapshot.list(primary).map { ObjectKey(primary, namespace: $0.namespace, name: $0.name) }
        }
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
        WatchedKind(kind, decisive: .beside(status: (told[kind] ?? []) + ["waits"]), affects: affects)
    }

    private static func clusterName(of object: Unstructured) -> String {
        if object.isOf(Cluster.groupKind) || object.isOf(EdgeCluster.groupKind) { return object.name }
        return object.label(WellKnown.clusterName) ?? object.json["spec", "clusterName"]?.stringValue ?? ""
    }
}
