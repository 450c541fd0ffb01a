import CorbelAPI

/// One value that differs between two trees.
struct ValueDifference {
    var path: ValuePath
    var from: JSONValue?
    var to: JSONValue?
}

/// The difference of two trees of values, as single values in the order of their paths.
///
/// Lists of one length are compared element by element; of others the whole list has changed, because an insertion
/// would make every later element look changed.
struct ValueDiff {
    /// Sensitive variables whose Secret is another: a text that holds one has changed although it reads the same.
    var changedSecrets: Set<String> = []

    func differences(from old: JSONValue?, to new: JSONValue?) -> [ValueDifference] {
        // Most of two revisions is the same, and equal trees are told quickly.
        if changedSecrets.isEmpty, old == new { return [] }
        var found: [ValueDifference] = []
        compare(old, new, at: ValuePath(), into: &found)
        return found
    }

    private func compare(_ old: JSONValue?, _ new: JSONValue?, at path: ValuePath, into found: inout [ValueDifference])
    {
        switch (old, new) {
        case (.object(let old)?, .object(let new)?):
            compareFields(old, new, at: path, into: &found)
        case (.object(let old)?, nil) where !old.isEmpty:
            compareFields(old, [:], at: path, into: &found)
        case (nil, .object(let new)?) where !new.isEmpty:
            compareFields([:], new, at: path, into: &found)
        case (.array(let old)?, .array(let new)?) where old.count == new.count:
            for (index, pair) in zip(old, new).enumerated() {
                compare(pair.0, pair.1, at: path.index(index), into: &found)
            }
        default:
            if old != new || SecretPlaceholder.variables(in: new ?? .null).contains(where: changedSecrets.contains) {
                found.append(ValueDifference(path: path, from: old, to: new))
            }
        }
    }

    private func compareFields(
        _ old: JSONObject, _ new: JSONObject, at path: ValuePath, into found: inout [ValueDifference]
    ) {
        for key in Set(old.keys + new.keys).sorted() {
            compare(old[key], new[key], at: path.field(key), into: &found)
        }
    }
}
