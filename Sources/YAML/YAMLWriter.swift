public import CorbelAPI

extension JSONValue {
    /// The value as a YAML document in block style: two spaces a level, keys in order, quotes only where a text
    /// without them would read as something else. Parsing it gives the value back.
    public var yamlText: String {
        var writer = YAMLWriter()
        writer.writeRoot(self)
        return writer.text
    }
}

struct YAMLWriter {
    private(set) var text = ""

    mutating func writeRoot(_ value: JSONValue) {
        if isBlock(value) {
            writeBlock(value, depth: 0, isAtLineStart: true)
        } else {
            text += inline(value, depth: 0) + "\n"
        }
    }

    /// Whether the value takes lines of its own: a collection that is not empty.
    private func isBlock(_ value: JSONValue) -> Bool {
        switch value {
        case .array(let elements): !elements.isEmpty
        case .object(let object): !object.isEmpty
        default: false
        }
    }

    /// Writes a collection; its first line continues the current one unless `isAtLineStart`.
    private mutating func writeBlock(_ value: JSONValue, depth: Int, isAtLineStart: Bool) {
        var needsIndentation = isAtLineStart
        func indentation() -> String { String(repeating: "  ", count: depth) }
        if case .array(let elements) = value {
            for element in elements {
                text += (needsIndentation ? indentation() : "") + "- "
                needsIndentation = true
                writeElement(element, depth: depth + 1)
            }
        } else if case .object(let object) = value {
            for field in object {
                text += (needsIndentation ? indentation() : "") + quoted(field.key) + ":"
                needsIndentation = true
                writeField(field.value, depth: depth)
            }
        }
    }

    private mutating func writeElement(_ value: JSONValue, depth: Int) {
        if isBlock(value) {
            writeBlock(value, depth: depth, isAtLineStart: false)
        } else {
            text += inline(value, depth: depth) + "\n"
        }
    }

    private mutating func writeField(_ value: JSONValue, depth: Int) {
        guard isBlock(value) else {
            text += " " + inline(value, depth: depth + 1) + "\n"
            return
        }
        text += "\n"
        // A list stands at the level of its key, as kubectl writes it.
        writeBlock(value, depth: value.arrayValue == nil ? depth + 1 : depth, isAtLineStart: true)
    }

    private func inline(_ value: JSONValue, depth: Int) -> String {
        switch value {
        case .array: "[]"
        case .object: "{}"
        case .string(let string): literal(string, depth: depth) ?? quoted(string)
        default: value.encodedText
        }
    }

    /// A text of several lines as a literal block, where that form can hold it.
    private func literal(_ string: String, depth: Int) -> String? {
        let lines = string.split(separator: "\n", omittingEmptySubsequences: false)
        let content = string.hasSuffix("\n") ? lines.dropLast() : lines[...]
        guard content.count > 1 || string.hasSuffix("\n"), let first = content.first, !first.isEmpty,
            first.first != " ",
            content.last?.isEmpty == false,
            !string.unicodeScalars.contains(where: { !Self.isPrintable($0) })
        else { return nil }
        let indentation = String(repeating: "  ", count: max(depth, 1))
        let body = content.map { $0.isEmpty ? "" : indentation + $0 }.joined(separator: "\n")
        return (string.hasSuffix("\n") ? "|\n" : "|-\n") + body
    }

    /// Whether YAML shows the character as it is, in one line or between lines.
    static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0A, 0x09, 0x20...0x7E, 0xA0...0x2027, 0x202A...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD,
            0x10000...0x10FFEF:
            true
        default: false
        }
    }

    /// The text as a plain scalar where it can be one; else as JSON encodes it, which is a double-quoted scalar of
    /// YAML once what YAML cannot print is escaped.
    private func quoted(_ string: String) -> String {
        if PlainScalar.isSafe(string) { return string }
        return JSONValue.string(string).encodedText.unicodeScalars.reduce(into: "") { text, scalar in
            if Self.isPrintable(scalar) {
                text.unicodeScalars.append(scalar)
            } else {
                let digits = String(scalar.value, radix: 16)
                text += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
            }
        }
    }
}
