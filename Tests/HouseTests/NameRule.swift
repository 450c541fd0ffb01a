/// Names that say what a thing is. A drawer for everything says nothing.
struct NameRule: FileRule {
    let name = "name"

    private static let drawers = [
        "Util", "Utils", "Utility", "Utilities", "Helper", "Helpers", "Manager", "Managers", "Extra", "Extras",
    ]

    private static let keywords: Set<String> = ["struct", "class", "enum", "actor", "protocol", "typealias"]

    func violations(in file: SourceFile) -> [Violation] {
        paths(of: file) + types(of: file)
    }

    private func paths(of file: SourceFile) -> [Violation] {
        let words = file.path.split { "/+.".contains($0) }
        return words.filter { Self.isDrawer(String($0)) }.map { broken(file, 0, String($0)) }
    }

    private func types(of file: SourceFile) -> [Violation] {
        file.tokens.indices.dropLast().compactMap { index in
            let name = file.tokens[index + 1]
            guard file.tokens[index].kind == .identifier, Self.keywords.contains(file.tokens[index].text),
                name.kind == .identifier, Self.isDrawer(name.text)
            else { return nil }
            return broken(file, name.line, name.text)
        }
    }

    private static func isDrawer(_ name: String) -> Bool { drawers.contains { name.hasSuffix($0) } }

    private func broken(_ file: SourceFile, _ line: Int, _ word: String) -> Violation {
        Violation(
            rule: name, path: file.path, line: line, message: "`\(word)` is a drawer, not a name",
            instead: "Name it after what it does, and split it where that takes more than one name")
    }
}
