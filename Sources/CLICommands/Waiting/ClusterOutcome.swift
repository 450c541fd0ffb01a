import CorbelAPI

/// Where a cluster that somebody waits for has come to.
enum ClusterOutcome: Sendable, Hashable {
    /// Every host is ready, the intent runs, health is Green.
    case healthy
    /// The change to a running cluster waits for a person.
    case pendingApproval(update: String)
    /// Nothing goes on until somebody corrects what the message names.
    case failed(String)
    case deleted

    var word: String {
        switch self {
        case .healthy: "Healthy"
        case .pendingApproval: "PendingApproval"
        case .failed: "Failed"
        case .deleted: "Deleted"
        }
    }
}

/// Judges an EdgeCluster's status.
struct ClusterJudgement: Sendable {
    private let cluster: EdgeCluster

    init(_ cluster: EdgeCluster) { self.cluster = cluster }

    /// `nil` while the cluster is on its way.
    var outcome: ClusterOutcome? {
        // A status that speaks of an older intent says nothing about this one.
        guard cluster.observedGeneration >= cluster.generation else { return nil }
        if let refusal { return .failed(refusal) }
        if let halt { return .failed(halt) }
        if let update = updateToApprove { return .pendingApproval(update: update) }
        return isHealthy ? .healthy : nil
    }

    /// One line: phase, hosts, health, and the first thing that is waited for.
    var summary: String {
        let hosts = "\(readyHosts) of \(wantedHosts) hosts ready"
        let wait = WaitReason.all(of: cluster).first.map { "; waits: \($0.message)" } ?? ""
        return "\(cluster.name): \(cluster.phase.rawValue), \(hosts), health \(health)\(wait)"
    }

    var health: String { cluster.json["status", "health", "level"]?.stringValue ?? "Unknown" }
    var readyHosts: Int { cluster.json["status", "readyHosts"]?.intValue ?? 0 }
    var wantedHosts: Int { cluster.scaled(cluster.pools).reduce(0) { $0 + $1.replicas } }

    private var refusal: String? {
        let final: [(type: String, reasons: Set<String>?)] = [
            ("SpecValid", nil), ("ProfilesResolved", nil), ("HostsClaimed", ["HostUnavailable"]),
        ]
        for (type, reasons) in final {
            guard let condition = cluster.condition(type), condition.status == .isFalse else { continue }
            guard (condition.observedGeneration ?? cluster.generation) >= cluster.generation else { continue }
            if reasons?.contains(condition.reason) ?? true { return condition.message }
        }
        return nil
    }

    private var halt: String? { WaitReason.all(of: cluster).first { $0.reason == "Halted" }?.message }

    private var updateToApprove: String? {
        guard let latest = cluster.latestRevision, let current = cluster.currentRevision, latest != current,
            cluster.phase == .running || cluster.phase == .updating
        else { return nil }
        let isPending = WaitReason.all(of: cluster).contains { $0.reason == "PendingApproval" }
        return isPending || cluster.phase == .running ? latest : nil
    }

    private var isHealthy: Bool {
        cluster.phase == .running && health == "Green" && cluster.currentRevision == cluster.latestRevision
            && readyHosts == wantedHosts && cluster.json["status", "hosts"]?.intValue ?? 0 == wantedHosts
    }
}
