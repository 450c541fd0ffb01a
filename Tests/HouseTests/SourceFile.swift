import Foundation

/// A Swift file, split into words once for all rules.
struct SourceFile: Sendable {
    /// What a file is part of; the rules of the two differ.
    enum Area: Equatable {
        /// `Sources/<module>/…`
        case module(String)
        /// `Tests/…`
        case tests
        /// Anything else, such as `Package.swift`.
        case other
    }

    /// The path from the package's root.
    let path: String
    let text: String
    let tokens: [Token]
    let comments: [Comment]

    init(path: String, text: String) {
        self.path = path
        self.text = text
        let lexer = SwiftLexer(text)
        tokens = lexer.tokens
        comments = lexer.comments
    }

    var area: Area {
        let parts = path.split(separator: "/")
        return switch parts.first {
        case "Sources" where parts.count > 2: .module(String(parts[1]))
        case "Tests": .tests
        default: .other
        }
    }

    /// The module whose source this is, if it is one's.
    var module: String? {
        if case .module(let name) = area { name } else { nil }
    }

    /// The index after the bracket that closes the one at `index`; the end of the file where none does.
    func indexAfterBrackets(at index: Int) -> Int {
        var depth = 0
        for (position, token) in tokens[index...].enumerated() where token.kind == .symbol {
            switch token.text {
            case "(", "[", "{": depth += 1
            case ")", "]", "}": depth -= 1
            default: continue
            }
            if depth == 0 { return index + position + 1 }
        }
        return tokens.count
    }
}
