public import CorbelAPI

/// Something done to a resource, as authorization sees it.
public struct ResourceAccess: Sendable, Hashable {
    public var verb: String
    public var group: String
    public var resource: String
    public var subresource: String
    /// Empty is all namespaces, or none for what has none.
    public var namespace: String
    /// Empty is all objects.
    public var name: String

    public init(
        verb: String, group: String, resource: String, subresource: String = "", namespace: String = "",
        name: String = ""
    ) {
        self.verb = verb
        self.group = group
        self.resource = resource
        self.subresource = subresource
        self.namespace = namespace
        self.name = name
    }
}

/// Whether a rule speaks of what somebody wants to do.
///
/// Source: "Using RBAC Authorization" of Kubernetes' documentation.
extension PolicyRule {
    public func allows(_ access: ResourceAccess) -> Bool {
        Self.has(verbs, access.verb) && Self.has(apiGroups, access.group)
            && resources.contains { Self.resource($0, is: access.resource, access.subresource) }
            && (resourceNames.isEmpty || resourceNames.contains(access.name))
    }

    public func allows(verb: String, path: String) -> Bool {
        Self.has(verbs, verb) && nonResourceURLs.contains { Self.path($0, covers: path) }
    }

    private static func has(_ values: [String], _ value: String) -> Bool {
        values.contains { $0 == value || $0 == any }
    }

    /// `*` is every resource and every subresource, `pods` the resource alone, `*/scale` a subresource of all.
    private static func resource(_ rule: String, is resource: String, _ subresource: String) -> Bool {
        if rule == any { return true }
        if subresource.isEmpty { return rule == resource }
        return rule == "*/" + subresource || rule == resource + "/" + subresource
    }

    /// A `*` at the end stands for everything that follows; elsewhere it is a character.
    private static func path(_ rule: String, covers path: String) -> Bool {
        if rule == any || rule == path { return true }
        return rule.hasSuffix(any) && path.hasPrefix(rule.dropLast())
    }
}

// Escalation.
extension PolicyRule {
    /// The parts of `wanted` that `held` does not allow; none where whoever holds `held` may give all of `wanted`.
    public static func missing(from held: [PolicyRule], of wanted: [PolicyRule]) -> [PolicyRule] {
        wanted.flatMap(\.parts).filter { part in !held.contains { $0.covers(part) } }
    }

    /// The rule in pieces of one verb on one resource or path, so that several rules together may cover it.
    private var parts: [PolicyRule] {
        var parts: [PolicyRule] = []
        for verb in verbs {
            for group in apiGroups {
                for resource in resources {
                    let names = resourceNames.isEmpty ? [[]] : resourceNames.map { [$0] }
                    parts += names.map { PolicyRule([verb], of: [resource], in: [group], named: $0) }
                }
            }
            parts += nonResourceURLs.map { PolicyRule([verb], paths: [$0]) }
        }
        return parts
    }

    /// At least as many as the rule has parts; `Int.max` where that is too large a number.
    var partCount: Int {
        max(Self.product([verbs, apiGroups, resources, resourceNames]), Self.product([verbs, nonResourceURLs]))
    }

    private static func product(_ lists: [[String]]) -> Int {
        lists.reduce(1) { product, list in
            let (value, overflows) = product.multipliedReportingOverflow(by: max(1, list.count))
            return overflows ? Int.max : value
        }
    }

    private func covers(_ part: PolicyRule) -> Bool {
        guard part.verbs.allSatisfy({ Self.has(verbs, $0) }) else { return false }
        if let path = part.nonResourceURLs.first {
            return nonResourceURLs.contains { Self.path($0, covers: path) }
        }
        return part.apiGroups.allSatisfy { Self.has(apiGroups, $0) } && part.resources.allSatisfy(coversResource)
            && (resourceNames.isEmpty
                || !part.resourceNames.isEmpty && part.resourceNames.allSatisfy(resourceNames.contains))
    }

    private func coversResource(_ resource: String) -> Bool {
        if Self.has(resources, resource) { return true }
        guard let slash = resource.firstIndex(of: "/") else { return false }
        return resources.contains("*" + resource[slash...])
    }

    /// The rule as Kubernetes' refusals write it.
    public var compactText: String {
        let fields = [
            ("APIGroups", apiGroups), ("Resources", resources), ("ResourceNames", resourceNames),
            ("NonResourceURLs", nonResourceURLs), ("Verbs", verbs),
        ].filter { !$0.1.isEmpty }
        return "{" + fields.map { name, values in "\(name):\(JSONValue(values).encodedText)" }.joined(separator: ", ")
            + "}"
    }
}
