public import CorbelAPI

/// Kubernetes' strategic merge patch: a merge patch that knows from the schema how lists merge.
///
/// Lists whose elements have keys merge element by element, sets are united, all others are replaced. Directives
/// within the patch say what the form itself cannot: `$patch: replace`, `$patch: delete`, `$retainKeys`,
/// `$deleteFromPrimitiveList/<field>` and `$setElementOrder/<field>`. Source: "Update API Objects in Place Using
/// kubectl patch" of Kubernetes' documentation.
public enum StrategicMergePatch {
    /// The document after the patch.
    ///
    /// - Throws: ``StatusError`` of reason `BadRequest` for an unknown directive or an element without its merge key.
    public static func apply(_ patch: JSONValue, to document: JSONValue, schema: Schema) throws -> JSONValue {
        guard let fields = patch.objectValue else {
            throw StatusError(.badRequest, "a strategic merge patch must be an object, not \(patch.typeName)")
        }
        return .object(try merge(fields, into: document.objectValue ?? [:], schema))
    }

    private static func merge(_ patch: JSONObject, into live: JSONObject, _ schema: Schema?) throws -> JSONObject {
        var result = live
        switch try Directive(of: patch) {
        case .delete: return [:]
        case .replace: result = [:]
        case .merge: break
        }
        try retainKeys(patch, in: &result)
        for (key, value) in patch where !key.hasPrefix("$") {
            result[key] = try merge(value, into: result[key], schema?.child(key))
        }
        try deleteFromLists(patch, in: &result)
        try orderLists(patch, in: &result, schema)
        return result
    }

    /// The merged value of one field; nil where the patch removes it.
    private static func merge(_ patch: JSONValue, into live: JSONValue?, _ schema: Schema?) throws -> JSONValue? {
        switch patch {
        case .null: return nil
        case .object(let fields):
            if try Directive(of: fields) == .delete { return nil }
            return .object(try merge(fields, into: live?.objectValue ?? [:], schema))
        case .array(let elements):
            return .array(try merge(elements, into: live?.arrayValue ?? [], schema))
        default: return patch
        }
    }

    private static func merge(_ patch: [JSONValue], into live: [JSONValue], _ schema: Schema?) throws -> [JSONValue] {
        switch schema?.listType ?? .atomic {
        case .atomic: return try patch.map { try merge($0, into: nil, schema?.items?.schema) ?? .null }
        case .set:
            var present = Set(live)
            return live + patch.filter { present.insert($0).inserted }
        case .map(let keys):
            return try KeyedList(live, keys: keys, items: schema?.items?.schema).merging(patch)
        }
    }

    private enum Directive: String {
        case merge, replace, delete

        init(of patch: JSONObject) throws {
            guard let value = patch["$patch"] else {
                self = .merge
                return
            }
            guard let directive = value.stringValue.flatMap(Directive.init) else {
                throw StatusError(
                    .badRequest, "$patch must be one of merge, replace and delete, not \(value.encodedText)")
            }
            self = directive
        }
    }
}

// Directives about the fields beside them.
extension StrategicMergePatch {
    private static func retainKeys(_ patch: JSONObject, in result: inout JSONObject) throws {
        guard let directive = patch["$retainKeys"] else { return }
        guard let retained = directive.arrayValue.map({ Set($0.compactMap(\.stringValue)) }) else {
            throw StatusError(.badRequest, "$retainKeys must be an array of field names, not \(directive.typeName)")
        }
        for (key, value) in patch where !key.hasPrefix("$") && !value.isNull && !retained.contains(key) {
            throw StatusError(
                .badRequest, "$retainKeys must name every field of the patch beside it, \"\(key)\" is missing")
        }
        for key in result.keys where !retained.contains(key) { result[key] = nil }
    }

    private static func deleteFromLists(_ patch: JSONObject, in result: inout JSONObject) throws {
        for (field, values) in try lists(patch, of: "$deleteFromPrimitiveList/") {
            guard let live = result[field]?.arrayValue else { continue }
            let removed = Set(values)
            result[field] = .array(live.filter { !removed.contains($0) })
        }
    }

    /// Puts the elements that the directive names into its order. They take the places that they hold between them,
    /// so that elements which the client has not heard of stay where they are.
    private static func orderLists(_ patch: JSONObject, in result: inout JSONObject, _ schema: Schema?) throws {
        for (field, order) in try lists(patch, of: "$setElementOrder/") {
            guard let live = result[field]?.arrayValue else { continue }
            let list = schema?.child(field)
            let identity: (JSONValue) -> JSONValue = { element in
                guard case .map(let keys)? = list?.listType else { return element }
                return element.listKey(keys, items: list?.items?.schema).map { .object($0) } ?? element
            }
            let rank = Dictionary(
                order.map(identity).enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
            let places = live.indices.filter { rank[identity(live[$0])] != nil }
            let sorted = places.sorted { (rank[identity(live[$0])] ?? 0, $0) < (rank[identity(live[$1])] ?? 0, $1) }
            var ordered = live
            for (place, source) in zip(places, sorted) { ordered[place] = live[source] }
            result[field] = .array(ordered)
        }
    }

    private static func lists(_ patch: JSONObject, of prefix: String) throws -> [(field: String, values: [JSONValue])] {
        try patch.filter { $0.key.hasPrefix(prefix) }.map { key, value in
            guard let values = value.arrayValue else {
                throw StatusError(.badRequest, "\(key) must be an array, not \(value.typeName)")
            }
            return (String(key.dropFirst(prefix.count)), values)
        }
    }

    /// A list whose elements are told apart by keys.
    private struct KeyedList {
        let keys: [String]
        let items: Schema?
        private var elements: [JSONValue?]
        private var positions: [JSONObject: Int] = [:]

        init(_ elements: [JSONValue], keys: [String], items: Schema?) {
            self.keys = keys
            self.items = items
            self.elements = elements
            for (index, element) in elements.enumerated() {
                if let key = element.listKey(keys, items: items) { positions[key] = index }
            }
        }

        func merging(_ patch: [JSONValue]) throws -> [JSONValue] {
            var result = self
            if try patch.contains(where: { try Self.isReplacement($0) }) {
                result.elements = []
                result.positions = [:]
            }
            for element in patch { try result.merge(element) }
            return result.elements.compactMap { $0 }
        }

        /// An element that holds nothing but the directive replaces the whole list by the elements beside it.
        private static func isReplacement(_ element: JSONValue) throws -> Bool {
            guard let fields = element.objectValue, fields.count == 1 else { return false }
            return try Directive(of: fields) == .replace
        }

        private mutating func merge(_ patch: JSONValue) throws {
            if try Self.isReplacement(patch) { return }
            guard let fields = patch.objectValue, let key = patch.listKey(keys, items: items) else {
                throw StatusError(
                    .badRequest,
                    "an element of the patch lacks its merge key \(keys.joined(separator: ", ")): \(patch.encodedText)")
            }
            let position = positions[key]
            if try Directive(of: fields) == .delete {
                if let position { elements[position] = nil }
                positions[key] = nil
                return
            }
            let live = position.flatMap { elements[$0]?.objectValue } ?? [:]
            let merged = JSONValue.object(try StrategicMergePatch.merge(fields, into: live, items))
            if let position {
                elements[position] = merged
            } else {
                positions[key] = elements.count
                elements.append(merged)
            }
        }
    }
}
