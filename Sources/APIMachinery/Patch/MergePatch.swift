public import CorbelAPI

/// JSON Merge Patch (RFC 7386).
public enum MergePatch {
    /// The document with the fields of `patch`: null removes a field, objects merge, anything else replaces.
    public static func apply(_ patch: JSONValue, to document: JSONValue) -> JSONValue {
        guard let fields = patch.objectValue else { return patch }
        var result = document.objectValue ?? [:]
        for (key, value) in fields {
            result[key] = value.isNull ? .none : .some(apply(value, to: result[key] ?? .null))
        }
        return .object(result)
    }

    /// The smallest patch that turns `old` into `new`; an empty object when the two are equal objects.
    ///
    /// The form cannot say that a field is to be null: a null in `new` comes out as the field's removal.
    public static func make(from old: JSONValue, to new: JSONValue) -> JSONValue {
        guard let before = old.objectValue, let after = new.objectValue else { return new }
        var patch = JSONObject()
        for (key, _) in before where after[key] == nil { patch[key] = .null }
        for (key, value) in after {
            guard let previous = before[key] else {
                patch[key] = value
                continue
            }
            guard previous != value else { continue }
            patch[key] = make(from: previous, to: value)
        }
        return .object(patch)
    }
}
