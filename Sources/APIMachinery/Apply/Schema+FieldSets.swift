import CorbelAPI

/// How apply sees a value: as one piece, or as parts that managers own one by one.
enum Granularity {
    case leaf
    case fields(JSONObject)
    case elements([(element: PathElement, value: JSONValue)])
}

/// The schema at one place of an object, as apply reads it. Where no schema describes the place, objects have fields
/// and arrays are one piece.
struct ApplySchema {
    let schema: Schema?

    init(_ schema: Schema?) { self.schema = schema }

    func granularity(of value: JSONValue) -> Granularity {
        switch value {
        case .object(let fields): return schema?.isAtomicMap == true ? .leaf : .fields(fields)
        case .array(let elements): return listGranularity(of: elements)
        default: return .leaf
        }
    }

    /// A list whose elements cannot be told apart is one piece.
    private func listGranularity(of elements: [JSONValue]) -> Granularity {
        let identified: [(element: PathElement, value: JSONValue)] = elements.compactMap { value in
            identity(of: value).map { ($0, value) }
        }
        guard identified.count == elements.count, Set(identified.map(\.element)).count == elements.count,
            schema.map({ $0.listType != .atomic }) ?? false
        else { return .leaf }
        return .elements(identified)
    }

    private func identity(of value: JSONValue) -> PathElement? {
        switch schema?.listType {
        case .set?: .value(value)
        case .map(let keys)?: value.listKey(keys, items: schema?.items?.schema).map { .key($0) }
        case .atomic?, nil: nil
        }
    }

    func child(_ element: PathElement) -> ApplySchema {
        switch element {
        case .field(let name): ApplySchema(schema?.child(name))
        case .key, .value, .index: ApplySchema(schema?.items?.schema)
        }
    }

    /// Whether the field is one that the schema names. The key of a map is owned beside what is below it; a named
    /// field is not.
    private func names(_ field: String) -> Bool { schema?.properties[field] != nil }

    /// The paths of everything in `value`.
    ///
    /// - Parameter containers: also those of the objects and lists that named fields hold. Who creates an object owns
    ///   them; who applies one owns only what is in them.
    func fieldSet(of value: JSONValue, containers: Bool = false) -> FieldSet {
        var set = FieldSet()
        switch granularity(of: value) {
        case .leaf: return .leaf
        case .fields(let fields) where fields.isEmpty: return .leaf
        case .elements(let elements) where elements.isEmpty: return .leaf
        case .fields(let fields):
            for (name, value) in fields {
                var part = child(.field(name)).fieldSet(of: value, containers: containers)
                part.isMember = part.isMember || containers || !names(name)
                set[.field(name)] = part
            }
        case .elements(let elements):
            for (element, value) in elements {
                var part = child(element).fieldSet(of: value, containers: containers)
                part.isMember = true
                set[element] = part
            }
        }
        return set
    }
}
