import CorbelAPI

/// What a definition says of a path.
enum SchemaPlace {
    case described(Schema)
    /// Metadata, or a field of an object whose fields are somebody else's.
    case free
    case missing

    init(_ path: [String], in definition: ResourceDefinition) {
        self = path.first == "metadata" ? .free : .described(definition.schema)
        for key in path {
            guard case .described(let schema) = self else { return }
            if let next = schema.properties[key] ?? schema.additionalProperties?.schema {
                self = .described(next)
            } else {
                self = schema.preservesUnknownFields ? .free : .missing
            }
        }
    }

    /// Whether a value of one of `types` may stand here.
    func holds(_ types: Schema.ValueType...) -> Bool {
        switch self {
        case .described(let schema): types.contains(schema.type)
        case .free: true
        case .missing: false
        }
    }

    var isThere: Bool {
        if case .missing = self { false } else { true }
    }
}
