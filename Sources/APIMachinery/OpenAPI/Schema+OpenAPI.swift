import CorbelAPI

extension Schema {
    /// The schema as OpenAPI 3 with Kubernetes' extensions: the form of a published document and of a
    /// CustomResourceDefinition alike.
    func openAPI(_ dialect: OpenAPI.Dialect) -> JSONValue {
        var json: JSONValue = [:]
        if !description.isEmpty { json["description"] = .string(description) }
        switch type {
        case .object: describeObject(in: &json, dialect)
        case .array: describeArray(in: &json, dialect)
        case .string: describeString(in: &json)
        case .integer, .number: describeNumber(in: &json)
        case .boolean: json["type"] = "boolean"
        case .intOrString:
            json["x-kubernetes-int-or-string"] = true
            json["anyOf"] = [["type": "integer"], ["type": "string"]]
        case .any: json["x-kubernetes-preserve-unknown-fields"] = true
        }
        json["default"] = defaultValue
        if isNullable { json["nullable"] = true }
        if isImmutable {
            json["x-kubernetes-validations"] = [["rule": "self == oldSelf", "message": "field is immutable"]]
        }
        return json
    }

    private func describeObject(in json: inout JSONValue, _ dialect: OpenAPI.Dialect) {
        json["type"] = "object"
        if !properties.isEmpty {
            json["properties"] = .object(
                JSONObject(properties.sorted { $0.key < $1.key }.map { ($0.key, $0.value.openAPI(dialect)) }) {
                    first, _ in first
                })
        }
        if !required.isEmpty { json["required"] = JSONValue(required.sorted()) }
        json["additionalProperties"] = additionalProperties?.schema.openAPI(dialect)
        if preservesUnknownFields { json["x-kubernetes-preserve-unknown-fields"] = true }
        if isAtomicMap { json["x-kubernetes-map-type"] = "atomic" }
    }

    private func describeArray(in json: inout JSONValue, _ dialect: OpenAPI.Dialect) {
        json["type"] = "array"
        json["items"] = items?.schema.openAPI(dialect) ?? ["x-kubernetes-preserve-unknown-fields": true]
        switch listType {
        case .atomic: json["x-kubernetes-list-type"] = "atomic"
        case .set: json["x-kubernetes-list-type"] = "set"
        case .map(let keys):
            json["x-kubernetes-list-type"] = "map"
            json["x-kubernetes-list-map-keys"] = JSONValue(keys)
            if dialect == .builtIn, keys.count == 1 {
                json["x-kubernetes-patch-merge-key"] = .string(keys[0])
                json["x-kubernetes-patch-strategy"] = "merge"
            }
        }
        json["minItems"] = minItems.map { JSONValue($0) }
        json["maxItems"] = maxItems.map { JSONValue($0) }
    }

    private func describeString(in json: inout JSONValue) {
        json["type"] = "string"
        if !allowedValues.isEmpty { json["enum"] = JSONValue(allowedValues) }
        json["pattern"] = pattern.map { .string($0) }
        json["format"] = format.map { .string($0) }
        json["minLength"] = minLength.map { JSONValue($0) }
        json["maxLength"] = maxLength.map { JSONValue($0) }
    }

    private func describeNumber(in json: inout JSONValue) {
        json["type"] = .string(type.rawValue)
        json["format"] = .string(format ?? (type == .integer ? "int64" : "double"))
        json["minimum"] = minimum.map { JSONValue($0) }
        json["maximum"] = maximum.map { JSONValue($0) }
    }
}
