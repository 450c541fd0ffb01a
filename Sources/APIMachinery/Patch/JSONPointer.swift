import CorbelAPI

/// A JSON Pointer (RFC 6901): the place of one value within a document.
public struct JSONPointer: Sendable, Hashable {
    /// The unescaped steps from the root; empty for the whole document.
    public var tokens: [String]

    public init(tokens: [String]) { self.tokens = tokens }

    /// Reads `/spec/pools/0/name`.
    ///
    /// - Throws: ``StatusError`` of reason `BadRequest`.
    public init(_ text: String) throws {
        guard !text.isEmpty else {
            tokens = []
            return
        }
        guard text.hasPrefix("/") else {
            throw StatusError(.badRequest, "JSON pointer \"\(text)\" is invalid: it must be empty or start with \"/\"")
        }
        tokens = try text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map { token in
            guard let unescaped = Self.unescape(token) else {
                throw StatusError(.badRequest, "JSON pointer \"\(text)\" is invalid: \"~\" must be followed by 0 or 1")
            }
            return unescaped
        }
    }

    /// Whether `other` lies within the value that this pointer names.
    func contains(_ other: JSONPointer) -> Bool { other.tokens.starts(with: tokens) }

    private static func unescape(_ token: Substring) -> String? {
        guard token.utf8.contains(UInt8(ascii: "~")) else { return String(token) }
        var result = String.UnicodeScalarView()
        var scalars = token.unicodeScalars.makeIterator()
        while let scalar = scalars.next() {
            guard scalar == "~" else {
                result.append(scalar)
                continue
            }
            switch scalars.next() {
            case "0": result.append("~")
            case "1": result.append("/")
            default: return nil
            }
        }
        return String(result)
    }
}

extension JSONPointer: CustomStringConvertible {
    /// The escaped form that ``init(_:)`` reads.
    public var description: String {
        tokens.map { token in
            "/"
                + token.unicodeScalars.reduce(into: "") { text, scalar in
                    switch scalar {
                    case "~": text += "~0"
                    case "/": text += "~1"
                    default: text.unicodeScalars.append(scalar)
                    }
                }
        }.joined()
    }
}
