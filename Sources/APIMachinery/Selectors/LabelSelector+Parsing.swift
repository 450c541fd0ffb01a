import CorbelAPI

extension LabelSelector {
    /// Reads the form of the query string, such as `a=b,c!=d,e in (x,y),f notin (z),g,!h`.
    ///
    /// - Throws: ``StatusError`` of reason `BadRequest`.
    public init(parsing text: String) throws {
        var parser = LabelSelectorParser(text)
        self.init(try parser.requirements())
    }
}

/// A recursive-descent parser: a requirement is read with one token of look-ahead.
private struct LabelSelectorParser {
    private enum Token: Equatable {
        case word(String)
        case symbol(String)
        case end
    }

    private let text: String
    private var rest: Substring.UnicodeScalarView

    init(_ text: String) {
        self.text = text
        rest = Substring(text).unicodeScalars
    }

    mutating func requirements() throws -> [LabelSelector.Requirement] {
        if peek() == .end { return [] }
        var result: [LabelSelector.Requirement] = []
        while true {
            result.append(try checked(try requirement()))
            switch next() {
            case .end: return result
            case .symbol(","): continue
            case let token: throw error("expected ',' or the end, found \(describe(token))")
            }
        }
    }

    private mutating func requirement() throws -> LabelSelector.Requirement {
        if peek() == .symbol("!") {
            _ = next()
            return .init(try word("a label's key after '!'"), .doesNotExist)
        }
        let key = try word("a label's key")
        switch peek() {
        case .end, .symbol(","): return .init(key, .exists)
        case .symbol("="), .symbol("=="):
            _ = next()
            return .init(key, .in, [value()])
        case .symbol("!="):
            _ = next()
            return .init(key, .notIn, [value()])
        case .word("in"):
            _ = next()
            return .init(key, .in, try values())
        case .word("notin"):
            _ = next()
            return .init(key, .notIn, try values())
        case let token:
            throw error("expected an operator (=, ==, !=, in, notin) after \"\(key)\", found \(describe(token))")
        }
    }

    private func checked(_ requirement: LabelSelector.Requirement) throws -> LabelSelector.Requirement {
        guard let problem = requirement.problems(at: "key \"\(requirement.key)\"").first else { return requirement }
        throw error(problem.description)
    }

    private mutating func word(_ what: String) throws -> String {
        guard case .word(let word) = next() else { throw error("expected \(what)") }
        return word
    }

    /// The value after `=`, which may be empty.
    private mutating func value() -> String {
        guard case .word(let word) = peek() else { return "" }
        _ = next()
        return word
    }

    private mutating func values() throws -> [String] {
        guard next() == .symbol("(") else { throw error("expected '(' before a set of values") }
        var values = Set([value()])
        while true {
            switch next() {
            case .symbol(","): values.insert(value())
            case .symbol(")"): return values.sorted()
            case let token: throw error("expected ',' or ')' in a set of values, found \(describe(token))")
            }
        }
    }

    private func peek() -> Token {
        var copy = self
        return copy.next()
    }

    private mutating func next() -> Token {
        rest = rest.drop { $0.properties.isWhitespace }
        guard let first = rest.first else { return .end }
        if Self.symbols.contains(first) {
            rest.removeFirst()
            guard (first == "=" || first == "!") && rest.first == "=" else { return .symbol(String(first)) }
            rest.removeFirst()
            return .symbol("\(first)=")
        }
        let word = rest.prefix { !Self.symbols.contains($0) && !$0.properties.isWhitespace }
        rest = rest.dropFirst(word.count)
        return .word(String(word))
    }

    private static let symbols: Set<Unicode.Scalar> = ["=", "!", "(", ")", ",", "<", ">"]

    private func describe(_ token: Token) -> String {
        switch token {
        case .word(let text), .symbol(let text): "'\(text)'"
        case .end: "the end"
        }
    }

    private func error(_ why: String) -> StatusError {
        StatusError(.badRequest, "unable to parse label selector \"\(text)\": \(why)")
    }
}
