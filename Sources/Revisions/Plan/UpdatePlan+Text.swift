import CorbelAPI

extension UpdatePlan {
    /// The plan for people, as `corbel plan` prints it: lines without colours, each ending with a line break.
    public var text: String {
        let sections =
            [header, layerLines, variableLines, hostLines, list("Warnings", warnings.map(\.message))]
            + [list("Cannot be undone", irreversible), list("Downtime", downtime.map { [$0] } ?? [])]
        return sections.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
    }

    private var header: [String] {
        let revisions = fromRevision.map { "\($0) -> \(toRevision)" } ?? "\(toRevision) (new cluster)"
        let title = "Cluster \(clusterName): \(revisions)"
        return hasChanges ? [title, "Impact: \(impact.rawValue), \(effect)"] : [title, "No changes."]
    }

    /// After a rollout that stopped halfway, hosts may be left out that need nothing.
    private var effect: String {
        let touched = hosts.filter(\.impact.touchesHosts).map(\.host.name)
        guard impact.touchesHosts, touched.count < hosts.count else { return impact.effect }
        return touched.isEmpty
            ? "and no host needs it" : "of \(touched.joined(separator: ", ")); the other hosts need nothing"
    }

    private var layerLines: [String] {
        diff.layers.filter { $0.kind != .unchanged }.flatMap { layer in
            [
                "\(sign(layer.kind)) \(layer.layer) (\(layer.type.rawValue), profile "
                    + "\(layer.profile)): \(layer.impact.rawValue)"
            ]
                + layer.changes.flatMap(lines)
        }
    }

    private func sign(_ kind: LayerDiff.Kind) -> String {
        switch kind {
        case .added: "+"
        case .removed: "-"
        case .changed, .unchanged: "~"
        }
    }

    private func lines(_ change: RevisionChange) -> [String] {
        let touched = hosts(touchedBy: change)
        let isWhole = change.impact.touchesHosts && touched.count == hosts.count
        let scope = isWhole ? "all hosts" : touched.isEmpty ? "no host" : touched.joined(separator: ", ")
        return [
            "    \(change.path): \(shown(change.from)) -> \(shown(change.to))",
            "        \(change.impact.rawValue), \(scope); rule \(change.rule.id) (\(change.rule.source))",
        ]
    }

    private var variableLines: [String] {
        list("Variables", diff.variables.map { "\($0.name): \(shown($0.from)) -> \(shown($0.to))" })
    }

    private var hostLines: [String] {
        guard !hosts.isEmpty else { return [] }
        return ["Hosts, in order:"]
            + hosts.enumerated().map { index, entry in
                "    \(index + 1). \(entry.host.name) (\(entry.host.role.rawValue), pool "
                    + "\(entry.host.pool)): \(entry.impact.rawValue)"
            }
    }

    private func list(_ title: String, _ items: [String]) -> [String] {
        items.isEmpty ? [] : ["\(title):"] + items.map { "    \($0)" }
    }

    private func shown(_ value: JSONValue?) -> String {
        guard let value else { return "none" }
        let text = value.stringValue.map { $0.contains("\n") ? value.encodedText : $0 } ?? value.encodedText
        return text.count <= 120 ? text : "\(text.prefix(117))..."
    }
}
