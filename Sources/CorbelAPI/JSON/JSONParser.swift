/// Why a text is no JSON document that Corbel accepts.
public struct JSONError: Error, Hashable, CustomStringConvertible {
    public var message: String
    /// The offset in bytes at which the text went wrong: of the byte that cannot stand there, of the beginning of a
    /// number that cannot be, or of the second of two equal keys.
    public var offset: Int

    public var description: String { "\(message) at byte \(offset)" }
}

/// What a parser accepts beyond the grammar of RFC 8259. The bounds hold for everything that comes from outside.
public struct JSONLimits: Sendable {
    /// How many arrays and objects may stand within each other.
    public var depth: Int
    /// How long the text may be.
    public var bytes: Int

    public init(depth: Int = 256, bytes: Int = 16 << 20) {
        self.depth = depth
        self.bytes = bytes
    }
}

extension JSONValue {
    /// Parses one JSON document (RFC 8259) and nothing after it.
    ///
    /// A key that comes twice in one object is refused, as Kubernetes' strict decoding does: which of the two was meant
    /// is not ours to guess.
    ///
    /// - Throws: ``JSONError``, also for a text that is deeper or longer than `limits` allow.
    public init(parsing bytes: some Collection<UInt8>, limits: JSONLimits = JSONLimits()) throws {
        let parsed = try bytes.withContiguousStorageIfAvailable { try JSONParser.parse($0, limits: limits) }
        self = try parsed ?? Array(bytes).withUnsafeBufferPointer { try JSONParser.parse($0, limits: limits) }
    }

    /// Parses one JSON document.
    public init(parsing text: String, limits: JSONLimits = JSONLimits()) throws {
        try self.init(parsing: Array(text.utf8), limits: limits)
    }
}

/// A recursive-descent parser over bytes. It is our own because nothing in the dependency graph keeps integers exact,
/// refuses duplicate keys and bounds the depth (see `docs/decisions/json.md`).
private struct JSONParser {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let limits: JSONLimits
    private var offset = 0

    static func parse(_ bytes: UnsafeBufferPointer<UInt8>, limits: JSONLimits) throws -> JSONValue {
        var parser = JSONParser(bytes: bytes, limits: limits)
        guard bytes.count <= limits.bytes else {
            throw JSONError(message: "document of \(bytes.count) bytes is longer than \(limits.bytes)", offset: 0)
        }
        let value = try parser.value(depth: 0)
        parser.skipWhitespace()
        guard parser.offset == bytes.count else { throw parser.error("unexpected text after the document") }
        return value
    }

    private init(bytes: UnsafeBufferPointer<UInt8>, limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    private func error(_ message: String) -> JSONError { JSONError(message: message, offset: offset) }

    private var current: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func skipWhitespace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }

    private mutating func value(depth: Int) throws -> JSONValue {
        skipWhitespace()
        let isContainer = current == UInt8(ascii: "{") || current == UInt8(ascii: "[")
        guard !isContainer || depth < limits.depth else { throw error("nesting deeper than \(limits.depth)") }
        switch current {
        case UInt8(ascii: "{"): return .object(try object(depth: depth))
        case UInt8(ascii: "["): return .array(try array(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case let byte? where byte == UInt8(ascii: "-") || byte.isDigit: return try number()
        case nil: throw error("unexpected end of the document")
        default: throw error("unexpected character")
        }
    }

    private mutating func literal(_ text: StaticString, _ value: JSONValue) throws -> JSONValue {
        for index in 0..<text.utf8CodeUnitCount {
            guard current == text.utf8Start[index] else { throw error("expected `\(text)`") }
            offset += 1
        }
        return value
    }

    private mutating func object(depth: Int) throws -> JSONObject {
        offset += 1
        var fields = JSONObject.Assembly()
        var keyOffsets: [Int] = []
        skipWhitespace()
        if current == UInt8(ascii: "}") {
            offset += 1
            return JSONObject()
        }
        while true {
            skipWhitespace()
            guard current == UInt8(ascii: "\"") else { throw error("expected a key in quotes") }
            keyOffsets.append(offset)
            let key = try string()
            skipWhitespace()
            guard current == UInt8(ascii: ":") else { throw error("expected `:`") }
            offset += 1
            fields.append(key, try value(depth: depth + 1))
            if try endOfList(closing: UInt8(ascii: "}")) { break }
        }
        switch fields.assembled() {
        case .success(let object): return object
        case .failure(let duplicate):
            offset = keyOffsets[duplicate.position]
            throw error("duplicate field \"\(duplicate.key)\"")
        }
    }

    private mutating func array(depth: Int) throws -> [JSONValue] {
        offset += 1
        var elements: [JSONValue] = []
        skipWhitespace()
        if current == UInt8(ascii: "]") {
            offset += 1
            return elements
        }
        repeat { elements.append(try value(depth: depth + 1)) } while try !endOfList(closing: UInt8(ascii: "]"))
        return elements
    }

    /// Steps over `,` or the closing bracket, and says which it was.
    private mutating func endOfList(closing: UInt8) throws -> Bool {
        skipWhitespace()
        guard let byte = current, byte == closing || byte == UInt8(ascii: ",") else {
            throw error("expected `,` or `\(Character(Unicode.Scalar(closing)))`")
        }
        offset += 1
        return byte == closing
    }

    private mutating func number() throws -> JSONValue {
        let start = offset
        var isInteger = true
        if current == UInt8(ascii: "-") { offset += 1 }
        let firstDigit = current
        try digits()
        if firstDigit == UInt8(ascii: "0") && offset - start > (bytes[start] == UInt8(ascii: "-") ? 2 : 1) {
            throw JSONError(message: "a number must not start with 0", offset: start)
        }
        if current == UInt8(ascii: ".") {
            isInteger = false
            offset += 1
            try digits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            isInteger = false
            offset += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { offset += 1 }
            try digits()
        }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        if isInteger, let value = Int64(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else {
            throw JSONError(message: "number out of range", offset: start)
        }
        return .double(value)
    }

    private mutating func digits() throws {
        let start = offset
        while let byte = current, byte.isDigit { offset += 1 }
        guard offset > start else { throw error("expected a digit") }
    }

    private mutating func string() throws -> String {
        offset += 1
        let start = offset
        while offset < bytes.count {
            let byte = bytes[offset]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { break }
            offset += 1
        }
        guard current == UInt8(ascii: "\"") else { return try escapedString(from: start) }
        defer { offset += 1 }
        return try text(bytes[start..<offset], from: start)
    }

    /// The slow path: a string that holds an escape.
    private mutating func escapedString(from start: Int) throws -> String {
        var scalars = Array(bytes[start..<offset])
        while let byte = current {
            if byte < 0x20 { throw error("control character in a string") }
            offset += 1
            switch byte {
            case UInt8(ascii: "\""): return try scalars.withUnsafeBufferPointer { try text($0[...], from: start) }
            case UInt8(ascii: "\\"): scalars.append(contentsOf: try escape().utf8)
            default: scalars.append(byte)
            }
        }
        throw error("unterminated string")
    }

    /// The text of `slice`, which is what the string that begins at `start` holds once its escapes are resolved.
    private func text(_ slice: Slice<UnsafeBufferPointer<UInt8>>, from start: Int) throws -> String {
        guard let text = String(validating: slice, as: UTF8.self) else {
            throw JSONError(message: "invalid UTF-8", offset: invalidOffset(from: start))
        }
        return text
    }

    /// Where the first sequence after `start` begins that is not UTF-8. Escapes are ASCII: they neither mend nor break
    /// the sequences beside them.
    private func invalidOffset(from start: Int) -> Int {
        var parser = Unicode.UTF8.ForwardParser()
        var rest = bytes[start..<offset].makeIterator()
        var position = start
        while case .valid(let scalar) = parser.parseScalar(from: &rest) { position += scalar.count }
        return position
    }

    private mutating func escape() throws -> String {
        guard let byte = current else { throw error("unterminated string") }
        offset += 1
        switch byte {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{08}"
        case UInt8(ascii: "f"): return "\u{0C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return String(Character(try unicodeEscape()))
        default: throw JSONError(message: "unknown escape", offset: offset - 1)
        }
    }

    /// A `\uXXXX` escape, with its second half where it is a surrogate. An unpaired surrogate is the replacement
    /// character, as in Go.
    private mutating func unicodeEscape() throws -> Unicode.Scalar {
        let high = try hexadecimal()
        if let scalar = Unicode.Scalar(high) { return scalar }
        guard high < 0xDC00, current == UInt8(ascii: "\\"), offset + 1 < bytes.count,
            bytes[offset + 1] == UInt8(ascii: "u")
        else { return "\u{FFFD}" }
        let rewind = offset
        offset += 2
        let low = try hexadecimal()
        guard (0xDC00...0xDFFF).contains(low) else {
            offset = rewind
            return "\u{FFFD}"
        }
        return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)) ?? "\u{FFFD}"
    }

    private mutating func hexadecimal() throws -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw error("expected four hexadecimal digits")
            }
            value = value << 4 + UInt32(digit)
            offset += 1
        }
        return value
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
