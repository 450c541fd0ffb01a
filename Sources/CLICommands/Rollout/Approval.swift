import CorbelAPI
import Revisions

/// The approval of exactly one revision.
struct Approval: Sendable {
    var by: String
    var time: Timestamp
    var allowsDowntime: Bool

    /// The merge patch that approves an update; `nil` where it is approved already.
    ///
    /// - Throws: ``CommandFailure`` for an update that cannot be approved, or not without naming its downtime.
    func patch(_ update: ClusterUpdate) throws -> JSONValue? {
        guard !update.isFinal else {
            throw CommandFailure(
                "the update \(update.name) is \(update.phase.rawValue): there is nothing to approve",
                hint: "`corbel plan \(update.clusterName)` shows whether anything is to change")
        }
        if let downtime = update.plan["downtime"]?.stringValue, !allowsDowntime {
            throw CommandFailure(
                "the update \(update.name) means downtime: \(downtime)", hint: "approve that too with --downtime")
        }
        guard !update.isApproved else { return nil }
        return [
            "spec": [
                "approval": [
                    "approved": true, "revision": .string(update.toRevision), "by": .string(by),
                    "time": .string(time.rfc3339), "downtime": .bool(allowsDowntime),
                ]
            ]
        ]
    }
}

/// The plan of an update, for the eyes of the one who approves it.
struct ApprovalPreview: Sendable {
    let update: ClusterUpdate

    var lines: [String] {
        let plan = update.plan
        let layers = (plan["layers"]?.arrayValue ?? []).flatMap { layer -> [String] in
            let name = layer["layer"]?.stringValue ?? ""
            let impact = layer["impact"]?.stringValue ?? ""
            return ["  \(name): \(layer["change"]?.stringValue ?? "") (\(impact))"]
                + (layer["changes"]?.arrayValue ?? []).map { change in
                    "    \(change["path"]?.stringValue ?? ""): \(change["impact"]?.stringValue ?? ""), "
                        + "rule \(change["rule", "id"]?.stringValue ?? "")"
                }
        }
        let hosts = update.plannedHosts.map(\.host.name).joined(separator: ", ")
        let title =
            "\(update.name): \(update.plannedImpact.rawValue)" + (hosts.isEmpty ? "" : "; hosts in order: \(hosts)")
        return [title] + layers + sentences("cannot be undone", plan["irreversible"]?.stringList ?? [])
            + sentences("downtime", [plan["downtime"]?.stringValue].compactMap(\.self))
            + sentences("forecast", [ForecastText(update: update).sentence].compactMap(\.self))
    }

    private func sentences(_ title: String, _ sentences: [String]) -> [String] { sentences.map { "  \(title): \($0)" } }
}
