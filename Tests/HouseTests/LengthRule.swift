/// Functions, files and lines that are short enough to be read at once.
struct LengthRule: FileRule {
    let name = "length"
    var functionLines = 70
    var fileLines = 800
    var columns = 120

    func violations(in file: SourceFile) -> [Violation] { lines(of: file) + functions(of: file) }

    private func lines(of file: SourceFile) -> [Violation] {
        var found: [Violation] = []
        let lines = file.text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where line.count > columns {
            let width = String(Substring(line)).count
            if width > columns {
                found.append(broken(file, index + 1, "\(width) columns, \(columns) are allowed", "Break the line"))
            }
        }
        let count = file.text.hasSuffix("\n") ? lines.count - 1 : lines.count
        if count > fileLines {
            found.append(
                broken(file, 0, "\(count) lines, \(fileLines) are allowed", "Split the file by topic: Type+Topic.swift")
            )
        }
        return found
    }

    private func functions(of file: SourceFile) -> [Violation] {
        FunctionScanner.functions(in: file).filter { $0.lines > functionLines }.map {
            broken(
                file, $0.line, "`\($0.name)` has \($0.lines) lines, \(functionLines) are allowed",
                "Name its parts and move them out")
        }
    }

    private func broken(_ file: SourceFile, _ line: Int, _ message: String, _ instead: String) -> Violation {
        Violation(rule: name, path: file.path, line: line, message: message, instead: instead)
    }
}

/// Finds the bodies of functions, initialisers, subscripts and computed properties by their braces.
enum FunctionScanner {
    struct Function: Equatable {
        var name: String
        /// Where the declaration's keyword stands.
        var line: Int
        /// From that line to the closing brace.
        var lines: Int
    }

    static func functions(in file: SourceFile) -> [Function] {
        file.tokens.indices.compactMap { index in
            guard let brace = bodyStart(of: index, in: file) else { return nil }
            let end = file.indexAfterBrackets(at: brace)
            let first = file.tokens[index].line
            return Function(name: name(at: index, in: file), line: first, lines: file.tokens[end - 1].line - first + 1)
        }
    }

    private static func name(at index: Int, in file: SourceFile) -> String {
        let keyword = file.tokens[index].text
        guard keyword == "func" || keyword == "var", index + 1 < file.tokens.count else { return keyword }
        return file.tokens[index + 1].text
    }

    private static func bodyStart(of index: Int, in file: SourceFile) -> Int? {
        let token = file.tokens[index]
        guard token.kind == .identifier else { return nil }
        let isMember = index > 0 && file.tokens[index - 1].isSymbol(".")
        switch token.text {
        case "func", "init", "subscript": return isMember ? nil : bodyAfterSignature(index, in: file)
        case "deinit": return isMember ? nil : brace(after: index + 1, in: file) { _ in false }
        case "var": return brace(after: index + 1, in: file) { $0.line > token.line }
        default: return nil
        }
    }

    /// Skips the parameters, then looks for the brace; a requirement of a protocol has none before the next
    /// declaration.
    private static func bodyAfterSignature(_ index: Int, in file: SourceFile) -> Int? {
        guard
            let open = file.tokens[index...].firstIndex(where: {
                $0.isSymbol("(") || $0.isSymbol("{") || $0.isSymbol("}")
            }),
            file.tokens[open].isSymbol("(")
        else { return nil }
        return brace(after: file.indexAfterBrackets(at: open), in: file) { declarations.contains($0.text) }
    }

    private static let declarations: Set<String> = [
        "func", "init", "subscript", "var", "let", "case", "deinit", "typealias", "associatedtype", "struct", "enum",
        "class",
        "actor", "extension", "protocol", "public", "private", "fileprivate", "internal", "package", "static",
        "mutating",
    ]

    /// The next opening brace that is not inside other brackets, unless a token comes first that ends the declaration.
    private static func brace(after start: Int, in file: SourceFile, until stop: (Token) -> Bool) -> Int? {
        var index = start
        while index < file.tokens.count {
            let token = file.tokens[index]
            if token.isSymbol("{") { return index }
            if token.isSymbol("}") || token.isSymbol(";") || stop(token) { return nil }
            index = token.isSymbol("(") || token.isSymbol("[") ? file.indexAfterBrackets(at: index) : index + 1
        }
        return nil
    }
}
