public import CorbelAPI

extension Schema {
    /// What is wrong with a value, in the order of its fields.
    ///
    /// - Parameters:
    ///   - old: the value that is replaced, which immutable fields are held against; nil for a new one.
    ///   - path: the path of the value, such as `spec`; empty for a whole object.
    public func validate(_ value: JSONValue, old: JSONValue?, at path: String) -> [FieldError] {
        if value.isNull {
            if isNullable || type == .any { return [] }
            return [mistyped(value, at: path)] + immutabilityErrors(nil, old: old, at: path)
        }
        let changes = immutabilityErrors(value, old: old, at: path)
        switch (type, value) {
        case (.object, .object(let fields)): return changes + objectErrors(fields, old: old, at: path)
        case (.array, .array(let elements)): return changes + arrayErrors(elements, old: old, at: path)
        case (.string, .string(let text)): return changes + stringErrors(text, at: path)
        case (.integer, _) where value.intValue != nil: return changes + numberErrors(value, at: path)
        case (.number, .integer), (.number, .double): return changes + numberErrors(value, at: path)
        case (.boolean, .bool), (.any, _): return changes
        case (.intOrString, .string(let text)): return changes + stringErrors(text, at: path)
        case (.intOrString, .integer): return changes + numberErrors(value, at: path)
        default: return changes + [mistyped(value, at: path)]
        }
    }

    private func mistyped(_ value: JSONValue, at path: String) -> FieldError {
        let expected = type == .intOrString ? "integer or string" : type.rawValue
        return FieldError(.typeInvalid, path, value: value, "must be of type \(expected), not \(value.typeName)")
    }
}

// Objects.
extension Schema {
    private func objectErrors(_ fields: JSONObject, old: JSONValue?, at path: String) -> [FieldError] {
        var errors = required.sorted().filter { fields[$0] == nil }.map { FieldError.required(fieldPath(path, $0)) }
        for (key, value) in fields {
            guard let child = child(key) else { continue }
            errors += child.validate(value, old: old?[key], at: fieldPath(path, key))
        }
        for key in properties.keys.sorted() where fields[key] == nil {
            guard let property = properties[key], let previous = old?[key] else { continue }
            errors += property.immutabilityErrors(nil, old: previous, at: fieldPath(path, key))
        }
        return errors
    }

    /// The immutable fields that change. Removing an object removes the immutable fields within it.
    private func immutabilityErrors(_ value: JSONValue?, old: JSONValue?, at path: String) -> [FieldError] {
        guard let old, !old.isNull else { return [] }
        if isImmutable {
            return value == old ? [] : [.invalid(path, value ?? .null, "field is immutable")]
        }
        guard value == nil, let fields = old.objectValue else { return [] }
        return fields.flatMap { key, previous in
            properties[key]?.immutabilityErrors(nil, old: previous, at: fieldPath(path, key)) ?? []
        }
    }
}

// Arrays.
extension Schema {
    private func arrayErrors(_ elements: [JSONValue], old: JSONValue?, at path: String) -> [FieldError] {
        var errors: [FieldError] = []
        if let maxItems, elements.count > maxItems {
            errors.append(
                FieldError(.tooMany, path, value: JSONValue(elements.count), "must have at most \(maxItems) items"))
        }
        if let minItems, elements.count < minItems {
            errors.append(.invalid(path, JSONValue(elements.count), "must have at least \(minItems) items"))
        }
        guard let items = items?.schema else { return errors }
        let previous = previousElements(old)
        for (index, element) in elements.enumerated() {
            let old = elementKey(element).flatMap { previous[$0] }
            errors += items.validate(element, old: old, at: "\(path)[\(index)]")
        }
        return errors + identityErrors(elements, at: path)
    }

    /// What tells an element of a keyed list apart.
    private func elementKey(_ element: JSONValue) -> JSONObject? {
        guard case .map(let keys) = listType else { return nil }
        return element.listKey(keys, items: items?.schema)
    }

    private func previousElements(_ old: JSONValue?) -> [JSONObject: JSONValue] {
        let keyed = (old?.arrayValue ?? []).compactMap { element in elementKey(element).map { ($0, element) } }
        return Dictionary(keyed, uniquingKeysWith: { first, _ in first })
    }

    /// Elements that cannot be told apart, or that lack what would tell them apart.
    ///
    /// - Parameter requiringKeys: also reports missing keys that the schema of the elements requires, which
    ///   validation reports by itself.
    private func identityErrors(
        _ elements: [JSONValue], requiringKeys: Bool = false, at path: String
    ) -> [FieldError] {
        switch listType {
        case .atomic: return []
        case .set:
            var seen: Set<JSONValue> = []
            return elements.enumerated().filter { !seen.insert($1).inserted }.map {
                FieldError(.duplicate, "\(path)[\($0)]", value: $1, "")
            }
        case .map(let keys):
            var seen: Set<JSONObject> = []
            return elements.enumerated().flatMap { index, element -> [FieldError] in
                let place = "\(path)[\(index)]"
                guard let key = elementKey(element) else {
                    let reported = requiringKeys ? [] : items?.schema.required ?? []
                    return missingKeys(keys.filter { !reported.contains($0) }, of: element, at: place)
                }
                if seen.insert(key).inserted { return [] }
                return [FieldError(.duplicate, place, value: .object(key), "")]
            }
        }
    }

    /// The lists within a value whose elements cannot be told apart, at any depth.
    func identityProblems(in value: JSONValue, at path: String) -> [FieldError] {
        switch value {
        case .object(let fields):
            return fields.flatMap { key, field in
                child(key)?.identityProblems(in: field, at: fieldPath(path, key)) ?? []
            }
        case .array(let elements):
            let below = elements.enumerated().flatMap { index, element in
                items?.schema.identityProblems(in: element, at: "\(path)[\(index)]") ?? []
            }
            return identityErrors(elements, requiringKeys: true, at: path) + below
        default: return []
        }
    }

    private func missingKeys(_ keys: [String], of element: JSONValue, at path: String) -> [FieldError] {
        guard element.objectValue != nil else { return [] }
        let properties = items?.schema.properties
        return keys.filter { element[$0] == nil && properties?[$0]?.defaultValue == nil }.map {
            .required("\(path).\($0)", "it tells the elements of the list apart")
        }
    }
}

// Scalars.
extension Schema {
    /// The longest text that a pattern is tried on. Patterns may take time in proportion to more than the length.
    static let patternInputLimit = 64 << 10

    private func stringErrors(_ text: String, at path: String) -> [FieldError] {
        let length = text.unicodeScalars.count
        if let maxLength, length > maxLength {
            return [FieldError(.tooLong, path, "may not be more than \(maxLength) characters, has \(length)")]
        }
        var errors: [FieldError] = []
        if let minLength, length < minLength {
            errors.append(.invalid(path, .string(text), "must have at least \(minLength) characters"))
        }
        if !allowedValues.isEmpty && !allowedValues.contains(text) {
            let known = allowedValues.map { JSONValue.string($0).encodedText }.joined(separator: ", ")
            errors.append(FieldError(.notSupported, path, value: .string(text), "supported values: \(known)"))
        }
        if format == "date-time" && Timestamp(rfc3339: text) == nil {
            errors.append(.invalid(path, .string(text), "must be a time as in RFC 3339, such as 2026-01-31T12:00:00Z"))
        }
        return errors + patternErrors(text, at: path)
    }

    private func patternErrors(_ text: String, at path: String) -> [FieldError] {
        guard let pattern else { return [] }
        guard text.utf8.count <= Self.patternInputLimit else {
            return [FieldError(.tooLong, path, "may not be more than \(Self.patternInputLimit) bytes")]
        }
        let regex: Regex<AnyRegexOutput>
        do {
            regex = try Regex(pattern).matchingSemantics(.unicodeScalar)
        } catch {
            return [.invalid(path, .string(text), "the pattern '\(pattern)' of its schema is no regular expression")]
        }
        guard text.firstMatch(of: regex) == nil else { return [] }
        return [.invalid(path, .string(text), patternMeaning.map { "must be \($0)" } ?? "should match '\(pattern)'")]
    }

    private func numberErrors(_ value: JSONValue, at path: String) -> [FieldError] {
        guard let number = value.doubleValue else { return [] }
        switch (minimum, maximum) {
        case (let low?, let high?) where number < Double(low) || number > Double(high):
            return [.invalid(path, value, "must be between \(low) and \(high), inclusive")]
        case (let low?, _) where number < Double(low): return [.invalid(path, value, "must be at least \(low)")]
        case (_, let high?) where number > Double(high): return [.invalid(path, value, "must be at most \(high)")]
        default: return []
        }
    }
}
