public import CorbelAPI

/// What each host runs before an update, as far as the cluster's revisions and updates tell.
///
/// A rollout that stopped halfway leaves hosts on both sides: those that it took through run what it led to, the others
/// what they ran before.
public struct UpdateOrigins: Sendable, Hashable {
    /// Where the update starts by name: the revision that the last rollout which touched hosts led to, or else what the
    /// cluster runs.
    public let start: ClusterRevision?
    private let running: ClusterRevision?
    private let moved: [String: ClusterRevision]

    /// Every host runs the same; nil for a cluster that is yet to be made.
    public init(_ revision: ClusterRevision?) {
        start = revision
        running = revision
        moved = [:]
    }

    /// - Parameters:
    ///   - current: The name of the revision that the cluster runs as a whole.
    ///   - revisions: The cluster's.
    ///   - updates: The cluster's.
    public init(current: String?, revisions: [ClusterRevision], updates: [ClusterUpdate]) {
        let running = revisions.first { $0.name == current }
        let interrupted = updates.compactMap { update -> (update: ClusterUpdate, target: ClusterRevision)? in
            guard update.stoppedHalfway, let target = revisions.first(where: { $0.name == update.toRevision }),
                let running, running.precedes(target)
            else { return nil }
            return (update, target)
        }.sorted { $0.target.precedes($1.target) }
        self.running = running
        start = interrupted.last?.target ?? running
        moved = interrupted.reduce(into: [:]) { moved, entry in
            for host in entry.update.finishedHosts { moved[host] = entry.target }
        }
    }

    public func revision(of host: String) -> ClusterRevision? { moved[host] ?? running }
}

extension ClusterUpdate {
    /// Whether it has given hosts their tasks and then did not complete.
    fileprivate var stoppedHalfway: Bool {
        switch phase {
        case .halted, .aborted, .superseded: json["status", "startedAt"] != nil
        case .pendingApproval, .progressing, .paused, .completed: false
        }
    }

    /// The hosts that it took through.
    fileprivate var finishedHosts: [String] {
        (json["status", "hosts"]?.arrayValue ?? []).filter { $0["phase"]?.stringValue == "Done" }
            .compactMap { $0["name"]?.stringValue }
    }
}
