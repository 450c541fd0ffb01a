/// Everything that the API server and its clients need to know of a kind.
public struct ResourceDefinition: Sendable, Hashable {
    public enum Scope: String, Sendable, Hashable {
        case namespaced = "Namespaced"
        case cluster = "Cluster"
    }

    /// A column of a printed table.
    public struct PrinterColumn: Sendable, Hashable {
        /// Where a column's value comes from.
        public enum Source: Sendable, Hashable {
            /// A field, by its path.
            case field([String])
            /// The status of the condition of that type.
            case condition(String)
            /// How long ago the moment in this field was: computed when shown, never stored.
            case age([String])
            /// The number of elements or fields.
            case count([String])
            /// Two fields as `2/3`.
            case ratio([String], [String])
            /// A number of seconds as people write durations.
            case seconds([String])
            /// The types of the conditions that are true, and each word of `and` whose field is there, with commas
            /// between; `otherwise` where there is none.
            case trueConditions(and: [String: [String]], otherwise: String)
            /// Several fields with slashes between.
            case joined([[String]])
            /// The names of the subjects of that kind, with commas between; one with a namespace stands behind it.
            case subjects(String)
        }

        public var name: String
        /// OpenAPI's type: `string`, `integer`, `date`, `boolean`.
        public var type: String
        public var source: Source
        /// 0 is always shown; columns of priority 1 with `-o wide`.
        public var priority: Int
        public var description: String

        public init(
            _ name: String, _ type: String, _ source: Source, _ description: String = "", wide: Bool = false
        ) {
            self.name = name
            self.type = type
            self.source = source
            priority = wide ? 1 : 0
            self.description = description
        }

        /// A column of strings.
        public init(_ name: String, _ source: Source, _ description: String = "", wide: Bool = false) {
            self.init(name, "string", source, description, wide: wide)
        }
    }

    /// The paths that `/scale` reads and writes.
    public struct Scale: Sendable, Hashable {
        public var specReplicas: [String]
        public var statusReplicas: [String]
        public var selector: [String]?

        public init(specReplicas: [String], statusReplicas: [String], selector: [String]? = nil) {
            self.specReplicas = specReplicas
            self.statusReplicas = statusReplicas
            self.selector = selector
        }
    }

    public var group: String
    public var version: String
    public var kind: String
    public var plural: String
    public var singular: String
    public var shortNames: [String]
    public var categories: [String]
    public var scope: Scope
    /// The object without `apiVersion`, `kind` and `metadata`, which every kind has: usually `spec` and `status`.
    public var schema: Schema
    public var hasStatus: Bool
    public var scale: Scale?
    public var columns: [PrinterColumn]
    /// Whether the kind is Kubernetes' own. Clients send protobuf and strategic merge patches for those alone.
    public var isBuiltIn: Bool
    /// Fields that a field selector may name, beside `metadata.name` and `metadata.namespace`.
    public var selectableFields: [[String]]

    public init(
        group: String, version: String, kind: String, plural: String, shortNames: [String] = [],
        categories: [String] = [], scope: Scope = .namespaced, schema: Schema, hasStatus: Bool = true,
        scale: Scale? = nil, columns: [PrinterColumn] = [], isBuiltIn: Bool = false, selectableFields: [[String]] = []
    ) {
        self.group = group
        self.version = version
        self.kind = kind
        self.plural = plural
        singular = kind.lowercased()
        self.shortNames = shortNames
        self.categories = categories
        self.scope = scope
        self.schema = schema
        self.hasStatus = hasStatus
        self.scale = scale
        self.columns = columns
        self.isBuiltIn = isBuiltIn
        self.selectableFields = selectableFields
    }

    public var groupVersion: GroupVersion { GroupVersion(group, version) }
    @inlinable public var groupKind: GroupKind { GroupKind(group, kind) }
    public var groupResource: GroupResource { GroupResource(group, plural) }
    public var isNamespaced: Bool { scope == .namespaced }
    public var listKind: String { kind + "List" }
}
