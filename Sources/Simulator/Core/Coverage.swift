/// How often each kind of fault has struck, and people have changed what hosts a cluster has, by what the cluster was
/// doing then.
public struct Coverage: Sendable, Hashable {
    public private(set) var counts: [String: [String: Int]] = [:]

    public init() {}

    mutating func note(_ fault: String, during phase: String) { add(1, of: fault, during: phase) }

    public mutating func add(_ count: Int, of fault: String, during phase: String) {
        counts[fault, default: [:]][phase, default: 0] += count
    }

    public mutating func merge(_ other: Coverage) {
        for (fault, phases) in other.counts {
            counts[fault, default: [:]].merge(phases, uniquingKeysWith: +)
        }
    }

    /// The faults that have struck, in order.
    public var faults: [String] { counts.keys.sorted() }

    /// The phases of a cluster, in the order in which it goes through them.
    public static let phases = [
        "coming up", "pivot", "joining", "at rest", "approval", "rollout", "paused", "halted", "scaling", "deleting",
    ]
}
