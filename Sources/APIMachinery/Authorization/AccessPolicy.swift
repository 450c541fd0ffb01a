public import CorbelAPI

/// Who may do what by roles and bindings (Kubernetes' RBAC), ready to be asked: a value, made anew when they change.
///
/// Roles only allow. What no rule allows is for others to allow, or for nobody.
public struct AccessPolicy: Sendable {
    /// The rules that one binding gives to one subject.
    struct Grant: Sendable {
        /// Where the rules hold; empty is everywhere.
        var namespace: String
        var rules: [PolicyRule]
        /// Why the rules hold, made once for all requests.
        var reason: String
    }

    /// Roles by their keys, those of the cluster without a namespace.
    private var roles: [ObjectKey: [PolicyRule]] = [:]
    private var byUser: [String: [Grant]] = [:]
    private var byGroup: [String: [Grant]] = [:]

    public init() {}

    /// The policy that these objects make; those of other kinds count for nothing.
    ///
    /// A binding whose role is not there gives nothing. The objects' order makes no difference to what is allowed.
    public init(_ objects: some Sequence<Unstructured>) {
        var bindings: [Unstructured] = []
        for object in objects where object.groupVersion.group == APIGroup.accessControl {
            switch object.kind {
            case "Role", "ClusterRole": roles[object.key] = Role(object).rules
            case "RoleBinding", "ClusterRoleBinding": bindings.append(object)
            default: continue
            }
        }
        for object in bindings { add(RoleBinding(object)) }
    }

    private mutating func add(_ binding: RoleBinding) {
        guard let rules = rules(of: binding.role, in: binding.namespace) else { return }
        for subject in binding.subjects {
            let grant = Grant(
                namespace: binding.namespace, rules: rules, reason: Self.reason(of: binding, giving: subject))
            switch subject.kind {
            case .user: byUser[subject.name, default: []].append(grant)
            case .group: byGroup[subject.name, default: []].append(grant)
            case .serviceAccount:
                let namespace = subject.namespace.isEmpty ? binding.namespace : subject.namespace
                guard !namespace.isEmpty else { continue }
                byUser["system:serviceaccount:\(namespace):\(subject.name)", default: []].append(grant)
            }
        }
    }

    /// The rules of a role that a binding in `namespace` refers to; nil where there is none. Without a namespace only
    /// ClusterRoles may be referred to.
    public func rules(of role: RoleReference, in namespace: String) -> [PolicyRule]? {
        switch role.kind {
        case "ClusterRole": roles[ClusterRole.key(name: role.name)]
        case "Role" where !namespace.isEmpty: roles[Role.key(namespace: namespace, name: role.name)]
        default: nil
        }
    }

    /// Why a user may do something to a resource; nil where no role allows it.
    public func reason(allowing access: ResourceAccess, user: String, groups: [String]) -> String? {
        first(user, groups) { grant in
            (grant.namespace.isEmpty || grant.namespace == access.namespace)
                && grant.rules.contains { $0.allows(access) }
        }?.reason
    }

    /// Why a user may do something to a path that names no resource; nil where no role allows it.
    public func reason(allowingVerb verb: String, path: String, user: String, groups: [String]) -> String? {
        first(user, groups) { grant in
            grant.namespace.isEmpty && grant.rules.contains { $0.allows(verb: verb, path: path) }
        }?.reason
    }

    /// Everything that a user may do in a namespace, and everywhere.
    public func rules(user: String, groups: [String], in namespace: String) -> [PolicyRule] {
        var rules: [PolicyRule] = []
        for grants in [byUser[user] ?? []] + groups.map({ byGroup[$0] ?? [] }) {
            for grant in grants where grant.namespace.isEmpty || grant.namespace == namespace { rules += grant.rules }
        }
        return rules
    }

    private func first(_ user: String, _ groups: [String], where allows: (Grant) -> Bool) -> Grant? {
        if let grant = byUser[user]?.first(where: allows) { return grant }
        for group in groups {
            if let grant = byGroup[group]?.first(where: allows) { return grant }
        }
        return nil
    }
}

extension AccessPolicy {
    private static func reason(of binding: RoleBinding, giving subject: RoleSubject) -> String {
        let place = binding.namespace.isEmpty ? binding.name : "\(binding.name)/\(binding.namespace)"
        let who =
            subject.kind == .serviceAccount
            ? "\(subject.name)/\(subject.namespace.isEmpty ? binding.namespace : subject.namespace)" : subject.name
        return "RBAC: allowed by \(binding.kind) \"\(place)\" of \(binding.role.kind) \"\(binding.role.name)\" to "
            + "\(subject.kind.rawValue) \"\(who)\""
    }
}
