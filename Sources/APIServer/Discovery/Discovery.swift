import CorbelAPI

/// The documents that tell clients what is served: legacy discovery (`/api`, `/apis`, `/api/v1`, `/apis/g/v`) and
/// aggregated discovery (`apidiscovery.k8s.io/v2`).
///
/// They are functions of the registry alone.
struct Discovery: Sendable {
    let registry: ResourceRegistry

    /// What may be done with a resource, in discovery's words.
    private func verbs(of definition: ResourceDefinition) -> JSONValue {
        if registry.review(definition.groupResource) != nil { return ["create"] }
        let every = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
        return JSONValue(every.filter { $0 != "deletecollection" || definition.isDeletedAsCollection })
    }

    private func kinds(of groupVersion: GroupVersion) -> [ResourceDefinition] {
        registry.definitions(of: groupVersion) + registry.reviews(of: groupVersion)
    }

    private var groups: [String] { Set(registry.groupVersions.map(\.group)).subtracting([""]).sorted() }

    private func versions(of group: String) -> [GroupVersion] { registry.groupVersions.filter { $0.group == group } }

    // MARK: Legacy

    var coreVersions: JSONValue {
        ["kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []]
    }

    var groupList: JSONValue {
        ["kind": "APIGroupList", "apiVersion": "v1", "groups": .array(groups.map(groupBody))]
    }

    func group(_ name: String) -> JSONValue? {
        guard groups.contains(name) else { return nil }
        var group = groupBody(name)
        group["kind"] = "APIGroup"
        group["apiVersion"] = "v1"
        return group
    }

    private func groupBody(_ name: String) -> JSONValue {
        let versions = versions(of: name).map { version -> JSONValue in
            ["groupVersion": .string(version.description), "version": .string(version.version)]
        }
        return ["name": .string(name), "versions": .array(versions), "preferredVersion": versions.last ?? .null]
    }

    func resourceList(_ groupVersion: GroupVersion) -> JSONValue? {
        let definitions = kinds(of: groupVersion)
        if definitions.isEmpty { return nil }
        return [
            "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": .string(groupVersion.description),
            "resources": .array(definitions.flatMap(legacyEntries)),
        ]
    }

    private func legacyEntries(of definition: ResourceDefinition) -> [JSONValue] {
        var entry: JSONValue = [
            "name": .string(definition.plural), "singularName": .string(definition.singular),
            "namespaced": .bool(definition.isNamespaced), "kind": .string(definition.kind),
            "verbs": verbs(of: definition),
        ]
        if !definition.shortNames.isEmpty { entry["shortNames"] = JSONValue(definition.shortNames) }
        if !definition.categories.isEmpty { entry["categories"] = JSONValue(definition.categories) }
        let parts = subresources(of: definition).map { part -> JSONValue in
            var entry: JSONValue = [
                "name": .string("\(definition.plural)/\(part.name)"), "singularName": "",
                "namespaced": .bool(definition.isNamespaced), "kind": .string(part.kind),
                "verbs": JSONValue(part.verbs),
            ]
            if let version = part.groupVersion {
                entry["group"] = .string(version.group)
                entry["version"] = .string(version.version)
            }
            return entry
        }
        return [entry] + parts
    }

    // MARK: Aggregated

    /// `/api` (the core group) or `/apis` (all others) in aggregated form.
    func aggregated(core: Bool) -> JSONValue {
        let names = core ? [""] : groups
        let items = names.map { name -> JSONValue in
            [
                "metadata": name.isEmpty ? [:] : ["name": .string(name)],
                "versions": .array(versions(of: name).reversed().map(aggregatedVersion)),
            ]
        }
        return [
            "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": [:],
            "items": .array(items),
        ]
    }

    private func aggregatedVersion(_ groupVersion: GroupVersion) -> JSONValue {
        let resources = kinds(of: groupVersion).map { definition -> JSONValue in
            var entry: JSONValue = [
                "resource": .string(definition.plural), "singularResource": .string(definition.singular),
                "scope": .string(definition.scope.rawValue), "verbs": verbs(of: definition),
                "responseKind": responseKind(groupVersion, definition.kind),
            ]
            if !definition.shortNames.isEmpty { entry["shortNames"] = JSONValue(definition.shortNames) }
            if !definition.categories.isEmpty { entry["categories"] = JSONValue(definition.categories) }
            let parts = subresources(of: definition).map { part -> JSONValue in
                [
                    "subresource": .string(part.name), "verbs": JSONValue(part.verbs),
                    "responseKind": responseKind(part.groupVersion ?? groupVersion, part.kind),
                ]
            }
            if !parts.isEmpty { entry["subresources"] = .array(parts) }
            return entry
        }
        return ["version": .string(groupVersion.version), "freshness": "Current", "resources": .array(resources)]
    }

    private func responseKind(_ groupVersion: GroupVersion, _ kind: String) -> JSONValue {
        ["group": .string(groupVersion.group), "version": .string(groupVersion.version), "kind": .string(kind)]
    }

    // MARK: Subresources

    private struct Part {
        var name: String
        var kind: String
        /// The group version of the kind, where it is not the resource's own.
        var groupVersion: GroupVersion?
        var verbs: [String]
    }

    private func subresources(of definition: ResourceDefinition) -> [Part] {
        var parts: [Part] = []
        if definition.hasStatus {
            parts.append(Part(name: "status", kind: definition.kind, verbs: ["get", "patch", "update"]))
        }
        if definition.hasApproval {
            parts.append(Part(name: "approval", kind: definition.kind, verbs: ["get", "patch", "update"]))
        }
        if definition.scale != nil {
            let version = GroupVersion("autoscaling", "v1")
            parts.append(Part(name: "scale", kind: "Scale", groupVersion: version, verbs: ["get", "patch", "update"]))
        }
        if definition.groupKind == Pod.groupKind {
            let version = GroupVersion("policy", "v1")
            parts.append(Part(name: "eviction", kind: "Eviction", groupVersion: version, verbs: ["create"]))
        }
        return parts
    }
}

extension ResourceDefinition {
    /// Namespaces go one by one, as in Kubernetes: too much hangs on each.
    var isDeletedAsCollection: Bool { groupKind != Namespace.groupKind }
}
