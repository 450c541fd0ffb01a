import APIMachinery
import CorbelAPI

/// The checks of one cluster.
struct ClusterChecks {
    let cluster: EdgeCluster
    let hosts: [EdgeHost]
    let now: Timestamp

    var group: CheckGroup {
        CheckGroup(
            name: "cluster \(cluster.name)", checks: [intent, phase, members, health, report, approval] + hostChecks)
    }

    private var judgement: ClusterJudgement { ClusterJudgement(cluster) }
    private var explain: String { "`corbel explain \(cluster.name)` tells what it waits for" }

    private var intent: CheckResult {
        let what = "the intent is accepted"
        guard case .failed(let message)? = judgement.outcome else { return .ok(what) }
        return .failure(what, message, hint: explain)
    }

    private var phase: CheckResult {
        let what = "the cluster runs"
        let phase = cluster.phase
        if phase == .running { return .ok(what) }
        if phase == .updating {
            return .warning(what, "it is being updated", hint: "corbel rollout status \(cluster.name)")
        }
        return .failure(what, "it is \(phase.rawValue)", hint: explain)
    }

    private var members: CheckResult {
        let what = "all hosts are ready"
        let text = "\(judgement.readyHosts) of \(judgement.wantedHosts)"
        return judgement.readyHosts == judgement.wantedHosts ? .ok(what, text) : .failure(what, text, hint: explain)
    }

    private var health: CheckResult {
        let what = "the cluster is healthy"
        let reasons = (cluster.json["status", "health", "reasons"]?.arrayValue ?? [])
            .compactMap { $0["message"]?.stringValue }.joined(separator: "; ")
        switch judgement.health {
        case "Green": return .ok(what)
        case "Yellow": return .warning(what, reasons, hint: explain)
        case "Red": return .failure(what, reasons, hint: explain)
        default: return .failure(what, "nothing is known of it", hint: explain)
        }
    }

    private var report: CheckResult {
        let what = "the site reports"
        guard cluster.isAtSite else {
            return .ok(what, "the centre runs the cluster")
        }
        guard let last = cluster.json["status", "lastReport"]?.stringValue.flatMap(Timestamp.init(rfc3339:)) else {
            return .warning(what, "it has not reported yet", hint: explain)
        }
        let age = HumanDuration.text(max(now - last, .zero))
        guard now - last > Explanation.reportLimit else { return .ok(what, "\(age) ago") }
        return .failure(
            what, "last \(age) ago: what is shown is as old",
            hint: "check the link of the site; it goes on working without it")
    }

    private var approval: CheckResult {
        let what = "no update waits for a person"
        guard case .pendingApproval(let update)? = judgement.outcome else { return .ok(what) }
        return .warning(what, "\(update) waits for approval", hint: "corbel approve \(update)")
    }

    private var hostChecks: [CheckResult] {
        let names = Set(cluster.scaled(cluster.pools).flatMap { $0.hosts.prefix($0.replicas) + $0.spares })
        return hosts.filter { names.contains($0.name) }.flatMap(FleetChecks.host)
    }
}
