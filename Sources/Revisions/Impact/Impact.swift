/// What a change does to a running cluster, from least to most. The raw values stand in resources.
public enum Impact: String, Sendable, Hashable, CaseIterable, Comparable {
    /// The change is taken note of; nothing happens.
    case noOp = "NoOp"
    /// Hosts read their configuration again; nothing restarts.
    case configReload = "ConfigReload"
    /// Pods restart, by the rules of their workloads.
    case workloadRollout = "WorkloadRollout"
    /// Kubernetes' services restart, host by host.
    case serviceRestart = "ServiceRestart"
    /// Hosts are drained and Kubernetes is upgraded, host by host.
    case rollingUpgrade = "RollingUpgrade"
    /// Hosts are drained and rebooted, one after the other.
    case reboot = "Reboot"
    /// Hosts write their other slot, are drained and reboot into it, one after the other.
    case repave = "Repave"

    /// Whether the change is carried out on each host, and not in the cluster as a whole.
    public var touchesHosts: Bool { self != .noOp && self != .workloadRollout }

    /// Whether a host cannot serve for a while.
    public var interruptsHosts: Bool { self >= .serviceRestart }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    public static func < (left: Impact, right: Impact) -> Bool { left.rank < right.rank }
}

/// Why a change has its impact.
public struct ImpactRule: Sendable, Hashable {
    /// Names the rule in resources and messages, such as `system-uri` or `os:stages.boot.*`.
    public var id: String
    public var impact: Impact
    /// The rule as a sentence.
    public var text: String
    /// The document that the rule comes from.
    public var source: String

    public init(_ id: String, _ impact: Impact, _ text: String, source: String) {
        self.id = id
        self.impact = impact
        self.text = text
        self.source = source
    }
}
