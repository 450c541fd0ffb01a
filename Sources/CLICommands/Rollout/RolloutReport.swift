import APIMachinery
import CorbelAPI
import Revisions

/// How far an update is, for people and for programs.
struct RolloutReport: Sendable {
    let update: ClusterUpdate
    let now: Timestamp

    /// `{update, cluster, fromRevision, toRevision, phase, impact, approved, attempt, updatedHosts, totalHosts,
    /// hosts: [{name, phase, since?, ageSeconds?, message?}], waits: […], forecast?,
    /// calibration?}`. The forecast is the update's own.
    var json: JSONValue {
        var json: JSONValue = [
            "update": .string(update.name), "cluster": .string(update.clusterName),
            "fromRevision": .string(update.fromRevision), "toRevision": .string(update.toRevision),
            "phase": .string(update.phase.rawValue), "impact": .string(update.plannedImpact.rawValue),
            "approved": .bool(update.isApproved), "attempt": JSONValue(update.attempt),
            "updatedHosts": update.json["status", "updatedHosts"] ?? 0,
            "totalHosts": update.json["status", "totalHosts"] ?? JSONValue(update.plannedHosts.count),
            "hosts": .array(update.hostEntries.map(json)),
            "waits": .array(WaitReason.all(of: update).map { $0.json(now: now) }),
        ]
        json["forecast"] = update.forecast
        json["calibration"] = ForecastCalibration(of: update)?.json
        return json
    }

    private func json(_ host: HostEntry) -> JSONValue {
        var json: JSONValue = ["name": .string(host.name), "phase": .string(host.phase)]
        json["since"] = host.since.map { .string($0.rfc3339) }
        json["ageSeconds"] = host.since.map { .integer(max(0, (now - $0).components.seconds)) }
        if !host.message.isEmpty { json["message"] = .string(host.message) }
        return json
    }

    var text: String {
        let header = """
            Update \(update.name) of \(update.clusterName): \(update.phase.rawValue)
            \(update.fromRevision) -> \(update.toRevision), impact \(update.plannedImpact.rawValue)

            """
        let forecast = ForecastText(update: update)
        let sentence = forecast.sentence.map { "Forecast: \($0)\n" } ?? ""
        return header + sentence + hostTable + waits + forecast.calibration
    }

    private var hostTable: String {
        let entries = update.hostEntries
        let rows =
            entries.isEmpty
            ? update.plannedHosts.map { [$0.host.name, "Planned", "", $0.impact.rawValue] }
            : entries.map {
                [$0.name, $0.phase, $0.since.map { HumanDuration.text(max(now - $0, .zero)) } ?? "", $0.message]
            }
        return rows.isEmpty ? "" : "\n" + TextTable(["Host", "Phase", "For", "Message"], rows).text
    }

    private var waits: String {
        let waits = WaitReason.all(of: update).flatMap { $0.lines(now: now) }
        return waits.isEmpty ? "" : "\nWaits for:\n" + waits.map { "  \($0)\n" }.joined()
    }
}
