public import ControlLoop
public import CorbelAPI
import Revisions

/// Installs the layers of the running revision in order, keeps them as they should be, and takes away what a revision
/// dropped.
///
///     a layer, first match                       step
///     objects that its inventory does not name   name them
///     objects missing, changed or drifted        apply them, then note what was applied
///     objects that it has no more                delete them, then forget them
///     objects that are not ready                 wait; the next layer does not begin
public struct LayerReconciler: Reconciler {
    public static let fieldManager = "corbel-layers"

    public let name = "layers"
    public var primary: GroupKind { Cluster.groupKind }

    public init() {}

    public var watches: [WatchedKind] {
        let own = [EdgeCluster.groupKind, ClusterRevision.groupKind].map {
            Watching.cluster(of: $0, wakes: Cluster.groupKind)
        }
        return own + LayerPlan.observedKinds.map { Watching.everything(of: $0, wakes: Cluster.groupKind) }
    }

    public func reconcile(_ key: ObjectKey, in snapshot: Snapshot, now: Timestamp) -> Outcome {
        guard let cluster: Cluster = snapshot.get(Cluster.self, namespace: key.namespace, name: key.name),
            !cluster.isDeleting
        else { return .done }
        let scope = ClusterScope(snapshot, namespace: key.namespace, name: key.name)
        guard scope.plane == .site, !scope.isPaused(cluster), let revision = scope.revision else { return .done }
        var decision = Decision()
        let plan = LayerPlan(scope, revision)
        for layer in plan.layers {
            advance(layer, cluster, scope, &decision)
            let waits = LayerPlan.waits(of: layer)
            decision.wait(waits)
            guard decision.isEmpty, waits.isEmpty else { return decision.outcome }
        }
        for layer in plan.removed { remove(layer, &decision) }
        decision.wait(plan.waits)
        return decision.outcome
    }

    private func advance(
        _ layer: LayerPlan.Layer, _ cluster: Cluster, _ scope: ClusterScope, _ decision: inout Decision
    ) {
        guard layer.manifests.missingSecrets.isEmpty else { return }
        var named = layer.inventory
        for object in layer.manifests.objects where named.entries[object.key] == nil {
            named.entries[object.key] = .init()
        }
        guard named.entries == layer.inventory.entries else {
            return write(named, over: layer.map, cluster, scope, &decision)
        }
        var noted = named
        for object in layer.toApply {
            decision.apply(object, fieldManager: Self.fieldManager)
            noted.entries[object.key] = LayerInventory.Entry(
                digest: ContentDigest.sha256(object.json.encoded),
                mendedGeneration: layer.snapshot[object.key]?.generation)
        }
        forget(layer, &noted, &decision)
        // The writes are made in order: what is noted here has been applied.
        if noted.entries != layer.inventory.entries { write(noted, over: layer.map, cluster, scope, &decision) }
    }

    /// Deletes what the layer has no more; what is gone is forgotten.
    private func forget(_ layer: LayerPlan.Layer, _ inventory: inout LayerInventory, _ decision: inout Decision) {
        let pruned = layer.toPrune
        for object in pruned.reversed() { decision.delete(object) }
        let wanted = Set(layer.manifests.objects.map(\.key)).union(pruned.map(\.key))
        inventory.entries = inventory.entries.filter { wanted.contains($0.key) }
    }

    private func remove(_ layer: LayerPlan.Layer, _ decision: inout Decision) {
        for object in layer.toPrune.reversed() { decision.delete(object) }
        if layer.toPrune.isEmpty, let map = layer.map { decision.delete(map) }
    }

    private func write(
        _ inventory: LayerInventory, over present: ConfigMap?, _ cluster: Cluster, _ scope: ClusterScope,
        _ decision: inout Decision
    ) {
        let map = inventory.configMap(over: present, scope: scope, owner: cluster)
        if let present { decision.update(map, from: present) } else { decision.create(map) }
    }
}
