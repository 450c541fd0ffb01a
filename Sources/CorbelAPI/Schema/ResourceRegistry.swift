/// The kinds that a server serves or a client speaks.
public struct ResourceRegistry: Sendable {
    public let definitions: [ResourceDefinition]
    /// Kinds that are asked, never kept: they are created, and the answer is all there is of them.
    public let reviews: [ResourceDefinition]
    private let byKind: [GroupKind: Int]
    private let byResource: [GroupResource: Int]

    /// - Precondition: no kind and no plural stands twice in its group.
    public init(_ definitions: [ResourceDefinition], reviews: [ResourceDefinition] = []) {
        self.definitions = definitions
        self.reviews = reviews
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

    public func review(_ resource: GroupResource) -> ResourceDefinition? {
        reviews.first { $0.groupResource == resource }
    }

    /// Every group version once, the core group first.
    public var groupVersions: [GroupVersion] { Set((definitions + reviews).map(\.groupVersion)).sorted() }

    public func reviews(of groupVersion: GroupVersion) -> [ResourceDefinition] {
        reviews.filter { $0.groupVersion == groupVersion }
    }

    public func definitions(of groupVersion: GroupVersion) -> [ResourceDefinition] {
        definitions.filter { $0.groupVersion == groupVersion }
    }
}
