import CorbelAPI

extension JSONValue {
    /// The values with `changes` over them, as Helm does it: objects merge, everything else is replaced, and `null`
    /// removes.
    func merging(_ changes: JSONValue) -> JSONValue {
        guard let new = changes.objectValue else { return changes }
        var result = objectValue ?? [:]
        for field in new {
            if field.value.isNull {
                result[field.key] = nil
            } else {
                result[field.key] = (result[field.key] ?? .null).merging(field.value)
            }
        }
        return .object(result)
    }
}
