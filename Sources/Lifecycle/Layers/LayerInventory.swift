import ControlLoop
import CorbelAPI
import Revisions

/// What a layer has put into the cluster: a ConfigMap beside the Cluster. It names an object before the object is
/// applied, so that a crash never leaves one that nobody would prune.
struct LayerInventory {
    struct Entry: Hashable {
        /// Of the manifest that was last applied; empty before the first time.
        var digest = ""
        /// The generation on which drift was last mended: mending it twice would mean that the server writes the
        /// value its own way.
        var mendedGeneration: Int?
    }

    static let layerLabel = "corbel.dev/layer"

    let layer: String
    var entries: [ObjectKey: Entry]

    init(layer: String, entries: [ObjectKey: Entry] = [:]) {
        self.layer = layer
        self.entries = entries
    }

    init(_ map: ConfigMap) {
        layer = map.label(Self.layerLabel) ?? ""
        let text = map.data["objects"] ?? "[]"
        let list = (try? JSONValue(parsing: text))?.arrayValue ?? []
        entries = Dictionary(list.map(Self.entry), uniquingKeysWith: { $1 })
    }

    /// All inventories of a cluster, by layer.
    static func all(of scope: ClusterScope) -> [(map: ConfigMap, inventory: LayerInventory)] {
        scope.list(ConfigMap.self).filter { $0.label(layerLabel) != nil }.map { ($0, LayerInventory($0)) }
    }

    func configMap(over present: ConfigMap?, scope: ClusterScope, owner: Cluster) -> ConfigMap {
        var map = present ?? ConfigMap(namespace: scope.namespace, name: ObjectName.inventory(layer, of: scope.name))
        if present == nil {
            map.labels = [WellKnown.clusterName: scope.name, Self.layerLabel: layer]
            map.ownerReferences = [OwnerReference(to: owner, isController: false)]
        }
        let list = entries.sorted { $0.key < $1.key }.map { Self.json($0.key, $0.value) }
        map.data = ["objects": JSONValue.array(list).encodedText]
        return map
    }

    private static func entry(_ json: JSONValue) -> (ObjectKey, Entry) {
        let kind = GroupKind(json["group"]?.stringValue ?? "", json["kind"]?.stringValue ?? "")
        let key = ObjectKey(
            kind, namespace: json["namespace"]?.stringValue ?? "", name: json["name"]?.stringValue ?? "")
        return (key, Entry(digest: json["digest"]?.stringValue ?? "", mendedGeneration: json["mended"]?.intValue))
    }

    private static func json(_ key: ObjectKey, _ entry: Entry) -> JSONValue {
        var json: JSONValue = [
            "group": .string(key.kind.group), "kind": .string(key.kind.kind), "name": .string(key.name),
            "digest": .string(entry.digest),
        ]
        if !key.namespace.isEmpty { json["namespace"] = .string(key.namespace) }
        json["mended"] = entry.mendedGeneration.map { JSONValue($0) }
        return json
    }
}
