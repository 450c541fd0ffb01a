import Effects

/// In which order backends are tried: as preferred, but those that failed a moment ago come last.
///
/// A value without a clock: whoever asks says what time it is, in any time that only grows.
struct BackendOrder: Sendable {
    /// How long a backend that failed is tried last.
    let penalty: Duration
    /// Until when each backend that failed is tried last.
    private var penalized: [SocketEndpoint: Duration] = [:]

    init(penalty: Duration) { self.penalty = penalty }

    /// The backends, each once: those in good standing as preferred, then the others as preferred. What is not in the
    /// list is forgotten.
    mutating func order(_ preferred: [SocketEndpoint], at now: Duration) -> [SocketEndpoint] {
        var seen: Set<SocketEndpoint> = []
        let distinct = preferred.filter { seen.insert($0).inserted }
        penalized = penalized.filter { seen.contains($0.key) && now < $0.value }
        return distinct.filter { penalized[$0] == nil } + distinct.filter { penalized[$0] != nil }
    }

    /// Notes that a backend refused or did not answer in time.
    mutating func noteFailure(of backend: SocketEndpoint, at now: Duration) { penalized[backend] = now + penalty }

    /// Notes that a backend accepted a connection: whatever it did before is forgiven.
    mutating func noteSuccess(of backend: SocketEndpoint) { penalized[backend] = nil }
}
