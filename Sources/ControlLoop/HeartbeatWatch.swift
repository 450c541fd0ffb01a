public import CorbelAPI

/// Who has been heard of in time: a pure machine over moments that the caller measures.
///
/// Moments are uptime, so a wall clock that jumps makes nobody unreachable. After a start nothing is known: a host is
/// unknown until it is heard of or a full timeout has passed.
///
///     unknown ──heard──▶ reachable ──timeout──▶ unreachable
///        └──────────timeout after the start──────────▲ │
///     reachable ◀──────────────heard───────────────────┘
public struct HeartbeatWatch<Host: Hashable & Comparable & Sendable>: Sendable {
    /// A host whose state is another than before.
    public struct Change: Sendable, Hashable {
        public var host: Host
        public var state: Reachability
    }

    private struct Record: Sendable {
        var lastHeard: Duration?
        var state: Reachability
        /// When the timeout began to run: at the last sign of life, or at the start.
        var since: Duration
    }

    public let timeout: Duration
    private var records: [Host: Record] = [:]

    public init(timeout: Duration) { self.timeout = timeout }

    /// Begins to expect a host. One that is known already is left as it is.
    public mutating func expect(_ host: Host, at moment: Duration) {
        if records[host] == nil { records[host] = Record(state: .unknown, since: moment) }
    }

    public mutating func forget(_ host: Host) { records[host] = nil }

    /// Notes a sign of life. Costs no write unless the state changes.
    public mutating func heard(_ host: Host, at moment: Duration) -> Change? {
        let before = records[host]?.state
        records[host] = Record(lastHeard: moment, state: .reachable, since: moment)
        return before == .reachable ? nil : Change(host: host, state: .reachable)
    }

    /// The hosts whose timeout has passed, in the order of their names.
    public mutating func expire(at moment: Duration) -> [Change] {
        let silent = records.filter { $0.value.state != .unreachable && moment - $0.value.since >= timeout }.keys
        for host in silent { records[host]?.state = .unreachable }
        return silent.sorted().map { Change(host: $0, state: .unreachable) }
    }

    public func state(of host: Host) -> Reachability { records[host]?.state ?? .unknown }

    /// How long ago the host was heard of, where that was since the start.
    public func age(of host: Host, at moment: Duration) -> Duration? {
        records[host]?.lastHeard.map { moment - $0 }
    }

    /// The ages of all that were heard of since the start.
    public func ages(at moment: Duration) -> [Host: Duration] {
        records.compactMapValues { $0.lastHeard.map { moment - $0 } }
    }
}

/// Whether a host has been heard of in time.
public enum Reachability: String, Sendable, Hashable {
    case unknown, reachable, unreachable

    /// What an EdgeHost's status says of it.
    public func condition(timeout: Duration) -> Condition {
        let limit = timeout.components.seconds
        return switch self {
        case .reachable:
            Condition("Reachable", .isTrue, reason: "HeartbeatReceived", message: "The host has been heard of.")
        case .unknown:
            Condition(
                "Reachable", .unknown, reason: "NotHeardSinceStart",
                message: "The centre started less than \(limit) s ago and has not heard of the host since.")
        case .unreachable:
            Condition(
                "Reachable", .isFalse, reason: "HeartbeatMissing",
                message: "The host was silent for \(limit) s or more.")
        }
    }
}
