import CorbelAPI
import Revisions
import YAML

/// YAML with macros, parsed.
///
/// Before YAML is read, each macro is put behind private-use characters: braces without quotes would be a YAML
/// mapping, and a value put into the text before it is parsed could change its structure. The trees that come out
/// hold these marks in their strings; a macro that was a whole scalar without quotes has a mark of its own, because
/// it takes the type of its value.
struct MacroTemplate {
    /// A string of a tree, in pieces.
    enum Piece: Hashable {
        case text(String)
        case macro(String)
    }

    private static let mark: Character = "\u{10FFF1}"
    private static let bareMark: Character = "\u{10FFF3}"
    private static let endMark: Character = "\u{10FFF2}"

    var documents: [YAMLDocument]

    /// - Throws: ``YAMLError``, with the line in the text as it was written.
    init(parsing text: String) throws(YAMLError) {
        guard !text.contains(where: { [Self.mark, Self.bareMark, Self.endMark].contains($0) }) else {
            throw YAMLError("characters U+10FFF1 to U+10FFF3 are not accepted", line: 1, column: 1)
        }
        documents = try YAMLDocument.stream(parsing: Self.shielding(text), plainScalar: Self.markingBare)
    }

    /// The only document; an empty text has an empty object.
    func singleObject() throws(YAMLError) -> JSONValue {
        if documents.count > 1 { throw YAMLError("expected one document", line: documents[1].line, column: 1) }
        let value = documents.first?.value ?? .null
        guard value.objectValue != nil || value.isNull else {
            throw YAMLError("values must be a mapping; found: \(value.typeName)", line: documents[0].line, column: 1)
        }
        return value.isNull ? [:] : value
    }

    /// The expression travels within the marks as the code points of the text, so that a tree needs no table beside it.
    private static func shielding(_ text: String) -> String {
        var shielded = ""
        var rest = text[...]
        while let (range, expression) = MacroText.next(in: rest) {
            shielded += rest[..<range.lowerBound]
            shielded.append(mark)
            shielded += expression.utf8.map { String($0, radix: 16) }.joined(separator: "_")
            shielded.append(endMark)
            rest = rest[range.upperBound...]
        }
        return shielded + rest
    }

    private static func markingBare(_ scalar: String) -> String {
        guard scalar.first == mark, scalar.firstIndex(of: endMark) == scalar.indices.last else { return scalar }
        return String(bareMark) + scalar.dropFirst()
    }

    /// The expression of a macro that is a whole scalar without quotes.
    static func bareExpression(in text: String) -> String? {
        guard text.first == bareMark, case .macro(let expression)? = pieces(of: text).first else { return nil }
        return expression
    }

    static func pieces(of text: String) -> [Piece] {
        var pieces: [Piece] = []
        var rest = text[...]
        while let start = rest.firstIndex(where: { $0 == mark || $0 == bareMark }),
            let end = rest[start...].firstIndex(of: endMark)
        {
            if start > rest.startIndex { pieces.append(.text(String(rest[..<start]))) }
            let bytes = rest[rest.index(after: start)..<end].split(separator: "_").compactMap { UInt8($0, radix: 16) }
            pieces.append(.macro(String(decoding: bytes, as: UTF8.self)))
            rest = rest[rest.index(after: end)...]
        }
        return rest.isEmpty ? pieces : pieces + [.text(String(rest))]
    }

    /// The expressions of all macros in a tree, each with the path of its string, in order.
    static func expressions(
        in tree: JSONValue, at path: ValuePath = ValuePath()
    ) -> [(path: String, expression: String)] {
        switch tree {
        case .string(let text):
            return pieces(of: text).compactMap { piece in
                if case .macro(let expression) = piece { (path.description, expression) } else { nil }
            }
        case .array(let elements):
            return elements.enumerated().flatMap { expressions(in: $1, at: path.index($0)) }
        case .object(let object):
            return object.flatMap {
                expressions(in: .string($0.key), at: path) + expressions(in: $0.value, at: path.field($0.key))
            }
        case .null, .bool, .integer, .double:
            return []
        }
    }
}
