/// The shape of a value: OpenAPI's structural schema as Kubernetes' CustomResourceDefinitions use it.
///
/// One schema value per kind drives validation, defaulting, pruning, OpenAPI, the CustomResourceDefinition, the list
/// keys of server-side apply and `kubectl explain`.
public struct Schema: Sendable, Hashable {
    public enum ValueType: String, Sendable, Hashable {
        case object, array, string, integer, number, boolean
        /// An integer or a string (`x-kubernetes-int-or-string`).
        case intOrString
        /// Any JSON value (`x-kubernetes-preserve-unknown-fields` without a type).
        case any
    }

    /// How server-side apply merges an array (`x-kubernetes-list-type`).
    public enum ListType: Sendable, Hashable {
        case atomic
        case set
        /// Elements are objects that the values of these fields tell apart.
        case map(keys: [String])
    }

    public var type: ValueType
    public var description: String
    public var properties: [String: Schema] = [:]
    public var required: Set<String> = []
    public var items: Box?
    /// The schema of the values of a map with free keys.
    public var additionalProperties: Box?
    public var listType: ListType = .atomic
    /// Whether an object is replaced as a whole by server-side apply (`x-kubernetes-map-type: atomic`).
    public var isAtomicMap = false
    /// Whether fields that the schema does not name are kept.
    public var preservesUnknownFields = false
    public var allowedValues: [String] = []
    public var pattern: String?
    /// What the pattern means, for the error message.
    public var patternMeaning: String?
    public var format: String?
    public var minimum: Int?
    public var maximum: Int?
    public var minLength: Int?
    public var maxLength: Int?
    public var minItems: Int?
    public var maxItems: Int?
    public var defaultValue: JSONValue?
    public var isNullable = false
    /// Whether the value may never change once it is set.
    public var isImmutable = false

    public init(_ type: ValueType, _ description: String = "") {
        self.type = type
        self.description = description
    }

    /// A schema behind a reference, so that schemas can nest.
    public final class Box: Sendable, Hashable {
        public let schema: Schema
        public init(_ schema: Schema) { self.schema = schema }
        public static func == (left: Box, right: Box) -> Bool { left.schema == right.schema }
        public func hash(into hasher: inout Hasher) { hasher.combine(schema) }
    }
}

// The words that definitions are written in.
extension Schema {
    public static func object(
        _ description: String, required: Set<String> = [], _ properties: [String: Schema]
    ) -> Schema {
        var schema = Schema(.object, description)
        schema.properties = properties
        schema.required = required
        return schema
    }

    /// An object with free keys.
    public static func map(_ description: String, of values: Schema) -> Schema {
        var schema = Schema(.object, description)
        schema.additionalProperties = Box(values)
        return schema
    }

    /// A map of strings, such as labels.
    public static func strings(_ description: String) -> Schema { map(description, of: Schema(.string)) }

    public static func array(_ description: String, of items: Schema, _ listType: ListType = .atomic) -> Schema {
        var schema = Schema(.array, description)
        schema.items = Box(items)
        schema.listType = listType
        return schema
    }

    public static func string(_ description: String, oneOf values: [String] = []) -> Schema {
        var schema = Schema(.string, description)
        schema.allowedValues = values
        return schema
    }

    public static func integer(_ description: String, _ range: ClosedRange<Int>? = nil) -> Schema {
        var schema = Schema(.integer, description)
        schema.minimum = range?.lowerBound
        schema.maximum = range?.upperBound
        return schema
    }

    public static func boolean(_ description: String) -> Schema { Schema(.boolean, description) }

    /// A duration in Go's notation, such as `5m` or `1h30m`.
    public static func duration(_ description: String) -> Schema {
        Schema(.string, description).matching(
            #"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$"#, "a duration such as 90s, 5m or 1h30m")
    }

    /// A moment in RFC 3339.
    public static func time(_ description: String) -> Schema {
        var schema = Schema(.string, description)
        schema.format = "date-time"
        return schema
    }

    /// Any value, kept as it is.
    public static func any(_ description: String) -> Schema {
        var schema = Schema(.any, description)
        schema.preservesUnknownFields = true
        return schema
    }

    /// An object whose fields are somebody else's.
    public static func anyObject(_ description: String) -> Schema {
        var schema = Schema(.object, description)
        schema.preservesUnknownFields = true
        return schema
    }

    public static let conditions = Schema.array(
        "Observations of the object's state.",
        of: .object(
            "One observation.", required: ["type", "status", "reason", "lastTransitionTime"],
            [
                "type": .string("What is observed, in CamelCase."),
                "status": .string("Whether it holds.", oneOf: ["True", "False", "Unknown"]),
                "reason": .string("Why, in one word for programs."),
                "message": .string("Why, in a sentence for people."),
                "lastTransitionTime": .time("When the status last changed."),
                "observedGeneration": .integer("The generation that was observed."),
            ]), .map(keys: ["type"]))

    public func matching(_ pattern: String, _ meaning: String) -> Schema {
        var schema = self
        schema.pattern = pattern
        schema.patternMeaning = meaning
        return schema
    }

    public func defaulting(to value: JSONValue) -> Schema {
        var schema = self
        schema.defaultValue = value
        return schema
    }

    public func length(_ range: ClosedRange<Int>) -> Schema {
        var schema = self
        schema.minLength = range.lowerBound
        schema.maxLength = range.upperBound
        return schema
    }

    public func items(_ range: ClosedRange<Int>) -> Schema {
        var schema = self
        schema.minItems = range.lowerBound
        schema.maxItems = range.upperBound
        return schema
    }

    public var immutable: Schema {
        var schema = self
        schema.isImmutable = true
        return schema
    }

    public var atomic: Schema {
        var schema = self
        schema.isAtomicMap = true
        return schema
    }

    /// A lower-case name as RFC 1123 has labels: what most names in Kubernetes are.
    public static func name(_ description: String) -> Schema {
        Schema(.string, description)
            .matching(
                "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
                "lower-case letters, digits and '-', starting and ending with a letter or digit"
            )
            .length(1...63)
    }
}
