import APIServer
import CorbelAPI

/// A node, as its certificate says: the common name `system:node:<name>` and the organization `system:nodes`.
struct NodeIdentity: Hashable {
    private static let prefix = "system:node:"

    var name: String

    /// The node behind a user, or `nil` where the user is no node.
    init?(name user: String, groups: [String]) {
        guard groups.contains("system:nodes"), user.hasPrefix(Self.prefix) else { return nil }
        name = String(user.dropFirst(Self.prefix.count))
        if name.isEmpty { return nil }
    }
}

/// Keeps a node from creating what is not its own (Kubernetes' admission plugin of that name).
struct NodeRestriction: AdmissionPlugin {
    let kinds: Set<GroupKind>? = [Node.groupKind, Lease.groupKind, Pod.groupKind]

    func admit(_ request: AdmissionRequest) throws -> Unstructured {
        guard request.old == nil, let node = NodeIdentity(name: request.user.name, groups: request.user.groups)
        else { return request.object }
        let object = request.object
        let isOwn =
            switch object.groupKind {
            case Pod.groupKind: Pod(object).isMirror && Pod(object).nodeName == node.name
            default: object.name == node.name
            }
        guard isOwn else {
            throw StatusError(
                .forbidden,
                "\(request.definition.groupResource) \"\(object.name)\" is forbidden: node \"\(node.name)\" is not "
                    + "allowed to create it")
        }
        return object
    }
}
