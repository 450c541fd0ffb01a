/// Who has been heard of in time: a pure machine over moments that the caller measures.
///
/// Moments are uptime, so a wall clock that jumps makes nobody unreachable. After a start nothing is known: a host is
/// unknown until it is heard of or a full timeout has passed.
///
///     unknown ──heard──▶ reachable ──timeout──▶ unreachable
///        └──────────timeout after the start──────────▲ │
///     reachable ◀──────────────heard───────────────────┘
public struct Reachability: Sendable {
    public enum State: String, Sendable, Hashable {
        case unknown, reachable, unreachable
    }

    /// A host whose state is another than before.
    public struct Change: Sendable, Hashable {
        public var host: HostIdentity
        public var state: State
    }

    private struct Record: Sendable {
        var lastHeard: Duration?
        var state: State
        /// When the timeout began to run: at the last sign of life, or at the start.
        var since: Duration
    }

    private let timeout: Duration
    private var records: [HostIdentity: Record] = [:]

    public init(timeout: Duration) { self.timeout = timeout }

    /// Begins to expect a host. One that is known already is left as it is.
    public mutating func expect(_ host: HostIdentity, at moment: Duration) {
        if records[host] == nil { records[host] = Record(state: .unknown, since: moment) }
    }

    public mutating func forget(_ host: HostIdentity) { records[host] = nil }

    /// Notes a sign of life. Costs no write unless the state changes.
    public mutating func heard(_ host: HostIdentity, at moment: Duration) -> Change? {
        let before = records[host]?.state
        records[host] = Record(lastHeard: moment, state: .reachable, since: moment)
        return before == .reachable ? nil : Change(host: host, state: .reachable)
    }

    /// The hosts whose timeout has passed, in the order of their names.
    public mutating func expire(at moment: Duration) -> [Change] {
        let silent = records.filter { $0.value.state != .unreachable && moment - $0.value.since >= timeout }.keys
        for host in silent { records[host]?.state = .unreachable }
        return silent.sorted { ($0.namespace, $0.name) < ($1.namespace, $1.name) }
            .map { Change(host: $0, state: .unreachable) }
    }

    public func state(of host: HostIdentity) -> State { records[host]?.state ?? .unknown }

    /// How long ago the host was heard of, where that was since the start.
    public func age(of host: HostIdentity, at moment: Duration) -> Duration? {
        records[host]?.lastHeard.map { moment - $0 }
    }

    /// The ages of all that were heard of since the start.
    public func ages(at moment: Duration) -> [HostIdentity: Duration] {
        records.compactMapValues { $0.lastHeard.map { moment - $0 } }
    }
}
