/// Splits Swift source into words, so that no rule mistakes a comment or the inside of a literal for code.
///
/// It knows nested comments, raw and multi-line strings, interpolations (whose code is code) and regex literals. It is
/// no parser: it never fails, and what does not compile gets some reading or other.
struct SwiftLexer {
    private let bytes: [UInt8]
    private var offset = 0
    private var line = 1
    private var endOfLastToken = -1
    private(set) var tokens: [Token] = []
    private(set) var comments: [Comment] = []

    init(_ text: String) {
        bytes = Array(text.utf8)
        while offset < bytes.count { step() }
    }

    private func peek(_ distance: Int = 0) -> UInt8 {
        let index = offset + distance
        return index < bytes.count ? bytes[index] : 0
    }

    private mutating func step() {
        let byte = bytes[offset]
        if byte == .newline {
            line += 1
            offset += 1
        } else if byte.isSpace {
            offset += 1
        } else if byte == .slash && peek(1) == .slash {
            lineComment()
        } else if byte == .slash && peek(1) == .star {
            blockComment()
        } else if byte == .quote {
            string(hashes: 0)
        } else if byte == .hash {
            afterHash()
        } else if byte.isWord || byte == .backtick {
            word()
        } else if byte == .slash && isRegexAhead {
            regex(hashes: 0)
        } else {
            symbol()
        }
    }

    private mutating func append(_ kind: Token.Kind, from start: Int) {
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        tokens.append(Token(kind: kind, text: text, line: line, isAttached: start == endOfLastToken))
        endOfLastToken = offset
    }
}

// MARK: - Words and symbols

extension SwiftLexer {
    private mutating func word() {
        if bytes[offset] == .backtick { return quotedWord() }
        let start = offset
        let isNumber = bytes[start].isDigit
        while peek().isWord || (isNumber && peek() == .dot && peek(1).isDigit) { offset += 1 }
        append(isNumber ? .number : .identifier, from: start)
    }

    /// An identifier between backticks: never a keyword, hence kept with them.
    private mutating func quotedWord() {
        let start = offset
        offset += 1
        while offset < bytes.count, bytes[offset] != .backtick, bytes[offset] != .newline { offset += 1 }
        offset = min(offset + 1, bytes.count)
        append(.identifier, from: start)
    }

    private mutating func symbol() {
        let start = offset
        offset += 1
        if bytes[start].isOperator {
            while peek().isOperator, !(peek() == .slash && peek(1).startsComment) { offset += 1 }
        }
        append(.symbol, from: start)
    }

    /// `#if`, `#filePath`, a raw string or an extended regex literal.
    private mutating func afterHash() {
        var hashes = 1
        while peek(hashes) == .hash { hashes += 1 }
        switch peek(hashes) {
        case .quote: string(hashes: hashes)
        case .slash: regex(hashes: hashes)
        default: symbol()
        }
    }
}

// MARK: - Comments

extension SwiftLexer {
    private mutating func lineComment() {
        let start = offset
        while offset < bytes.count, bytes[offset] != .newline { offset += 1 }
        appendComment(from: start)
    }

    private mutating func blockComment() {
        var start = offset
        var depth = 0
        repeat {
            if peek() == .slash && peek(1) == .star {
                depth += 1
                offset += 2
            } else if peek() == .star && peek(1) == .slash {
                depth -= 1
                offset += 2
            } else if peek() == .newline {
                appendComment(from: start)
                line += 1
                offset += 1
                start = offset
            } else {
                offset += 1
            }
        } while depth > 0 && offset < bytes.count
        offset = min(offset, bytes.count)
        appendComment(from: start)
    }

    private mutating func appendComment(from start: Int) {
        comments.append(Comment(text: String(decoding: bytes[start..<offset], as: UTF8.self), line: line))
    }
}

// MARK: - Literals

extension SwiftLexer {
    private mutating func string(hashes: Int) {
        let index = tokens.count
        let start = offset
        offset += hashes
        let quotes = peek(1) == .quote && peek(2) == .quote ? 3 : 1
        offset += quotes
        append(.string, from: start)
        var text: [UInt8] = []
        while offset < bytes.count, !isClosing(quotes: quotes, hashes: hashes) {
            if isEscape(hashes: hashes) {
                escape(hashes: hashes)
            } else {
                if bytes[offset] == .newline { line += 1 }
                text.append(bytes[offset])
                offset += 1
            }
        }
        offset = min(offset + quotes + hashes, bytes.count)
        tokens[index].text = String(decoding: text, as: UTF8.self)
        endOfLastToken = offset
    }

    private func isClosing(quotes: Int, hashes: Int) -> Bool {
        (0..<quotes).allSatisfy { peek($0) == .quote } && (0..<hashes).allSatisfy { peek(quotes + $0) == .hash }
    }

    private func isEscape(hashes: Int) -> Bool {
        bytes[offset] == .backslash && (0..<hashes).allSatisfy { peek(1 + $0) == .hash }
    }

    /// Steps over an escape; the code of an interpolation becomes tokens, between its parentheses.
    private mutating func escape(hashes: Int) {
        offset += 1 + hashes
        guard peek() == .leftParenthesis else {
            if peek() == .newline { line += 1 }
            offset = min(offset + 1, bytes.count)
            return
        }
        var depth = 0
        repeat {
            if bytes[offset] == .leftParenthesis { depth += 1 }
            if bytes[offset] == .rightParenthesis { depth -= 1 }
            step()
        } while depth > 0 && offset < bytes.count
    }

    /// Whether the slash at hand opens a regex literal: it stands where an expression starts, something follows it at
    /// once, and the line closes it.
    private var isRegexAhead: Bool {
        guard !peek(1).isSpace, peek(1) != .newline else { return false }
        if let last = tokens.last, last.line == line {
            let isOperand = last.kind != .symbol || [")", "]", "}"].contains(last.text)
            if isOperand && !["return", "case", "in", "where", "try", "if", "else"].contains(last.text) {
                return false
            }
        }
        var index = offset + 1
        while index < bytes.count, bytes[index] != .newline {
            if bytes[index] == .slash { return true }
            index += bytes[index] == .backslash ? 2 : 1
        }
        return false
    }

    private mutating func regex(hashes: Int) {
        let start = offset
        offset += hashes + 1
        while offset < bytes.count {
            if peek() == .slash && (0..<hashes).allSatisfy({ peek(1 + $0) == .hash }) { break }
            if peek() == .newline { line += 1 }
            offset += peek() == .backslash ? 2 : 1
        }
        offset = min(offset + 1 + hashes, bytes.count)
        append(.string, from: start)
        tokens[tokens.count - 1].text = ""
    }
}

// MARK: - Characters

extension UInt8 {
    fileprivate static let newline = UInt8(ascii: "\n")
    fileprivate static let quote = UInt8(ascii: "\"")
    fileprivate static let hash = UInt8(ascii: "#")
    fileprivate static let slash = UInt8(ascii: "/")
    fileprivate static let star = UInt8(ascii: "*")
    fileprivate static let backslash = UInt8(ascii: "\\")
    fileprivate static let backtick = UInt8(ascii: "`")
    fileprivate static let dot = UInt8(ascii: ".")
    fileprivate static let leftParenthesis = UInt8(ascii: "(")
    fileprivate static let rightParenthesis = UInt8(ascii: ")")

    fileprivate var isSpace: Bool { self == 0x20 || self == 0x09 || self == 0x0D }

    fileprivate var isDigit: Bool { self >= 0x30 && self <= 0x39 }

    fileprivate var isWord: Bool {
        let lower = self | 0x20
        return (lower >= 0x61 && lower <= 0x7A) || isDigit || self == 0x5F || self == 0x24 || self >= 0x80
    }

    fileprivate var isOperator: Bool {
        switch self {
        case UInt8(ascii: "/"), UInt8(ascii: "="), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "!"),
            UInt8(ascii: "*"), UInt8(ascii: "%"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"),
            UInt8(ascii: "|"), UInt8(ascii: "^"), UInt8(ascii: "~"), UInt8(ascii: "?"):
            true
        default: false
        }
    }

    fileprivate var startsComment: Bool { self == .slash || self == .star }
}
