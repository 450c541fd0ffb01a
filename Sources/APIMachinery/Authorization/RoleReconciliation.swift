public import CorbelAPI

/// Brings the roles and bindings that a server comes with up to date, as Kubernetes does at its start: what is missing
/// is added, what people have added stays, and an object with the annotation
/// `rbac.authorization.kubernetes.io/autoupdate: "false"` is left alone.
public enum RoleReconciliation {
    public static let autoUpdate = "rbac.authorization.kubernetes.io/autoupdate"

    public enum BindingChange: Sendable, Hashable {
        case update(ClusterRoleBinding)
        /// A binding never changes its role: another one takes its place.
        case replace(ClusterRoleBinding)
    }

    /// The role as it is to be written; nil where nothing is missing.
    public static func change(of existing: ClusterRole, toward expected: ClusterRole) -> ClusterRole? {
        guard existing.annotations[autoUpdate] != "false" else { return nil }
        var role = existing
        merge(expected, into: &role)
        if let wanted = expected.aggregationSelectors {
            let held = existing.aggregationSelectors ?? []
            let missing = wanted.filter { !held.contains($0) }
            if !missing.isEmpty || existing.aggregationSelectors == nil { role.aggregationSelectors = held + missing }
        } else {
            let missing = expected.rules.filter { !PolicyRule.missing(from: existing.rules, of: [$0]).isEmpty }
            if !missing.isEmpty { role.rules = existing.rules + missing }
        }
        return role == existing ? nil : role
    }

    /// What is to be done to the binding; nil where nothing is missing.
    public static func change(of existing: ClusterRoleBinding, toward expected: ClusterRoleBinding) -> BindingChange? {
        guard existing.annotations[autoUpdate] != "false" else { return nil }
        guard existing.role == expected.role else { return .replace(expected) }
        var binding = existing
        merge(expected, into: &binding)
        let missing = expected.subjects.filter { !existing.subjects.contains($0) }
        if !missing.isEmpty { binding.subjects = existing.subjects + missing }
        return binding == existing ? nil : .update(binding)
    }

    private static func merge<Kind: Resource>(_ expected: Kind, into object: inout Kind) {
        for (key, value) in expected.labels { object.json["metadata", "labels", key] = .string(value) }
        for (key, value) in expected.annotations { object.json["metadata", "annotations", key] = .string(value) }
    }
}
