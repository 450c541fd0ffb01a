/// Whose fault it is when a host does not get healthy. The two causes are treated apart: the host's own reverts and
/// marks its image as failed, the cluster's waits longer and blames nothing.
///
///     signal                                     | failing means
///     network, agent, kubelet                    | the host
///     etcd's own member; quorum healthy          | the host
///     etcd's own member; quorum not healthy      | the cluster: a member cannot be healthy without a leader
///     node, probes; API server and quorum up     | the host
///     node, probes; API server or quorum not up  | the cluster: they need both
///     quorum (members only), API server          | the cluster
///     link to the centre                         | the cluster where it is required, else nothing
///
/// The only member of its etcd is the cluster: all of these are the host's there, but for the link. A failing signal
/// outweighs an unknown one, and the host's cause outweighs the cluster's: a host without a network sees neither quorum
/// nor API server.
public enum HealthVerdict: Sendable, Hashable {
    /// One signal that fails, and why.
    public struct Finding: Sendable, Hashable, CustomStringConvertible {
        public var subject: String
        public var why: String

        public var description: String { why.isEmpty ? subject : "\(subject): \(why)" }
    }

    case healthy
    case hostFailing([Finding])
    case clusterFailing([Finding])
    /// Nothing fails, but these are not known.
    case unknown([String])

    public static func judge(_ report: HealthReport, requiringCentreLink: Bool = false) -> HealthVerdict {
        let signals = Signals(report, requiringCentreLink: requiringCentreLink)
        let hostFindings = signals.findings(of: .host)
        if !hostFindings.isEmpty { return .hostFailing(hostFindings) }
        let clusterFindings = signals.findings(of: .cluster)
        if !clusterFindings.isEmpty { return .clusterFailing(clusterFindings) }
        return signals.unknown.isEmpty ? .healthy : .unknown(signals.unknown)
    }

    /// Whether the host itself is known to be well, whatever the cluster's state.
    var isHostWell: Bool {
        switch self {
        case .healthy, .clusterFailing: true
        case .hostFailing, .unknown: false
        }
    }
}

/// The signals that count, each with whose failure it would be.
private struct Signals {
    enum Owner { case host, cluster }

    private var entries: [(subject: String, signal: HealthSignal, owner: Owner)] = []

    init(_ report: HealthReport, requiringCentreLink: Bool) {
        let isMember = report.etcdMember != nil
        let isCluster = isMember && report.etcdMembers <= 1
        let hasQuorum = !isMember || report.quorum == .healthy
        let ownerOfDependents: Owner = isCluster || (hasQuorum && report.apiServer == .healthy) ? .host : .cluster
        let ownerOfShared: Owner = isCluster ? .host : .cluster
        entries = [
            ("network", report.network, .host), ("agent", report.agent, .host), ("kubelet", report.kubelet, .host),
        ]
        if let member = report.etcdMember {
            entries.append(("etcd member", member, isCluster || hasQuorum ? .host : .cluster))
            entries.append(("etcd quorum", report.quorum, ownerOfShared))
        }
        entries.append(("API server", report.apiServer, ownerOfShared))
        entries.append(("node", report.node, ownerOfDependents))
        entries += report.probes.map { ("probe \($0.name)", $0.signal, ownerOfDependents) }
        if requiringCentreLink { entries.append(("link to the centre", report.centreLink, .cluster)) }
    }

    func findings(of owner: Owner) -> [HealthVerdict.Finding] {
        entries.compactMap { entry in
            guard entry.owner == owner, case .failing(let why) = entry.signal else { return nil }
            return HealthVerdict.Finding(subject: entry.subject, why: why)
        }
    }

    var unknown: [String] { entries.filter { $0.signal == .unknown }.map(\.subject) }
}
