public import CorbelAPI

/// ClusterRoles that gather the rules of others (`aggregationRule`).
public enum RoleAggregation {
    /// The rules that an aggregated role is to have: those of every other role that one of its selectors selects, by
    /// the selectors' order and the roles' names, each once. Nil where the role's rules are its own.
    public static func rules(of role: ClusterRole, among roles: [ClusterRole]) -> [PolicyRule]? {
        guard let selectors = role.aggregationSelectors else { return nil }
        let sorted = roles.filter { $0.name != role.name }.sorted { $0.name < $1.name }
        var rules: [PolicyRule] = []
        for selector in selectors.compactMap({ try? LabelSelector(object: $0, at: "") }) {
            for source in sorted where selector.matches(source.labels) {
                for rule in source.rules where !rules.contains(rule) { rules.append(rule) }
            }
        }
        return rules
    }

    /// The roles whose rules are not what they are to be, with those that they are to have.
    ///
    /// A role that gathers from another that gathers is due again once that one is written.
    public static func due(_ roles: [ClusterRole]) -> [ClusterRole] {
        roles.compactMap { role in
            guard let rules = rules(of: role, among: roles), rules != role.rules else { return nil }
            var role = role
            role.rules = rules
            return role
        }
    }
}
