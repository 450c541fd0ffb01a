import CorbelAPI

/// The types of scalars without quotes: those of YAML 1.1 as Go's yaml.v2 reads them, which is what `kubectl` and the
/// API server do. So `yes` is true, `0644` is 420, `1_000` is 1000, and `12:30` stays a string.
enum PlainScalar {
    struct Problem: Error { var message: String }

    private static let prefix = "tag:yaml.org,2002:"

    /// The value of `text` with the tag that stands before it, empty where there is none.
    static func resolve(_ text: String, tag: String) -> Result<JSONValue, Problem> {
        let implicit = resolve(text)
        switch tag {
        case "": return checked(implicit, text)
        case "!", prefix + "str": return .success(.string(text))
        case prefix + "null": return expecting(implicit.isNull, implicit, text, tag)
        case prefix + "bool": return expecting(implicit.boolValue != nil, implicit, text, tag)
        case prefix + "int": return expecting(implicit.intValue != nil, implicit, text, tag)
        case prefix + "float":
            return checked(implicit, text).flatMap { expecting($0.doubleValue != nil, $0, text, tag) }
        default: return .failure(Problem(message: "tag \(tag) is not supported"))
        }
    }

    private static func checked(_ value: JSONValue, _ text: String) -> Result<JSONValue, Problem> {
        if case .double(let number) = value, !number.isFinite {
            return .failure(Problem(message: "\(text) is no number that JSON can hold"))
        }
        return .success(value)
    }

    private static func expecting(
        _ holds: Bool, _ value: JSONValue, _ text: String, _ tag: String
    ) -> Result<JSONValue, Problem> {
        holds ? .success(value) : .failure(Problem(message: "\"\(text)\" is no \(tag.dropFirst(prefix.count))"))
    }

    private static func resolve(_ text: String) -> JSONValue {
        switch text {
        case "", "~", "null", "Null", "NULL": .null
        case "y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE": true
        case "n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE": false
        case ".nan", ".NaN", ".NAN": .double(.nan)
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": .double(.infinity)
        case "-.inf", "-.Inf", "-.INF": .double(-.infinity)
        default: number(text) ?? .string(text)
        }
    }

    private static func number(_ text: String) -> JSONValue? {
        guard let first = text.utf8.first, first.isDigit || "+-.".utf8.contains(first) else { return nil }
        let digits = String(text.utf8.filter { $0 != UInt8(ascii: "_") }.map { Character(Unicode.Scalar($0)) })
        guard digits.utf8.contains(where: \.isDigit) else { return nil }
        return integer(digits) ?? (isFloat(digits) ? Double(digits).map(JSONValue.double) : nil)
    }

    /// An integer with Go's prefixes: `0x`, `0o`, `0b`, and a leading 0 for octal.
    private static func integer(_ text: String) -> JSONValue? {
        let isNegative = text.first == "-"
        let magnitude = isNegative || text.first == "+" ? text.dropFirst() : Substring(text)
        let (digits, radix) = radix(of: magnitude)
        guard !digits.isEmpty, digits.utf8.allSatisfy(\.isAlphanumeric), let value = UInt64(digits, radix: radix) else {
            return nil
        }
        if isNegative {
            return value <= 1 << 63 ? .integer(Int64(truncatingIfNeeded: 0 &- value)) : .double(-Double(value))
        }
        return Int64(exactly: value).map(JSONValue.integer) ?? .double(Double(value))
    }

    private static func radix(of magnitude: Substring) -> (Substring, Int) {
        switch magnitude.prefix(2) {
        case "0x", "0X": (magnitude.dropFirst(2), 16)
        case "0o", "0O": (magnitude.dropFirst(2), 8)
        case "0b", "0B": (magnitude.dropFirst(2), 2)
        case let start where start.count == 2 && start.first == "0": (magnitude.dropFirst(), 8)
        default: (magnitude, 10)
        }
    }

    /// Whether the text is `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`: stricter than `Double`'s own reading.
    private static func isFloat(_ text: String) -> Bool {
        var rest = Substring(text).utf8
        if let sign = rest.first, "+-".utf8.contains(sign) { rest.removeFirst() }
        let whole = dropDigits(&rest)
        var decimals = 0
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            decimals = dropDigits(&rest)
        }
        guard whole + decimals > 0 else { return false }
        if let exponent = rest.first, "eE".utf8.contains(exponent) {
            rest.removeFirst()
            if let sign = rest.first, "+-".utf8.contains(sign) { rest.removeFirst() }
            guard dropDigits(&rest) > 0 else { return false }
        }
        return rest.isEmpty
    }

    private static func dropDigits(_ rest: inout Substring.UTF8View) -> Int {
        let digits = rest.prefix { $0.isDigit }.count
        rest.removeFirst(digits)
        return digits
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

    fileprivate var isAlphanumeric: Bool {
        isDigit || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20)
    }
}

extension PlainScalar {
    /// Whether a text without quotes would be read as this very string.
    static func isSafe(_ text: String) -> Bool {
        if case .string(text) = resolve(text) { return isSafeText(text) }
        return false
    }

    private static func isSafeText(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, let last = text.unicodeScalars.last else { return false }
        let isIndicator = "-?:,[]{}#&*!|>'\"%@`= ".unicodeScalars.contains(first)
        let isPrintable = text.unicodeScalars.allSatisfy { $0 != "\n" && $0 != "\t" && YAMLWriter.isPrintable($0) }
        return !isIndicator && last != " " && last != ":" && isPrintable && !text.contains(": ") && !text.contains(" #")
            && text != "<<" && !text.hasPrefix("---") && !text.hasPrefix("...")
    }
}
