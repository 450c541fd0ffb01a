import CorbelAPI

extension ProfileVariable.Format {
    /// The value as the format has it: a number or a boolean may be given as text.
    func normalized(_ value: JSONValue) -> JSONValue? {
        switch self {
        case .number:
            if value.doubleValue != nil { return value }
            guard let text = value.stringValue, let parsed = try? JSONValue(parsing: text) else { return nil }
            return parsed.doubleValue == nil ? Optional.none : parsed
        case .boolean:
            switch value {
            case .bool: return value
            case "true": return true
            case "false": return false
            default: return nil
            }
        default:
            guard let text = value.stringValue, accepts(text) else { return nil }
            return value
        }
    }

    private func accepts(_ text: String) -> Bool {
        switch self {
        case .string, .number, .boolean: true
        case .ipv4: InternetAddress.isIPv4(text)
        case .ipv4cidr: InternetAddress.isIPv4CIDR(text)
        case .ipv6: InternetAddress.isIPv6(text)
        case .version: SemanticVersion(text) != nil
        case .base64: Base64.decode(text) != nil
        }
    }

    /// What is allowed, as the end of a sentence.
    var requirement: String {
        switch self {
        case .string: "a string"
        case .number: "a number, such as 3 or 0.5"
        case .boolean: "true or false"
        case .ipv4: "an IPv4 address, such as 10.0.0.1"
        case .ipv4cidr: "an IPv4 network, such as 10.0.0.0/16"
        case .ipv6: "an IPv6 address, such as fd00::1"
        case .version: "a semantic version, such as 1.2.3"
        case .base64: "base64 with padding, such as aGVsbG8="
        }
    }
}

extension ProfileVariable {
    static let lengthLimit = 4096
    static let multilineLengthLimit = 65_536

    /// The value as macros interpolate it, or what is wrong with it and what is allowed.
    func checked(_ value: JSONValue) -> Result<JSONValue, VariableFault> {
        guard let normalized = format.normalized(value) else {
            return .failure(VariableFault("must be \(format.requirement)"))
        }
        let text = normalized.interpolated
        let limit = inputType == .multiline ? Self.multilineLengthLimit : Self.lengthLimit
        guard text.utf8.count <= limit else { return .failure(VariableFault("must be at most \(limit) bytes long")) }
        if MacroText.holdsMacro(text) {
            return .failure(VariableFault("must not hold a macro: variables do not nest"))
        }
        if inputType != .multiline, text.contains(where: \.isNewline) {
            return .failure(VariableFault("must be one line, because its inputType is \(inputType.rawValue)"))
        }
        if inputType == .dropdown, !options.contains(text) {
            return .failure(VariableFault("must be one of \(options.joined(separator: ", "))"))
        }
        return matchesRegex(text) ? .success(normalized) : .failure(VariableFault("must match \(regex ?? "")"))
    }

    /// A regex that is no pattern is reported with the profile; here it matches nothing.
    private func matchesRegex(_ text: String) -> Bool {
        guard let regex, !regex.isEmpty else { return true }
        return (try? Pattern(regex))?.matches(text) ?? false
    }
}

/// What is wrong with a variable's value.
struct VariableFault: Error {
    var message: String
    init(_ message: String) { self.message = message }
}

extension JSONValue {
    /// The value within a text.
    var interpolated: String { stringValue ?? encodedText }
}
