import APIMachinery
import CorbelAPI
import Revisions

/// Where an update that somebody waits for has come to.
enum RolloutOutcome: Sendable, Hashable {
    case completed, aborted, superseded, paused, pendingApproval, deleted
    case halted(String)

    var word: String {
        switch self {
        case .completed: "Completed"
        case .aborted: "Aborted"
        case .superseded: "Superseded"
        case .paused: "Paused"
        case .pendingApproval: "PendingApproval"
        case .deleted: "Deleted"
        case .halted: "Halted"
        }
    }
}

/// What somebody wants of an update: the end that is a success.
enum RolloutGoal: Sendable, Hashable {
    case completion, pause, abort

    func isMet(by outcome: RolloutOutcome) -> Bool {
        switch (self, outcome) {
        case (.completion, .completed), (.completion, .paused), (.completion, .pendingApproval): true
        case (.pause, .paused), (.pause, .completed), (.pause, .pendingApproval): true
        case (.abort, .aborted): true
        default: false
        }
    }
}

/// Judges a ClusterUpdate's status.
struct RolloutJudgement: Sendable {
    private let update: ClusterUpdate
    /// The attempt that is waited for: a halt of an earlier one is no news.
    private let attempt: Int

    init(_ update: ClusterUpdate, attempt: Int = 0) {
        self.update = update
        self.attempt = attempt
    }

    /// How the update ended, or where it rests; `nil` while it goes on.
    var outcome: RolloutOutcome? {
        switch update.phase {
        case .completed: .completed
        case .aborted: .aborted
        case .superseded: .superseded
        case .halted where update.attempt >= attempt: update.isAborted ? nil : .halted(haltMessage)
        case .paused where update.isPaused && !update.isAborted: .paused
        case .pendingApproval where !update.isApproved && !update.isAborted: .pendingApproval
        case .halted, .paused, .pendingApproval, .progressing: nil
        }
    }

    /// One line: phase, hosts done, the hosts that are under way, and the first thing that is waited for.
    var summary: String {
        let done = update.json["status", "updatedHosts"]?.intValue ?? 0
        let total = update.json["status", "totalHosts"]?.intValue ?? update.plannedHosts.count
        let underWay = update.hostEntries.filter { !["Pending", "Done", "Prepared"].contains($0.phase) }
            .map { "\($0.name) \($0.phase)" }
        let hosts = underWay.isEmpty ? "" : "; " + underWay.joined(separator: ", ")
        let wait = WaitReason.all(of: update).first.map { "; waits: \($0.message)" } ?? ""
        return "\(update.name): \(update.phase.rawValue), \(done) of \(total) hosts done\(hosts)\(wait)"
    }

    private var haltMessage: String { update.condition("Halted")?.message ?? "the rollout has halted" }
}

/// A host's progress, as a ClusterUpdate's status has it.
struct HostEntry: Sendable, Hashable {
    var name: String
    var phase: String
    var since: Timestamp?
    var message: String
}

extension ClusterUpdate {
    /// How often the rollout was begun.
    var attempt: Int { json["status", "attempt"]?.intValue ?? 1 }

    /// In the order of the plan; hosts that it does not know follow.
    var hostEntries: [HostEntry] {
        let planned = plannedHosts.map(\.host.name)
        let reported = reportedHosts
        return planned.compactMap { name in reported.first { $0.name == name } }
            + reported.filter { !planned.contains($0.name) }
    }

    private var reportedHosts: [HostEntry] {
        (json["status", "hosts"]?.arrayValue ?? []).map {
            HostEntry(
                name: $0["name"]?.stringValue ?? "", phase: $0["phase"]?.stringValue ?? "",
                since: $0["since"]?.stringValue.flatMap(Timestamp.init(rfc3339:)),
                message: $0["message"]?.stringValue ?? "")
        }
    }

    var isFinal: Bool { [.completed, .aborted, .superseded].contains(phase) }
}
