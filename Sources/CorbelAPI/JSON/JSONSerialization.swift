extension JSONValue {
    /// The compact encoding: keys in order, no white space. Equal values have equal encodings, so a digest may be
    /// taken of it.
    public var encoded: [UInt8] {
        var writer = JSONWriter(indentation: nil)
        writer.write(self, depth: 0)
        return writer.bytes
    }

    /// The compact encoding as text.
    public var encodedText: String { String(decoding: encoded, as: UTF8.self) }

    /// An encoding for people: two spaces a level, one field a line.
    public var prettyText: String {
        var writer = JSONWriter(indentation: 2)
        writer.write(self, depth: 0)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

private struct JSONWriter {
    let indentation: Int?
    var bytes: [UInt8] = []

    init(indentation: Int?) { self.indentation = indentation }

    mutating func write(_ value: JSONValue, depth: Int) {
        switch value {
        case .null: append("null")
        case .bool(let value): append(value ? "true" : "false")
        case .integer(let value): append(String(value))
        case .double(let value): append(value.isFinite ? "\(value)" : "null")
        case .string(let value): write(value)
        case .array(let elements):
            writeList(elements, open: "[", close: "]", depth: depth) { $0.write($1, depth: depth + 1) }
        case .object(let object):
            writeList(object, open: "{", close: "}", depth: depth) { writer, field in
                writer.write(field.key)
                writer.append(writer.indentation == nil ? ":" : ": ")
                writer.write(field.value, depth: depth + 1)
            }
        }
    }

    private mutating func writeList<List: Collection>(
        _ list: List, open: String, close: String, depth: Int, _ body: (inout JSONWriter, List.Element) -> Void
    ) {
        append(open)
        var isFirst = true
        for element in list {
            if !isFirst { append(",") }
            isFirst = false
            newLine(depth: depth + 1)
            body(&self, element)
        }
        if !isFirst { newLine(depth: depth) }
        append(close)
    }

    private mutating func newLine(depth: Int) {
        guard let indentation else { return }
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: depth * indentation))
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func write(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        defer { bytes.append(UInt8(ascii: "\"")) }
        // Nearly every text is written as it is.
        guard text.utf8.contains(where: \.needsEscape) else { return append(text) }
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): append("\\\"")
            case UInt8(ascii: "\\"): append("\\\\")
            case 0x0A: append("\\n")
            case 0x0D: append("\\r")
            case 0x09: append("\\t")
            case 0..<0x20:
                let digits = String(byte, radix: 16)
                append("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
            default: bytes.append(byte)
            }
        }
    }
}

extension UInt8 {
    fileprivate var needsEscape: Bool { self < 0x20 || self == UInt8(ascii: "\"") || self == UInt8(ascii: "\\") }
}
