public import CorbelAPI

/// One step of a field's path, as `fieldsV1` has it.
public enum PathElement: Sendable, Hashable {
    /// A field of an object: `f:name`.
    case field(String)
    /// The element of a keyed list that has these values: `k:{"name":"web"}`.
    case key(JSONObject)
    /// An element of a set: `v:"blue"`.
    case value(JSONValue)
    /// An element by its place: `i:0`. Read for compatibility; Corbel writes none.
    case index(Int)

    /// The form within `fieldsV1`.
    public var encoded: String {
        switch self {
        case .field(let name): "f:" + name
        case .key(let key): "k:" + JSONValue.object(key).encodedText
        case .value(let value): "v:" + value.encodedText
        case .index(let index): "i:\(index)"
        }
    }

    /// Reads the form within `fieldsV1`.
    public init?(encoded text: String) {
        let content = String(text.dropFirst(2))
        switch text.prefix(2) {
        case "f:": self = .field(content)
        case "i:":
            guard let index = Int(content) else { return nil }
            self = .index(index)
        case "k:":
            guard let key = (try? JSONValue(parsing: content))?.objectValue else { return nil }
            self = .key(key)
        case "v:":
            guard let value = try? JSONValue(parsing: content) else { return nil }
            self = .value(value)
        default: return nil
        }
    }
}

extension PathElement: Comparable {
    public static func < (left: PathElement, right: PathElement) -> Bool { left.encoded < right.encoded }
}

extension PathElement: CustomStringConvertible {
    /// The form within the message of a conflict, such as `.containers[name="web"]`.
    public var description: String {
        switch self {
        case .field(let name): ".\(name)"
        case .key(let key): "[" + key.map { "\($0.key)=\($0.value.encodedText)" }.joined(separator: ",") + "]"
        case .value(let value): "[=\(value.encodedText)]"
        case .index(let index): "[\(index)]"
        }
    }
}
