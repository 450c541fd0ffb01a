import CorbelAPI

/// Compares the layers of two revisions.
struct LayerComparison {
    private let context: ImpactContext
    private let values: ValueDiff

    init(from old: ClusterRevision, to new: ClusterRevision) {
        context = ImpactContext(from: old, to: new)
        values = ValueDiff(changedSecrets: VariableDiff.changedSecrets(from: old, to: new))
    }

    func diff(from old: RevisionLayer?, to new: RevisionLayer) -> LayerDiff {
        guard let old else {
            let added = new.change("layer", from: nil, to: new.packTitle ?? new.name, FixedRule.layerAdded)
            return LayerDiff(.added, new, from: nil, to: new.packTitle, [added])
        }
        let changes =
            packChanges(old, new) + valueChanges(old, new) + manifestChanges(old, new) + settingChanges(old, new)
        return LayerDiff(
            changes.isEmpty ? .unchanged : .changed, new, from: old.packTitle, to: new.packTitle, changes)
    }

    private func packChanges(_ old: RevisionLayer, _ new: RevisionLayer) -> [RevisionChange] {
        if old.pack != new.pack {
            return [new.change("pack", from: old.packTitle, to: new.packTitle, context.ruleForPack(of: new.type))]
        }
        if old.packVersion != new.packVersion {
            let rule = context.ruleForVersion(of: new.type)
            return [new.change("version", from: old.packVersion, to: new.packVersion, rule)]
        }
        return []
    }

    private func valueChanges(_ old: RevisionLayer, _ new: RevisionLayer) -> [RevisionChange] {
        let differences = values.differences(from: old.values, to: new.values)
        if differences.isEmpty, old.valuesText != new.valuesText {
            return [new.change("values", from: nil, to: "the same values, written otherwise", FixedRule.text)]
        }
        return differences.map { difference in
            let rule = context.rule(for: difference.path, in: new)
            return new.change(difference.path.description, from: difference.from, to: difference.to, rule)
        }
    }

    /// One change an object: what differs in it stands in `from` and `to`, by path.
    private func manifestChanges(_ old: RevisionLayer, _ new: RevisionLayer) -> [RevisionChange] {
        let before = Dictionary(old.manifests.map { ($0.key, $0) }) { $1 }
        let after = Dictionary(new.manifests.map { ($0.key, $0) }) { $1 }
        return Set(before.keys).union(after.keys).sorted().compactMap { key in
            let differences = values.differences(from: before[key]?.json, to: after[key]?.json)
            guard !differences.isEmpty else { return nil }
            func side(_ object: Unstructured?, _ value: KeyPath<ValueDifference, JSONValue?>) -> JSONValue? {
                guard object != nil else { return nil }
                let shown = differences.compactMap { difference in
                    difference[keyPath: value].map { (difference.path.description, $0) }
                }
                return .object(JSONObject(shown) { $1 })
            }
            let exists = before[key] != nil && after[key] != nil
            return new.change(
                "manifests/\(key)", from: exists ? side(before[key], \.from) : before[key].map { _ in "present" },
                to: exists ? side(after[key], \.to) : after[key].map { _ in "present" }, FixedRule.manifest)
        }
    }

    private func settingChanges(_ old: RevisionLayer, _ new: RevisionLayer) -> [RevisionChange] {
        var changes: [RevisionChange] = []
        if old.readyToProceed.map(\.json) != new.readyToProceed.map(\.json) {
            changes.append(
                new.change(
                    "readyToProceed", from: JSONValue(old.readyToProceed.map(\.name)),
                    to: JSONValue(new.readyToProceed.map(\.name)), FixedRule.gate))
        }
        if old.installPriority != new.installPriority {
            changes.append(
                new.change(
                    "installPriority", from: JSONValue(old.installPriority), to: JSONValue(new.installPriority),
                    FixedRule.order))
        }
        return changes
    }
}

/// Compares the variables of two revisions.
enum VariableDiff {
    private struct Key: Hashable, Comparable {
        var profile: String
        var name: String
        static func < (left: Key, right: Key) -> Bool { (left.profile, left.name) < (right.profile, right.name) }
    }

    static func changes(from old: ClusterRevision?, to new: ClusterRevision) -> [VariableChange] {
        let before = byKey(old?.variables ?? [])
        let after = byKey(new.variables)
        return Set(before.keys).union(after.keys).sorted().compactMap { key in
            guard before[key]?.value != after[key]?.value || before[key]?.secret != after[key]?.secret else {
                return nil
            }
            return VariableChange(
                profile: key.profile, name: key.name, from: before[key].flatMap(shown), to: after[key].flatMap(shown))
        }
    }

    /// The sensitive variables whose value now comes from another Secret, or another entry of it.
    static func changedSecrets(from old: ClusterRevision, to new: ClusterRevision) -> Set<String> {
        let before = byKey(old.variables)
        return Set(
            new.variables.filter {
                $0.secret != nil && before[Key(profile: $0.profile, name: $0.name)]?.secret != $0.secret
            }
            .map(\.name))
    }

    private static func byKey(_ variables: [RevisionVariable]) -> [Key: RevisionVariable] {
        Dictionary(variables.map { (Key(profile: $0.profile, name: $0.name), $0) }) { $1 }
    }

    private static func shown(_ variable: RevisionVariable) -> JSONValue? {
        variable.secret == nil ? variable.value : .string(RevisionDiff.mask)
    }
}
