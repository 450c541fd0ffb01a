/// Holds `docs/modules.md` to `Sources`: one paragraph for every module, none for another.
struct ModulesPageRule: HouseRule {
    let name = "modules-page"

    private static let path = "docs/modules.md"

    func violations(in house: House) -> [Violation] {
        guard let text = house.text(Self.path) else { return [broken(0, "the page is missing", "Write it")] }
        let sections = Self.sections(of: text)
        let missing = house.modules.subtracting(sections.map(\.module)).sorted().map {
            broken(0, "\($0) has no paragraph", "Write one under ### `\($0)`")
        }
        return missing + judge(sections, house)
    }

    private func judge(_ sections: [(module: String, line: Int, hasText: Bool)], _ house: House) -> [Violation] {
        var seen: Set<String> = []
        return sections.compactMap { section in
            if !seen.insert(section.module).inserted {
                return broken(section.line, "\(section.module) stands here twice", "Merge the two")
            }
            if !house.modules.contains(section.module) {
                return broken(section.line, "\(section.module) is not in Sources", "Remove it until it exists")
            }
            return section.hasText
                ? nil : broken(section.line, "\(section.module) has no text", "Say what it does and why it is apart")
        }
    }

    /// The headings of the form ### `Module`, and whether a paragraph follows each.
    private static func sections(of text: String) -> [(module: String, line: Int, hasText: Bool)] {
        var sections: [(module: String, line: Int, hasText: Bool)] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.hasPrefix("### `"), line.hasSuffix("`") {
                sections.append((String(line.dropFirst(5).dropLast()), index + 1, false))
            } else if !line.isEmpty, !line.hasPrefix("#"), let last = sections.indices.last {
                sections[last].hasText = true
            }
        }
        return sections
    }

    private func broken(_ line: Int, _ message: String, _ instead: String) -> Violation {
        Violation(rule: name, path: Self.path, line: line, message: message, instead: instead)
    }
}
