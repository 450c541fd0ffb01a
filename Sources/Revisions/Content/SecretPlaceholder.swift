public import CorbelAPI

/// The text that stands in a revision where the value of a sensitive variable belongs.
public enum SecretPlaceholder {
    private static let start = "{{ .corbel.secret."
    private static let end = " }}"

    public static func text(for variable: String) -> String { start + variable + end }

    /// The sensitive variables that texts of the tree hold, sorted.
    public static func variables(in tree: JSONValue) -> [String] {
        var names: Set<String> = []
        collect(from: tree, into: &names)
        return names.sorted()
    }

    /// The tree with the values in their places. A variable without a value keeps its placeholder, and is named in
    /// `missing`.
    public static func filling(_ tree: JSONValue, with values: [String: String]) -> (tree: JSONValue, missing: [String])
    {
        let names = variables(in: tree)
        if names.isEmpty { return (tree, []) }
        let filled = map(tree) { text in
            pieces(of: text).map { piece in
                switch piece {
                case .text(let text): text
                case .variable(let name): values[name] ?? Self.text(for: name)
                }
            }.joined()
        }
        return (filled, names.filter { values[$0] == nil })
    }

    private enum Piece {
        case text(String)
        case variable(String)
    }

    private static func collect(from tree: JSONValue, into names: inout Set<String>) {
        switch tree {
        case .string(let text):
            // Nearly every text is plain, and a look at its bytes tells.
            guard text.utf8.contains(UInt8(ascii: "{")) else { return }
            for case .variable(let name) in pieces(of: text) { names.insert(name) }
        case .array(let elements):
            for element in elements { collect(from: element, into: &names) }
        case .object(let object):
            for field in object { collect(from: field.value, into: &names) }
        case .null, .bool, .integer, .double: break
        }
    }

    private static func map(_ tree: JSONValue, _ transform: (String) -> String) -> JSONValue {
        switch tree {
        case .string(let text): .string(transform(text))
        case .array(let elements): .array(elements.map { map($0, transform) })
        case .object(let object):
            .object(JSONObject(object.map { ($0.key, map($0.value, transform)) }) { $1 })
        case .null, .bool, .integer, .double: tree
        }
    }

    private static func pieces(of text: String) -> [Piece] {
        var pieces: [Piece] = []
        var rest = Substring(text)
        while let opening = rest.firstRange(of: start), let closing = rest[opening.upperBound...].firstRange(of: end) {
            pieces.append(.text(String(rest[..<opening.lowerBound])))
            pieces.append(.variable(String(rest[opening.upperBound..<closing.lowerBound])))
            rest = rest[closing.upperBound...]
        }
        return pieces + [.text(String(rest))]
    }
}
