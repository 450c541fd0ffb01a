public import CorbelAPI

/// ClusterRoles that gather the rules of others (`aggregationRule`).
public enum RoleAggregation {
    /// The rules that an aggregated role is to have: those of every other role that one of its selectors selects, by
    /// the selectors' order and the roles' names, each once. Nil where the role's rules are its own.
    ///
    /// A selected role that gathers gives what it is to gather, and not what it holds: so roles that gather each other
    /// come to rest at once, and keep nothing that no role of its own rules gives.
    public static func rules(of role: ClusterRole, among roles: [ClusterRole]) -> [PolicyRule]? {
        guard role.aggregationSelectors != nil else { return nil }
        let sorted = roles.sorted { $0.name < $1.name }
        var visited: Set<String> = [role.name]
        var known: Set<PolicyRule> = []
        var rules: [PolicyRule] = []
        var next = [role]
        while let source = next.popLast() {
            guard let selectors = source.aggregationSelectors else {
                for rule in source.rules where known.insert(rule).inserted { rules.append(rule) }
                continue
            }
            var selected: [ClusterRole] = []
            for selector in selectors.compactMap({ try? LabelSelector(object: $0, at: "") }) {
                for other in sorted where selector.matches(other.labels) && !visited.contains(other.name) {
                    visited.insert(other.name)
                    selected.append(other)
                }
            }
            next += selected.reversed()
        }
        return rules
    }

    /// The roles whose rules are not what they are to be, with those that they are to have. The order of rules says
    /// nothing: one that differs in it alone is not due.
    public static func due(_ roles: [ClusterRole]) -> [ClusterRole] {
        roles.compactMap { role in
            guard let rules = rules(of: role, among: roles), Set(rules) != Set(role.rules) else { return nil }
            var role = role
            role.rules = rules
            return role
        }
    }
}
