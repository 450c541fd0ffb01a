public import CorbelAPI

/// A field's path below `parent`, such as `spec.pools`.
func fieldPath(_ parent: String, _ key: String) -> String { parent.isEmpty ? key : "\(parent).\(key)" }

extension Schema {
    /// The value without the fields that the schema does not describe, and the paths of those fields.
    public func prune(_ value: JSONValue, at path: String) -> (value: JSONValue, unknownFields: [String]) {
        var unknown: [String] = []
        let pruned = pruned(value, at: path, &unknown)
        return (pruned, unknown)
    }

    private func pruned(_ value: JSONValue, at path: String, _ unknown: inout [String]) -> JSONValue {
        switch value {
        case .object(let fields) where type == .object:
            var result = fields
            for (key, field) in fields {
                if let child = child(key) {
                    result[key] = child.pruned(field, at: fieldPath(path, key), &unknown)
                } else if !keepsUnknownFields {
                    result[key] = nil
                    unknown.append(fieldPath(path, key))
                }
            }
            return .object(result)
        case .array(let elements):
            guard let items = items?.schema else { return value }
            return .array(
                elements.enumerated().map { index, element in items.pruned(element, at: "\(path)[\(index)]", &unknown) }
            )
        default: return value
        }
    }

    /// The value with the defaults of all fields that are left out of objects which are there. A null counts as left
    /// out where the schema does not allow it.
    public func applyDefaults(to value: JSONValue) -> JSONValue {
        switch value {
        case .object(let fields) where type == .object:
            var result = fields
            for key in properties.keys.sorted() {
                guard let property = properties[key], let standard = property.defaultValue else { continue }
                let found = result[key]
                if found == nil || (found == .null && !property.isNullable) { result[key] = standard }
            }
            for (key, field) in result {
                if let child = child(key) { result[key] = child.applyDefaults(to: field) }
            }
            return .object(result)
        case .array(let elements):
            guard let items = items?.schema else { return value }
            return .array(elements.map(items.applyDefaults))
        default: return value
        }
    }
}
