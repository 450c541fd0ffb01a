public import CorbelAPI

/// The rules for roles and bindings that a schema cannot say.
///
/// Source: `rbac.authorization.k8s.io/v1` of Kubernetes' API reference.
public enum RoleValidation {
    /// A binding with the groups that its author left out.
    public static func completing(_ binding: RoleBinding) -> RoleBinding {
        var binding = binding
        let subjects = (binding.json["subjects"]?.arrayValue ?? []).map { subject in
            var subject = subject
            let isNamed = subject["apiGroup"]?.stringValue.map { !$0.isEmpty } ?? false
            if !isNamed, ["User", "Group"].contains(subject["kind"]?.stringValue) {
                subject["apiGroup"] = .string(APIGroup.accessControl)
            }
            return subject
        }
        if !subjects.isEmpty { binding.json["subjects"] = .array(subjects) }
        if binding.json["roleRef", "apiGroup"]?.stringValue ?? "" == "", binding.json["roleRef"] != nil {
            binding.json["roleRef", "apiGroup"] = .string(APIGroup.accessControl)
        }
        return binding
    }

    public static func problems(of role: some RoleResource, isNamespaced: Bool) -> [FieldError] {
        let rules = role.rules
        let tooLarge = sizeProblems(of: rules)
        guard tooLarge.isEmpty else { return tooLarge }
        return rules.enumerated().flatMap { index, rule in
            problems(of: rule, at: "rules[\(index)]", isNamespaced: isNamespaced)
        } + selectorProblems(of: ClusterRole(role))
    }

    /// A role has at most so many rules.
    private static let ruleLimit = 500
    /// The verbs, groups, resources and names of a rule make at most so many combinations.
    private static let ruleSizeLimit = 10_000
    /// The rules of a role make at most so many combinations together.
    private static let roleSizeLimit = 20_000

    /// Why rules are too many or too large to be compared with what somebody holds.
    public static func sizeProblems(of rules: [PolicyRule]) -> [FieldError] {
        guard rules.count <= ruleLimit else {
            return [tooMany("rules", rules.count, "must have at most \(ruleLimit) rules")]
        }
        let sizes = rules.map(\.partCount)
        let problems = sizes.enumerated().filter { $0.element > ruleSizeLimit }.map { index, size in
            tooMany("rules[\(index)]", size, "a rule must make at most \(ruleSizeLimit) \(combinations)")
        }
        guard problems.isEmpty else { return problems }
        let sum = sizes.reduce(0, +)
        guard sum > roleSizeLimit else { return [] }
        return [tooMany("rules", sum, "all rules together must make at most \(roleSizeLimit) \(combinations)")]
    }

    private static let combinations = "combinations of verb, group, resource and name, or of verb and path"

    private static func tooMany(_ field: String, _ count: Int, _ detail: String) -> FieldError {
        FieldError(.tooMany, field, value: JSONValue(count), detail)
    }

    private static func problems(of rule: PolicyRule, at path: String, isNamespaced: Bool) -> [FieldError] {
        var problems: [FieldError] = []
        if rule.verbs.isEmpty {
            problems.append(.required("\(path).verbs", "verbs must contain at least one value"))
        }
        if !rule.nonResourceURLs.isEmpty {
            if isNamespaced {
                problems.append(
                    .invalid(
                        "\(path).nonResourceURLs", JSONValue(rule.nonResourceURLs),
                        "namespaced rules cannot apply to non-resource URLs"))
            }
            if !(rule.apiGroups + rule.resources + rule.resourceNames).isEmpty {
                problems.append(
                    .invalid(
                        "\(path).nonResourceURLs", JSONValue(rule.nonResourceURLs),
                        "rules cannot apply to both regular resources and non-resource URLs"))
            }
            return problems
        }
        if rule.apiGroups.isEmpty {
            problems.append(.required("\(path).apiGroups", "resource rules must supply at least one api group"))
        }
        if rule.resources.isEmpty {
            problems.append(.required("\(path).resources", "resource rules must supply at least one resource"))
        }
        return problems
    }

    private static func selectorProblems(of role: ClusterRole) -> [FieldError] {
        guard let selectors = role.aggregationSelectors else { return [] }
        let path = "aggregationRule.clusterRoleSelectors"
        if selectors.isEmpty {
            return [.required(path, "at least one clusterRoleSelector required if aggregationRule is non-nil")]
        }
        return selectors.enumerated().flatMap { index, selector -> [FieldError] in
            do throws(FieldErrors) {
                _ = try LabelSelector(object: selector, at: "\(path)[\(index)]")
                return []
            } catch {
                return error.errors
            }
        }
    }

    public static func problems(of binding: RoleBinding, old: RoleBinding?, isNamespaced: Bool) -> [FieldError] {
        var problems: [FieldError] = []
        let reference = binding.json["roleRef"] ?? [:]
        if let old, let held = old.json["roleRef"], held != reference {
            problems.append(.invalid("roleRef", reference, "cannot change roleRef"))
        }
        let kinds = isNamespaced ? ["Role", "ClusterRole"] : ["ClusterRole"]
        problems += unsupported(reference["apiGroup"], at: "roleRef.apiGroup", [APIGroup.accessControl])
        problems += unsupported(reference["kind"], at: "roleRef.kind", kinds)
        problems += nameProblems(reference["name"], at: "roleRef.name")
        for (index, subject) in (binding.json["subjects"]?.arrayValue ?? []).enumerated() {
            problems += subjectProblems(subject, at: "subjects[\(index)]", isNamespaced: isNamespaced)
        }
        return problems
    }

    private static func unsupported(_ value: JSONValue?, at path: String, _ allowed: [String]) -> [FieldError] {
        if let text = value?.stringValue, allowed.contains(text) { return [] }
        let names = allowed.map { "\"\($0)\"" }.joined(separator: ", ")
        return [FieldError(.notSupported, path, value: value ?? "", "supported values: \(names)")]
    }

    private static func nameProblems(_ value: JSONValue?, at path: String) -> [FieldError] {
        guard let name = value?.stringValue, !name.isEmpty else { return [.required(path)] }
        return NameSyntax.pathSegmentProblem(name).map { [.invalid(path, .string(name), $0)] } ?? []
    }

    private static func subjectProblems(_ subject: JSONValue, at path: String, isNamespaced: Bool) -> [FieldError] {
        var problems: [FieldError] = []
        if subject["name"]?.stringValue ?? "" == "" { problems.append(.required("\(path).name")) }
        switch subject["kind"]?.stringValue {
        case "ServiceAccount":
            if let group = subject["apiGroup"]?.stringValue, !group.isEmpty {
                problems += unsupported(.string(group), at: "\(path).apiGroup", [""])
            }
            if !isNamespaced, subject["namespace"]?.stringValue ?? "" == "" {
                problems.append(.required("\(path).namespace"))
            }
        case "User", "Group":
            problems += unsupported(subject["apiGroup"], at: "\(path).apiGroup", [APIGroup.accessControl])
        default:
            problems += unsupported(subject["kind"], at: "\(path).kind", RoleSubject.Kind.allCases.map(\.rawValue))
        }
        return problems
    }
}
