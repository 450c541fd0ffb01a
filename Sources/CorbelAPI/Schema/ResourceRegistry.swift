/// The kinds that a server serves or a client speaks.
public struct ResourceRegistry: Sendable {
    public let definitions: [ResourceDefinition]
    private let byKind: [GroupKind: Int]
    private let byResource: [GroupResource: Int]

    /// - Precondition: no kind and no plural stands twice in its group.
    public init(_ definitions: [ResourceDefinition]) {
        self.definitions = definitions
        var byKind: [GroupKind: Int] = [:]
        var byResource: [GroupResource: Int] = [:]
        for (index, definition) in definitions.enumerated() {
            precondition(byKind[definition.groupKind] == nil, "\(definition.groupKind) is defined twice")
            precondition(byResource[definition.groupResource] == nil, "\(definition.groupResource) is defined twice")
            byKind[definition.groupKind] = index
            byResource[definition.groupResource] = index
        }
        self.byKind = byKind
        self.byResource = byResource
    }

    public subscript(kind: GroupKind) -> ResourceDefinition? { byKind[kind].map { definitions[$0] } }
    public subscript(resource: GroupResource) -> ResourceDefinition? { byResource[resource].map { definitions[$0] } }

    /// Every group version once, the core group first.
    public var groupVersions: [GroupVersion] { Set(definitions.map(\.groupVersion)).sorted() }

    public func definitions(of groupVersion: GroupVersion) -> [ResourceDefinition] {
        definitions.filter { $0.groupVersion == groupVersion }
    }
}
