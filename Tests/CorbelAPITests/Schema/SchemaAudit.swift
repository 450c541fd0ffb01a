import CorbelAPI

/// What is wrong with a schema in itself: each mistake as a sentence that names the path.
///
/// The rules are those of Kubernetes' structural schemas, and what server-side apply needs of lists.
struct SchemaAudit {
    private(set) var problems: [String] = []

    static func problems(in definition: ResourceDefinition) -> [String] {
        var audit = SchemaAudit()
        audit.visit(definition.schema, at: definition.kind)
        return audit.problems
    }

    private mutating func visit(_ schema: Schema, at path: String) {
        checkObject(schema, at: path)
        checkList(schema, at: path)
        checkBounds(schema, at: path)
        checkPattern(schema, at: path)
        checkDefault(schema, at: path)
        for (name, property) in schema.properties.sorted(by: { $0.key < $1.key }) {
            let isRoot = !path.contains(".") && ["spec", "status"].contains(name)
            expect(isRoot || !property.description.isEmpty, path + "." + name, "has no description")
            visit(property, at: path + "." + name)
        }
        if let items = schema.items?.schema { visit(items, at: path + "[]") }
        if let values = schema.additionalProperties?.schema { visit(values, at: path + ".*") }
    }

    private mutating func expect(_ condition: Bool, _ path: String, _ problem: String) {
        if !condition { problems.append("\(path) \(problem)") }
    }

    private mutating func checkObject(_ schema: Schema, at path: String) {
        for name in schema.required.sorted() {
            expect(schema.properties[name] != nil, path, "requires \(name), which it does not describe")
        }
        let isObject = schema.type == .object
        expect(isObject || schema.properties.isEmpty, path, "has properties and is no object")
        expect(isObject || schema.additionalProperties == nil, path, "has free keys and is no object")
        let hasBoth = !schema.properties.isEmpty && schema.additionalProperties != nil
        expect(!hasBoth, path, "has both properties and free keys")
        let isDescribed = !schema.properties.isEmpty || schema.additionalProperties != nil
        expect(!isObject || isDescribed || schema.preservesUnknownFields, path, "is an object that can hold nothing")
    }

    private mutating func checkList(_ schema: Schema, at path: String) {
        guard schema.type == .array else {
            expect(schema.items == nil, path, "has items and is no array")
            return
        }
        guard let items = schema.items?.schema else { return expect(false, path, "is an array of nobody knows what") }
        switch schema.listType {
        case .atomic: break
        case .set: expect([.string, .integer].contains(items.type), path, "is a set of what cannot be told apart")
        case .map(let keys): checkKeys(keys, of: items, at: path)
        }
    }

    private mutating func checkKeys(_ keys: [String], of items: Schema, at path: String) {
        expect(!keys.isEmpty && items.type == .object, path, "is a map of what has no keys")
        for key in keys where !(items.properties.isEmpty && items.preservesUnknownFields) {
            let property = items.properties[key]
            expect(property != nil, path, "has the key \(key), which its elements do not describe")
            let isThere = items.required.contains(key) || property?.defaultValue != nil
            expect(isThere, path, "has the key \(key), which an element may leave out")
        }
    }

    private mutating func checkBounds(_ schema: Schema, at path: String) {
        let bounds = [
            (schema.minimum, schema.maximum), (schema.minLength, schema.maxLength), (schema.minItems, schema.maxItems),
        ]
        for case (let low?, let high?) in bounds {
            expect(low <= high, path, "allows nothing between \(low) and \(high)")
        }
        let isText = schema.type == .string
        let textRules = schema.pattern != nil || schema.format != nil || schema.maxLength != nil
        expect(isText || !textRules && schema.allowedValues.isEmpty, path, "has rules for a text and is none")
        expect(schema.type == .integer || schema.minimum == nil, path, "has a range and is no integer")
        expect(schema.type == .array || schema.maxItems == nil, path, "has a number of items and is no array")
        expect(Set(schema.allowedValues).count == schema.allowedValues.count, path, "allows a value twice")
    }

    private mutating func checkPattern(_ schema: Schema, at path: String) {
        guard let pattern = schema.pattern else { return }
        expect((try? Regex(pattern)) != nil, path, "has a pattern that is none: \(pattern)")
        expect(pattern.hasPrefix("^") && pattern.hasSuffix("$"), path, "has a pattern that a part of a text may match")
        expect(schema.patternMeaning?.isEmpty == false, path, "has a pattern and does not say what it means")
    }

    private mutating func checkDefault(_ schema: Schema, at path: String) {
        guard let value = schema.defaultValue else { return }
        expect(accepts(value, schema), path, "has a default that it refuses: \(value.encodedText)")
    }

    private func accepts(_ value: JSONValue, _ schema: Schema) -> Bool {
        switch schema.type {
        case .any: true
        case .object: value.objectValue != nil
        case .array: value.arrayValue != nil
        case .boolean: value.boolValue != nil
        case .number: value.doubleValue != nil
        case .intOrString: value.intValue != nil || value.stringValue != nil
        case .integer:
            value.intValue.map { $0 >= schema.minimum ?? .min && $0 <= schema.maximum ?? .max } ?? false
        case .string: value.stringValue.map { accepts($0, schema) } ?? false
        }
    }

    private func accepts(_ text: String, _ schema: Schema) -> Bool {
        let isAllowed = schema.allowedValues.isEmpty || schema.allowedValues.contains(text)
        let matches = schema.pattern.flatMap { try? Regex($0) }.map { text.contains($0) } ?? true
        return isAllowed && matches && text.count >= schema.minLength ?? 0 && text.count <= schema.maxLength ?? .max
    }
}
