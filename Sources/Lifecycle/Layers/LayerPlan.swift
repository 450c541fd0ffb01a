import ControlLoop
import CorbelAPI
import Revisions

/// What each layer of a revision lacks, in the order of installation.
struct LayerPlan {
    /// The kinds whose objects are compared with their manifests, and pruned. Objects of other kinds are applied when
    /// their manifest changes, and stay when it goes: what cannot be seen is not deleted.
    static let observedKinds: [GroupKind] = [
        Namespace.groupKind, ConfigMap.groupKind, Secret.groupKind, Deployment.groupKind, DaemonSet.groupKind,
        PodDisruptionBudget.groupKind, GroupKind("", "Service"), GroupKind("", "ServiceAccount"),
        GroupKind(APIGroup.apps, "StatefulSet"), GroupKind("rbac.authorization.k8s.io", "ClusterRole"),
        GroupKind("rbac.authorization.k8s.io", "ClusterRoleBinding"), GroupKind("rbac.authorization.k8s.io", "Role"),
        GroupKind("rbac.authorization.k8s.io", "RoleBinding"),
        GroupKind("apiextensions.k8s.io", "CustomResourceDefinition"),
    ]

    struct Layer {
        let name: String
        let manifests: LayerManifests
        let inventory: LayerInventory
        let map: ConfigMap?
        let snapshot: Snapshot
        /// Objects that are missing, differ from their manifest, or were never applied.
        let toApply: [Unstructured]
        /// Live objects that the layer once had and has no more.
        let toPrune: [Unstructured]

        init(_ manifests: LayerManifests, _ inventory: LayerInventory, _ map: ConfigMap?, _ snapshot: Snapshot) {
            name = inventory.layer
            self.manifests = manifests
            self.inventory = inventory
            self.map = map
            self.snapshot = snapshot
            toApply = manifests.objects.filter { Self.needsApplying($0, inventory, snapshot) }
            let wanted = Set(manifests.objects.map(\.key))
            toPrune = inventory.entries.keys.filter { !wanted.contains($0) }.sorted().compactMap { snapshot[$0] }
                .filter { $0.label(LayerInventory.layerLabel) == inventory.layer }
        }

        /// What the layer's objects wait for.
        var obstacles: [(ObjectKey, String)] {
            manifests.objects.compactMap { manifest in
                snapshot[manifest.key].flatMap(LayerReadiness.obstacle).map { (manifest.key, $0) }
            }
        }

        private static func needsApplying(
            _ manifest: Unstructured, _ inventory: LayerInventory, _ snapshot: Snapshot
        ) -> Bool {
            let entry = inventory.entries[manifest.key] ?? .init()
            if entry.digest != ContentDigest.sha256(manifest.json.encoded) { return true }
            guard LayerPlan.observedKinds.contains(manifest.groupKind) else { return false }
            guard let live = snapshot[manifest.key] else { return true }
            if live.isDeleting { return false }
            return !live.json.contains(manifest.json) && entry.mendedGeneration != live.generation
        }
    }

    let layers: [Layer]
    /// Inventories of layers that the revision no longer has, last installed first.
    let removed: [Layer]

    init(_ scope: ClusterScope, _ revision: ClusterRevision) {
        let inventories = LayerInventory.all(of: scope)
        let present = Dictionary(inventories.map { ($0.inventory.layer, $0) }, uniquingKeysWith: { first, _ in first })
        let secrets = LayerManifests.secrets(of: revision, scope)
        layers = revision.layers.map { layer in
            Layer(
                LayerManifests(layer, secrets: secrets),
                present[layer.name]?.inventory ?? LayerInventory(layer: layer.name), present[layer.name]?.map,
                scope.snapshot)
        }
        let kept = Set(revision.layers.map(\.name))
        removed = inventories.filter { !kept.contains($0.inventory.layer) }.reversed().map { map, inventory in
            Layer(.none, inventory, map, scope.snapshot)
        }
    }

    /// What the first layer that is not ready waits for; none when every layer is.
    var waits: [Wait] {
        for layer in layers {
            let waits = Self.waits(of: layer)
            if !waits.isEmpty { return waits }
        }
        return removed.map {
            Wait(
                "PruningLayer", "the objects of the layer \($0.name), which is gone, are being deleted",
                on: $0.map?.key,
                unblockedBy: "they are gone")
        }
    }

    static func waits(of layer: Layer) -> [Wait] {
        if !layer.manifests.missingSecrets.isEmpty {
            let names = layer.manifests.missingSecrets.joined(separator: ", ")
            return [
                Wait(
                    "SecretMissing", "the layer \(layer.name) needs values that are not there: \(names)",
                    unblockedBy: "the Secrets of spec.variablesFrom have entries for \(names)")
            ]
        }
        if let first = (layer.toApply + layer.toPrune).first {
            return [
                Wait(
                    "ApplyingLayer", "the layer \(layer.name) is being applied", on: first.key,
                    unblockedBy: "the API server takes \(first.key)")
            ]
        }
        return layer.obstacles.map { key, obstacle in
            Wait(
                "LayerNotReady", "the layer \(layer.name) is not ready: \(key): \(obstacle)", on: key,
                unblockedBy: "\(key) is ready")
        }
    }
}
