/// Files that speak of the project alone: no path of the machine that somebody happened to work on.
struct PlaceRule: HouseRule {
    let name = "place"

    /// Absolute paths that only one machine has.
    private static let workplaces = ["/workspace/", "/root/", "/Users/"]
    /// Paths that may stand in a page as an example, but in nothing that runs.
    private static let scratch = ["/tmp/"]

    func violations(in house: House) -> [Violation] {
        let sources = house.sources.filter { $0.area != .tests }.map { ($0.path, $0.text) }
        let texts = house.texts.filter { !$0.path.hasPrefix("Tests/") }.map { ($0.path, $0.text) }
        return (sources + texts).flatMap { path, text in
            judge(path, text, path.hasSuffix(".md") ? Self.workplaces : Self.workplaces + Self.scratch)
        }
    }

    private func judge(_ path: String, _ text: String, _ banned: [String]) -> [Violation] {
        let suspects = banned.filter { text.contains($0) }
        if suspects.isEmpty { return [] }
        return text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().flatMap { index, line in
            suspects.filter { Self.starts($0, in: line) }.map {
                Violation(
                    rule: name, path: path, line: index + 1, message: "`\($0)` is a place on somebody's machine",
                    instead: "Take the path as a parameter, or write it relative to the package")
            }
        }
    }

    /// Whether a path in the line begins so. `/run/overlay/workspace/` is a path of its own.
    private static func starts(_ prefix: String, in line: Substring) -> Bool {
        line.ranges(of: prefix).contains { range in
            guard range.lowerBound > line.startIndex else { return true }
            let before = line[line.index(before: range.lowerBound)]
            return !(before.isLetter || before.isNumber || "/._-)}$".contains(before))
        }
    }
}
