import CorbelAPI

// How values are found by schema: what pruning, merging and apply share.
extension Schema {
    /// The schema of an object's field; nil where the schema does not describe it.
    func child(_ key: String) -> Schema? { properties[key] ?? additionalProperties?.schema }

    /// Whether a field that `child` does not describe is kept.
    var keepsUnknownFields: Bool { preservesUnknownFields || type == .any }
}

extension JSONValue {
    /// The fields that tell an element of a keyed list apart. A key that the element leaves out has its default. Nil
    /// for what is no object, or lacks a key.
    func listKey(_ keys: [String], items: Schema?) -> JSONObject? {
        guard objectValue != nil else { return nil }
        var key = JSONObject()
        for name in keys {
            guard let value = self[name] ?? items?.properties[name]?.defaultValue, !value.isNull else { return nil }
            key[name] = value
        }
        return key
    }
}
