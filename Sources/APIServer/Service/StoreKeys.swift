import CorbelAPI
import ResourceStore

/// Where objects lie in the store: `/<tenant>/<group>/<resource>/<namespace>/<name>`.
///
/// The tenant comes first from the first day, so that a store can be shared or divided later without moving anything.
/// The core group is written `core`; cluster-scoped kinds have no namespace segment.
struct StoreKeys: Sendable {
    var tenant = "default"

    func prefix(of definition: ResourceDefinition, namespace: String?) -> StoreKey {
        let group = definition.group.isEmpty ? "core" : definition.group
        let base = "/\(tenant)/\(group)/\(definition.plural)/"
        guard definition.isNamespaced, let namespace, !namespace.isEmpty else { return StoreKey(base) }
        return StoreKey(base + namespace + "/")
    }

    func key(of target: Target) -> StoreKey {
        StoreKey(prefix(of: target.definition, namespace: target.namespace).text + target.name)
    }
}
