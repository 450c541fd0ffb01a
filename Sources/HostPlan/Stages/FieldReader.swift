import CorbelAPI

/// Reads fields of a tree that comes from outside, and gathers what is wrong with them.
struct FieldReader {
    let json: JSONValue
    let path: String

    func child(_ key: String) -> FieldReader? {
        json[key].flatMap { $0.isNull ? nil : FieldReader(json: $0, path: path.isEmpty ? key : "\(path).\(key)") }
    }

    func text(_ key: String, _ errors: inout [FieldError]) -> String? {
        guard let child = child(key) else { return nil }
        return child.text(&errors)
    }

    func text(_ errors: inout [FieldError]) -> String? {
        if let text = json.stringValue { return text }
        wrongType("a string", &errors)
        return nil
    }

    func flag(_ key: String, _ errors: inout [FieldError]) -> Bool? {
        guard let child = child(key) else { return nil }
        if let flag = child.json.boolValue { return flag }
        child.wrongType("true or false", &errors)
        return nil
    }

    func integer(_ key: String, _ range: ClosedRange<Int>, _ errors: inout [FieldError]) -> Int? {
        guard let child = child(key) else { return nil }
        if let number = child.json.intValue, range.contains(number) { return number }
        errors.append(
            .invalid(child.path, child.json, "must be a number from \(range.lowerBound) to \(range.upperBound)"))
        return nil
    }

    func items(_ errors: inout [FieldError]) -> [FieldReader] {
        guard let items = json.arrayValue else {
            wrongType("a list", &errors)
            return []
        }
        return items.enumerated().map { FieldReader(json: $1, path: "\(path)[\($0)]") }
    }

    func items(_ key: String, _ errors: inout [FieldError]) -> [FieldReader] { child(key)?.items(&errors) ?? [] }

    func texts(_ key: String, _ errors: inout [FieldError]) -> [String] {
        items(key, &errors).compactMap { $0.text(&errors) }
    }

    /// The fields of an object, each with its key.
    func fields(_ errors: inout [FieldError]) -> [(key: String, value: FieldReader)] {
        guard let object = json.objectValue else {
            wrongType("an object", &errors)
            return []
        }
        return object.map { ($0.key, FieldReader(json: $0.value, path: path.isEmpty ? $0.key : "\(path).\($0.key)")) }
    }

    func refuseUnknown(_ allowed: Set<String>, _ errors: inout [FieldError]) {
        for (key, field) in fields(&errors) where !allowed.contains(key) {
            errors.append(
                FieldError(.notSupported, field.path, "supported here: \(allowed.sorted().joined(separator: ", "))"))
        }
    }

    func wrongType(_ wanted: String, _ errors: inout [FieldError]) {
        errors.append(FieldError(.typeInvalid, path, value: .string(json.typeName), "must be \(wanted)"))
    }
}
