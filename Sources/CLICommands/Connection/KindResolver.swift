import CorbelAPI

/// From the words that people use to the kinds that the server serves: plurals, singulars, short names, kinds, with
/// or without group.
struct KindResolver: Sendable {
    private let definitions: [ResourceDefinition]

    /// Where a word means kinds of several groups, the core group goes first, then Corbel's, then the others by name.
    init(_ registry: ResourceRegistry) {
        func rank(_ definition: ResourceDefinition) -> (Int, String, String) {
            let groupRank = definition.group == APIGroup.core ? 0 : definition.group == APIGroup.corbel ? 1 : 2
            return (groupRank, definition.group, definition.plural)
        }
        definitions = registry.definitions.sorted { rank($0) < rank($1) }
    }

    /// The kind that a word such as `ec`, `edgeclusters`, `EdgeCluster` or `deployments.apps` means.
    func resolve(_ word: String) throws -> ResourceDefinition {
        let lower = word.lowercased()
        let parts = lower.split(separator: ".", maxSplits: 1).map(String.init)
        let name = parts.first ?? ""
        let group = parts.count == 2 ? parts[1] : nil
        let candidates = definitions.filter { definition in
            group.map { $0 == definition.group || $0 == "\(definition.version).\(definition.group)" } ?? true
        }
        let found =
            candidates.first { $0.plural == name } ?? candidates.first { $0.singular == name }
            ?? candidates.first { $0.shortNames.contains(name) }
        guard let found else { throw unknown(word) }
        return found
    }

    /// The kind of an object that names its `apiVersion` and `kind`.
    func resolve(_ object: Unstructured) throws -> ResourceDefinition {
        if let found = definitions.first(where: { $0.groupVersion == object.groupVersion && $0.kind == object.kind }) {
            return found
        }
        if let other = definitions.first(where: { $0.groupKind == object.groupKind }) {
            throw CommandFailure(
                "the server does not serve \(object.kind) as \(object.apiVersion)",
                hint: "write apiVersion: \(other.groupVersion)")
        }
        let sameKind = definitions.first { $0.kind.lowercased() == object.kind.lowercased() }
        throw CommandFailure(
            "the server has no kind \(object.kind) in \(object.apiVersion)",
            hint: sameKind.map { "did you mean kind \($0.kind) of \($0.groupVersion)?" } ?? unknown(object.kind).hint)
    }

    private func unknown(_ word: String) -> CommandFailure {
        let lower = String(word.lowercased().prefix { $0 != "." })
        // Of a short word every other short word is near.
        let limit = min(2, lower.count / 3)
        let near = definitions.filter { definition in
            [definition.plural, definition.singular].contains { lower.editDistance(to: $0) <= limit }
        }
        let hint =
            near.isEmpty
            ? "the server has \(definitions.map(\.plural).joined(separator: ", "))"
            : "did you mean \(near.map(\.plural).joined(separator: " or "))?"
        return CommandFailure("the server has no kind \"\(word)\"", hint: hint)
    }
}

extension String {
    /// How many letters must be inserted, removed or replaced to get from one word to the other (Levenshtein). Words
    /// of a command line are short.
    func editDistance(to other: String) -> Int {
        let target = Array(other)
        var row = Array(0...target.count)
        for (index, letter) in prefix(64).enumerated() {
            var previous = row[0]
            row[0] = index + 1
            for column in target.indices {
                let replaced = previous + (target[column] == letter ? 0 : 1)
                previous = row[column + 1]
                row[column + 1] = Swift.min(replaced, previous + 1, row[column] + 1)
            }
        }
        return row[target.count]
    }
}
