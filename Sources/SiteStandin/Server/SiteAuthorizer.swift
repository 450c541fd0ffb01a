import APIServer
import CorbelAPI
import HostRegistration

/// Confines nodes and Corbel's hosts to what is their own.
///
/// A node may read nodes, write its own, hold its lease, read the pods that are bound to it, write their status, delete
/// them, and record events. A host may read the HostMachine that names it, write its status, and read the bootstrap
/// Secret of that machine. Neither may do anything else.
struct SiteAuthorizer: Authorizer {
    /// Reads objects as the server itself; `nil` where there is none.
    let reader: @Sendable (ObjectKey) async throws -> Unstructured?

    func allows(_ request: RequestAttributes) async -> Bool {
        do {
            if let node = NodeIdentity(request.user) { return try await allows(request, node: node.name) }
            if let host = HostIdentity(request.user) { return try await allows(request, host: host) }
            return false
        } catch {
            // What cannot be read cannot be allowed.
            return false
        }
    }

    func maySee(_ object: Unstructured, user: UserInfo) async -> Bool {
        if let node = NodeIdentity(user) {
            return object.groupKind != Pod.groupKind || Pod(object).nodeName == node.name
        }
        guard let host = HostIdentity(user) else { return false }
        switch object.groupKind {
        case HostMachine.groupKind:
            return object.namespace == host.namespace && HostMachine(object).hostName == host.name
        case Secret.groupKind: return object.namespace == host.namespace
        default: return false
        }
    }

    // MARK: Nodes

    private static let reading: Set<String> = ["get", "list", "watch"]
    private static let writing: Set<String> = ["update", "patch"]

    /// Creates name nothing here; ``NodeRestriction`` looks at what is created.
    private func allows(_ request: RequestAttributes, node: String) async throws -> Bool {
        let verb = request.verb
        let isStatus = request.subresource == "status"
        guard request.subresource.isEmpty || isStatus else { return false }
        switch request.resource {
        case Node.definition.groupResource:
            return Self.reading.contains(verb) || verb == "create"
                || (Self.writing.contains(verb) && request.name == node)
        case Lease.definition.groupResource:
            guard request.namespace == NodeLifecycleReconciler.leaseNamespace else { return false }
            return verb == "create" || (["get", "update", "patch"].contains(verb) && request.name == node)
        case Event.definition.groupResource: return ["get", "create", "update", "patch"].contains(verb)
        case Pod.definition.groupResource:
            if Self.reading.contains(verb) || verb == "create" { return true }
            guard (isStatus && Self.writing.contains(verb)) || (!isStatus && verb == "delete") else { return false }
            let pod = try await reader(Pod.key(namespace: request.namespace, name: request.name))
            return pod.map { Pod($0).nodeName == node } ?? false
        default: return false
        }
    }

    // MARK: Hosts

    private func allows(_ request: RequestAttributes, host: HostIdentity) async throws -> Bool {
        guard request.namespace == host.namespace else { return false }
        switch request.resource {
        case HostMachine.definition.groupResource:
            if Self.reading.contains(request.verb), request.subresource.isEmpty { return true }
            guard request.subresource == "status", Self.writing.contains(request.verb) else { return false }
            return try await machine(request.name, of: host) != nil
        case Secret.definition.groupResource:
            let suffix = "-bootstrap"
            guard request.verb == "get", request.name.hasSuffix(suffix), request.subresource.isEmpty else {
                return false
            }
            let name = String(request.name.dropLast(suffix.count))
            guard let machine = try await machine(name, of: host) else { return false }
            return name == "\(machine.clusterName)-\(host.name)"
        default: return false
        }
    }

    private func machine(_ name: String, of host: HostIdentity) async throws -> HostMachine? {
        let object = try await reader(HostMachine.key(namespace: host.namespace, name: name))
        return object.map(HostMachine.init(_:)).flatMap { $0.hostName == host.name ? $0 : nil }
    }
}

/// A node, as its certificate says: the common name `system:node:<name>` and the organization `system:nodes`.
struct NodeIdentity: Hashable {
    private static let prefix = "system:node:"

    var name: String

    init?(_ user: UserInfo) {
        guard user.groups.contains("system:nodes"), user.name.hasPrefix(Self.prefix) else { return nil }
        name = String(user.name.dropFirst(Self.prefix.count))
        if name.isEmpty { return nil }
    }
}

/// Keeps a node from creating what is not its own (Kubernetes' admission plugin of that name).
struct NodeRestriction: AdmissionPlugin {
    let kinds: Set<GroupKind>? = [Node.groupKind, Lease.groupKind, Pod.groupKind]

    func admit(_ request: AdmissionRequest) throws -> Unstructured {
        guard request.old == nil, let node = NodeIdentity(request.user) else { return request.object }
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
