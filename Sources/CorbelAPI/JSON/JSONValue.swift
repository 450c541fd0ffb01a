/// A JSON document as a tree.
///
/// Resources are kept as trees, not decoded into structures, so that a field that this version of Corbel does not know
/// survives every round trip. Integers and floating-point numbers are kept apart, as Kubernetes does: `1` and `1.0`
/// differ in type, not in value.
public enum JSONValue: Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case double(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

extension JSONValue: Hashable {
    /// Strings are equal when their bytes are, and floating-point numbers when their bits are: Unicode's canonical
    /// equivalence, or `0.0 == -0.0`, would take a changed value for an unchanged one.
    public static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.double(let left), .double(let right)): left.bitPattern == right.bitPattern
        case (.string(let left), .string(let right)): left.hasSameBytes(as: right)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)): left == right
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .bool(let value): hasher.combine(value)
        case .integer(let value): hasher.combine(value)
        case .double(let value): hasher.combine(value)
        case .string(let value): hasher.combine(value)
        case .array(let value): hasher.combine(value)
        case .object(let value): hasher.combine(value)
        }
    }
}

extension JSONValue {
    public var isNull: Bool { self == .null }

    public var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The number as an integer: an integer itself, or a floating-point number that is exactly one.
    public var intValue: Int? {
        switch self {
        case .integer(let value): Int(exactly: value)
        case .double(let value): Int(exactly: value)
        default: nil
        }
    }

    public var doubleValue: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }

    public var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    public var arrayValue: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    public var objectValue: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }

    /// The JSON type in the words that an error message uses.
    public var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .integer: "integer"
        case .double: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}

extension JSONValue {
    /// The field `key` of an object. Reading a missing field, or a field of something that is no object, gives `nil`.
    /// Writing to something that is no object makes it one; writing `nil` removes the field.
    public subscript(key: String) -> JSONValue? {
        get {
            if case .object(let object) = self { object[key] } else { nil }
        }
        set {
            if case .object = self {
            } else {
                if newValue == nil { return }
                self = .object([:])
            }
            modifyObject { $0[key] = newValue }
        }
    }

    /// The value at a path of object fields. Writing creates the objects on the way; writing `nil` removes the last
    /// field and leaves the objects above it.
    public subscript(path path: [String]) -> JSONValue? {
        get {
            var current = self
            for key in path {
                guard let next = current[key] else { return nil }
                current = next
            }
            return current
        }
        set { write(newValue, at: path[...]) }
    }

    // Nearly every field that is read stands two or three objects deep: these go without a list of keys.

    public subscript(_ first: String, _ second: String) -> JSONValue? {
        get {
            if case .object(let object) = self { object.value(at: first, second) } else { nil }
        }
        set { modifyField(first, makesObject: newValue != nil) { $0[second] = newValue } }
    }

    public subscript(_ first: String, _ second: String, _ third: String) -> JSONValue? {
        get {
            if case .object(let object) = self { object.value(at: first, second, third) } else { nil }
        }
        set { modifyField(first, makesObject: newValue != nil) { $0[second, third] = newValue } }
    }

    public subscript(
        _ first: String, _ second: String, _ third: String, _ fourth: String, _ rest: String...
    ) -> JSONValue? {
        get { self[first, second, third]?[path: [fourth] + rest] }
        set { self[path: [first, second, third, fourth] + rest] = newValue }
    }

    private mutating func write(_ value: JSONValue?, at path: ArraySlice<String>) {
        guard let key = path.first else {
            if let value { self = value }
            return
        }
        if path.count == 1 {
            self[key] = value
            return
        }
        modifyField(key, makesObject: value != nil) { $0.write(value, at: path.dropFirst()) }
    }

    /// Changes the value of a field in place, if it is there. With `makesObject` it is an object from then on.
    private mutating func modifyField(_ key: String, makesObject: Bool, _ body: (inout JSONValue) -> Void) {
        if makesObject, self[key]?.objectValue == nil { self[key] = .object([:]) }
        modifyObject { _ = $0.modify(key, body) }
    }

    /// Changes the object in place, without copying it; does nothing to a value that is no object.
    private mutating func modifyObject(_ body: (inout JSONObject) -> Void) {
        guard case .object(var object) = self else { return }
        self = .null
        body(&object)
        self = .object(object)
    }
}

// There is no nil literal: `condition ? nil : JSONValue(…)` would store a null where a field is to be removed.
extension JSONValue: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .double(value) }
    public init(stringLiteral value: String) { self = .string(value) }
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(JSONObject(elements) { _, last in last })
    }
}

extension JSONValue {
    public init(_ value: Bool) { self = .bool(value) }
    public init(_ value: Int) { self = .integer(Int64(value)) }
    public init(_ value: Int64) { self = .integer(value) }
    public init(_ value: Double) { self = .double(value) }
    public init(_ value: String) { self = .string(value) }
    public init(_ value: some Sequence<String>) { self = .array(value.map { .string($0) }) }
    public init(_ value: [String: String]) {
        self = .object(JSONObject(value.map { ($0.key, .string($0.value)) }) { _, last in last })
    }
}
