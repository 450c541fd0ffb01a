public import CorbelAPI

// What the server itself says that it serves (`apidiscovery.k8s.io/v2`, aggregated discovery).
extension KubeClient {
    private static let discoveryType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

    /// The kinds that the server serves, each in its preferred version, without their schemas.
    ///
    /// - Throws: `notAcceptable` where the server is older than Kubernetes 1.30 and has no aggregated discovery.
    public func discover() async throws -> ResourceRegistry {
        let core = try await call("GET", "/api", accept: Self.discoveryType)
        let groups = try await call("GET", "/apis", accept: Self.discoveryType)
        guard core["kind"] == "APIGroupDiscoveryList", groups["kind"] == "APIGroupDiscoveryList" else {
            throw StatusError(.notAcceptable, "the server has no aggregated discovery, which Kubernetes has since 1.30")
        }
        return Self.registry(of: [core, groups])
    }

    /// The same client, speaking other kinds.
    public func speaking(_ registry: ResourceRegistry) -> KubeClient {
        KubeClient(copying: self, registry: registry)
    }

    /// A document of the server beside its resources, such as `/version`.
    public func document(_ path: String) async throws -> JSONValue { try await call("GET", path) }

    /// The registry of aggregated discovery documents. Versions of a group come in the server's order of preference:
    /// the first one that has a kind is the one that is used.
    static func registry(of documents: [JSONValue]) -> ResourceRegistry {
        var kinds: Set<GroupKind> = []
        var resources: Set<GroupResource> = []
        var definitions: [ResourceDefinition] = []
        for group in documents.flatMap({ $0["items"]?.arrayValue ?? [] }) {
            let name = group["metadata", "name"]?.stringValue ?? ""
            for version in group["versions"]?.arrayValue ?? [] {
                for resource in version["resources"]?.arrayValue ?? [] {
                    let groupVersion = GroupVersion(name, version["version"]?.stringValue ?? "")
                    guard let definition = Self.definition(resource, groupVersion) else { continue }
                    guard kinds.insert(definition.groupKind).inserted else { continue }
                    if resources.insert(definition.groupResource).inserted { definitions.append(definition) }
                }
            }
        }
        return ResourceRegistry(definitions)
    }

    private static func definition(_ json: JSONValue, _ groupVersion: GroupVersion) -> ResourceDefinition? {
        guard let plural = json["resource"]?.stringValue, let kind = json["responseKind", "kind"]?.stringValue else {
            return nil
        }
        let scope: ResourceDefinition.Scope = json["scope"]?.stringValue == "Cluster" ? .cluster : .namespaced
        return ResourceDefinition(
            group: groupVersion.group, version: groupVersion.version, kind: kind, plural: plural,
            shortNames: json["shortNames"]?.stringList ?? [], categories: json["categories"]?.stringList ?? [],
            scope: scope, schema: .anyObject(""))
    }
}
