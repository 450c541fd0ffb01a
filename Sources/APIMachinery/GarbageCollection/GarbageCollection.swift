public import CorbelAPI

/// An object as the garbage collector sees it.
public struct OwnershipNode: Sendable, Hashable {
    public var key: ObjectKey
    public var uid: String
    public var ownerReferences: [OwnerReference]
    public var finalizers: [String]
    public var isDeleting: Bool

    public init(
        key: ObjectKey, uid: String, ownerReferences: [OwnerReference] = [], finalizers: [String] = [],
        isDeleting: Bool = false
    ) {
        self.key = key
        self.uid = uid
        self.ownerReferences = ownerReferences
        self.finalizers = finalizers
        self.isDeleting = isDeleting
    }

    public init(_ object: some Resource) {
        self.init(
            key: object.key, uid: object.uid, ownerReferences: object.ownerReferences, finalizers: object.finalizers,
            isDeleting: object.isDeleting)
    }

    /// Whether the object waits for its dependents to be deleted.
    fileprivate var deletesForeground: Bool { isDeleting && finalizers.contains(PropagationPolicy.foregroundFinalizer) }
    /// Whether the object waits for its dependents to let go of it.
    fileprivate var orphansDependents: Bool { isDeleting && finalizers.contains(PropagationPolicy.orphanFinalizer) }
}

/// A write that the garbage collector wants. Each holds for the object of that UID only.
public enum CollectionAction: Sendable, Hashable {
    /// Deletes the object; nil leaves its dependents to the object's own finalizers.
    case delete(ObjectKey, uid: String, PropagationPolicy?)
    /// Drops the ownerReferences that have these UIDs.
    case removeOwners(ObjectKey, uid: String, owners: [String])
    case removeFinalizer(ObjectKey, uid: String, String)
}

/// Decides which dependents go when their owners do.
///
/// Owner, and what follows for a dependent of it:
///
///     gone                          the dependent is deleted, unless another owner is there
///     deleting, finalizer orphan    the dependent lets go; the finalizer goes after the last one has
///     deleting, foregroundDeletion  the dependent is deleted, unless another owner is there; the finalizer goes
///                                   once no dependent that blocks the deletion is left
///     deleting otherwise, or there  nothing
///
/// Source: "Garbage Collection" of Kubernetes' documentation.
public enum GarbageCollection {
    /// Everything that is due now, in the order of keys. Ask again after the actions were carried out: one may make
    /// another due.
    ///
    /// - Parameters:
    ///   - nodes: every object of `servedKinds`.
    ///   - servedKinds: the kinds whose objects are all known. An owner of any other kind counts as being there.
    public static func actions(for nodes: [OwnershipNode], servedKinds: Set<GroupKind>) -> [CollectionAction] {
        let graph = OwnershipGraph(nodes, servedKinds)
        return nodes.sorted { ($0.key, $0.uid) < ($1.key, $1.uid) }.flatMap { node in
            graph.actionsForDependent(node) + graph.actionsForOwner(node)
        }
    }
}

private struct OwnershipGraph {
    private let servedKinds: Set<GroupKind>
    private let nodes: [String: OwnershipNode]
    private let dependents: [String: [OwnershipNode]]

    init(_ nodes: [OwnershipNode], _ servedKinds: Set<GroupKind>) {
        self.servedKinds = servedKinds
        let byUID = Dictionary(nodes.map { ($0.uid, $0) }, uniquingKeysWith: { first, _ in first })
        var dependents: [String: [OwnershipNode]] = [:]
        for node in nodes {
            for reference in node.ownerReferences where Self.owner(reference, of: node, in: byUID) != nil {
                dependents[reference.uid, default: []].append(node)
            }
        }
        self.nodes = byUID
        self.dependents = dependents
    }

    /// The owner that a reference means. A reference whose UID belongs to something of another name, kind or
    /// namespace means nothing.
    private static func owner(
        _ reference: OwnerReference, of node: OwnershipNode, in nodes: [String: OwnershipNode]
    ) -> OwnershipNode? {
        guard let owner = nodes[reference.uid], owner.key.kind == reference.groupKind, owner.key.name == reference.name,
            owner.key.namespace.isEmpty || owner.key.namespace == node.key.namespace
        else { return nil }
        return owner
    }

    private enum Standing {
        case present, gone, deletingForeground, orphaning
    }

    private func standing(of reference: OwnerReference, for node: OwnershipNode) -> Standing {
        guard servedKinds.contains(reference.groupKind) else { return .present }
        guard let owner = Self.owner(reference, of: node, in: nodes) else { return .gone }
        if owner.orphansDependents { return .orphaning }
        return owner.deletesForeground ? .deletingForeground : .present
    }

    /// What follows for an object from the standing of its owners.
    func actionsForDependent(_ node: OwnershipNode) -> [CollectionAction] {
        let owners = node.ownerReferences.map { (uid: $0.uid, standing: standing(of: $0, for: node)) }
        func uids(_ standings: Set<Standing>) -> [String] {
            owners.filter { standings.contains($0.standing) }.map(\.uid)
        }
        let orphaning = uids([.orphaning])
        if !orphaning.isEmpty { return [.removeOwners(node.key, uid: node.uid, owners: orphaning)] }
        let leaving = uids([.gone, .deletingForeground])
        guard !leaving.isEmpty else { return [] }
        if leaving.count < owners.count { return [.removeOwners(node.key, uid: node.uid, owners: leaving)] }
        guard !node.isDeleting else { return [] }
        return [.delete(node.key, uid: node.uid, policy(for: node, isForeground: owners.map(\.standing)))]
    }

    /// Dependents of what goes in the foreground go in the foreground too when they have dependents of their own, so
    /// that the whole tree goes from its leaves.
    private func policy(for node: OwnershipNode, isForeground standings: [Standing]) -> PropagationPolicy? {
        let hasDependents = !(dependents[node.uid] ?? []).isEmpty
        if standings.contains(.deletingForeground) && hasDependents { return .foreground }
        return PropagationPolicy.allFinalizers.isDisjoint(with: node.finalizers) ? .background : nil
    }

    /// The finalizer of the garbage collector, once it has done what the finalizer stands for.
    func actionsForOwner(_ node: OwnershipNode) -> [CollectionAction] {
        let dependents = dependents[node.uid] ?? []
        if node.orphansDependents && dependents.isEmpty {
            return [.removeFinalizer(node.key, uid: node.uid, PropagationPolicy.orphanFinalizer)]
        }
        let isBlocked = dependents.contains { dependent in
            dependent.ownerReferences.contains { $0.uid == node.uid && $0.blockOwnerDeletion }
        }
        if node.deletesForeground && !isBlocked {
            return [.removeFinalizer(node.key, uid: node.uid, PropagationPolicy.foregroundFinalizer)]
        }
        return []
    }
}
