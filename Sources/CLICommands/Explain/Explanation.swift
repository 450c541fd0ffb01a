import APIMachinery
import CorbelAPI
import Revisions

/// Why something is as it is: its state in one sentence, what is wrong, and what it waits for (law 9 of the design).
struct Explanation: Sendable {
    /// After so long without a report, what is shown of a site is old news.
    static let reportLimit = Duration.seconds(300)

    var kind: String
    var name: String
    var summary: String
    /// When the site last reported; absent where nothing comes from a site.
    var lastReport: Timestamp?
    var findings: [String]
    var waits: [WaitReason]
    let now: Timestamp

    init(_ cluster: EdgeCluster, updates: [ClusterUpdate], now: Timestamp) {
        let judgement = ClusterJudgement(cluster)
        self.now = now
        kind = "EdgeCluster"
        name = cluster.name
        let hosts = "\(judgement.readyHosts) of \(judgement.wantedHosts) hosts are ready"
        summary = "\(cluster.name) is \(cluster.phase.rawValue); \(hosts); health \(judgement.health)"
        lastReport = cluster.json["status", "lastReport"]?.stringValue.flatMap(Timestamp.init(rfc3339:))
        findings = (cluster.json["status", "health", "reasons"]?.arrayValue ?? []).map { reason in
            "\(reason["level"]?.stringValue ?? "Unknown"): \(reason["message"]?.stringValue ?? "")"
        }
        let own = WaitReason.all(of: cluster)
        let known = Set(own.map(\.message))
        waits = own + updates.filter { !$0.isFinal }.flatMap(WaitReason.all).filter { !known.contains($0.message) }
    }

    init(_ update: ClusterUpdate, now: Timestamp) {
        self.now = now
        kind = "ClusterUpdate"
        name = update.name
        summary = RolloutReport.sentence(update)
        let forecast = update.awaitsApproval ? ForecastText(update: update).sentence.map { "forecast: \($0)" } : nil
        findings =
            [update.condition("Halted")].compactMap(\.self).filter { $0.status == .isTrue }.map(\.message)
            + [forecast].compactMap(\.self)
        waits = WaitReason.all(of: update)
    }

    private var silence: Duration? {
        lastReport.map { now - $0 }.flatMap { $0 > Self.reportLimit ? $0 : nil }
    }

    /// `{kind, name, summary, lastReport?, lastReportAgeSeconds?, findings: [text], waits: [{reason, message, on?,
    /// since?, ageSeconds?, unblockedBy}]}`.
    var json: JSONValue {
        var json: JSONValue = [
            "kind": .string(kind), "name": .string(name), "summary": .string(summary), "findings": JSONValue(findings),
            "waits": .array(waits.map { $0.json(now: now) }),
        ]
        json["lastReport"] = lastReport.map { .string($0.rfc3339) }
        json["lastReportAgeSeconds"] = lastReport.map { .integer(max(0, (now - $0).components.seconds)) }
        return json
    }

    var text: String {
        var lines = [summary]
        if let silence {
            lines.append("The site last reported \(HumanDuration.text(silence)) ago: what follows is as old.")
        }
        if !findings.isEmpty { lines += ["", "Findings:"] + findings.map { "  \($0)" } }
        lines += waits.isEmpty ? ["", "It waits for nothing."] : ["", "It waits for:"]
        lines += waits.flatMap { wait in wait.lines(now: now).map { "  \($0)" } }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension RolloutReport {
    /// Phase and hosts in one sentence.
    static func sentence(_ update: ClusterUpdate) -> String {
        let done = update.json["status", "updatedHosts"]?.intValue ?? 0
        let total = update.json["status", "totalHosts"]?.intValue ?? update.plannedHosts.count
        let state = "\(update.phase.rawValue); \(done) of \(total) hosts are done"
        return "the update \(update.name) of \(update.clusterName) is \(state)"
    }
}
