/// What hides a failure: forced tries, casts and unwraps, swallowed errors, unproven sendability, leftover notes.
struct SafetyRule: FileRule {
    let name = "safety"

    func violations(in file: SourceFile) -> [Violation] {
        guard file.module != nil else { return [] }
        return file.tokens.indices.compactMap { index in
            check(index, in: file).map { broken(file, file.tokens[index].line, $0, $1) }
        } + notes(in: file)
    }

    private func check(_ index: Int, in file: SourceFile) -> (String, String)? {
        switch file.tokens[index].text {
        case "catch": emptyCatch(index, in: file)
        case "unchecked", "nonisolated": unproven(index, in: file)
        case "precondition": silentPrecondition(index, in: file)
        case let text where text.hasPrefix("!"): force(index, in: file)
        default: nil
        }
    }

    // MARK: - Force

    /// An exclamation mark that touches an operand before it.
    private func force(_ index: Int, in file: SourceFile) -> (String, String)? {
        let token = file.tokens[index]
        guard token.kind == .symbol, !["!=", "!=="].contains(token.text), token.isAttached, index > 0 else {
            return nil
        }
        let before = file.tokens[index - 1]
        if before.isWord("try") { return ("`try!` turns an error into a crash", "Throw it, or handle it") }
        if before.isWord("as") {
            return ("`as!` turns a wrong type into a crash", "Use `as?` and handle the other case")
        }
        let isOperand = before.kind != .symbol || [")", "]", "}"].contains(before.text)
        return isOperand
            ? ("`\(before.text)!` unwraps by force", "Use `guard let`, or `precondition` with a message") : nil
    }

    // MARK: - Errors

    /// A `catch` that does nothing. One that names what it expects may do nothing for a reason that it states.
    private func emptyCatch(_ index: Int, in file: SourceFile) -> (String, String)? {
        guard file.tokens[index].kind == .identifier,
            let open = file.tokens[index...].prefix(48).firstIndex(where: { $0.isSymbol("{") }),
            open + 1 < file.tokens.count, file.tokens[open + 1].isSymbol("}")
        else { return nil }
        let body = file.tokens[open].line...file.tokens[open + 1].line
        let isExplained = open > index + 1 && file.comments.contains { body.contains($0.line) }
        return isExplained ? nil : ("an empty `catch` swallows the error", "Handle it, map it or let it through")
    }

    /// `precondition(x)` without the comma that its message stands behind.
    private func silentPrecondition(_ index: Int, in file: SourceFile) -> (String, String)? {
        guard file.tokens[index].kind == .identifier, index + 1 < file.tokens.count,
            file.tokens[index + 1].isSymbol("(")
        else { return nil }
        let end = file.indexAfterBrackets(at: index + 1)
        var position = index + 2
        while position < end {
            let token = file.tokens[position]
            if token.isSymbol(",") { return nil }
            let opens = token.isSymbol("(") || token.isSymbol("[") || token.isSymbol("{")
            position = opens ? file.indexAfterBrackets(at: position) : position + 1
        }
        return ("`precondition` without a message", "Say what must be true, and why")
    }

    // MARK: - Concurrency

    private func unproven(_ index: Int, in file: SourceFile) -> (String, String)? {
        let next = file.tokens.dropFirst(index + 1).prefix(2).map(\.text)
        let isUnchecked = file.tokens[index].isWord("unchecked") && next.first == "Sendable"
        let isUnsafe = file.tokens[index].isWord("nonisolated") && next == ["(", "unsafe"]
        guard isUnchecked || isUnsafe else { return nil }
        let line = file.tokens[index].line
        if file.comments.contains(where: { $0.line == line - 1 && $0.text.hasPrefix("// Safe because") }) { return nil }
        return ("the compiler's check is switched off without a reason", "Write `// Safe because …` on the line above")
    }

    // MARK: - Notes

    private func notes(in file: SourceFile) -> [Violation] {
        file.comments.filter { comment in
            comment.text.split { !$0.isLetter }.contains { ["TODO", "FIXME", "XXX"].contains($0) }
        }.map { broken(file, $0.line, "a leftover note", "Do it now, or open an issue and remove the note") }
    }

    private func broken(_ file: SourceFile, _ line: Int, _ message: String, _ instead: String) -> Violation {
        Violation(rule: name, path: file.path, line: line, message: message, instead: instead)
    }
}
