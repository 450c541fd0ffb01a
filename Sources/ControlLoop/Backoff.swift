/// How long to wait before another try: longer with each failure, up to a limit.
public struct Backoff: Sendable, Hashable {
    /// The delay after the first failure.
    public var base: Duration
    public var factor: Double
    /// No delay is longer, jitter included.
    public var limit: Duration
    /// The share of the delay that chance may take away, 0...1. Clients that failed together then do not come back
    /// together.
    public var jitter: Double

    public init(
        base: Duration = .milliseconds(200), factor: Double = 2, limit: Duration = .seconds(60), jitter: Double = 0.25
    ) {
        precondition(base > .zero && limit >= base, "a backoff needs 0 < base <= limit")
        precondition(factor >= 1 && (0...1).contains(jitter), "a backoff needs factor >= 1 and jitter in 0...1")
        self.base = base
        self.factor = factor
        self.limit = limit
        self.jitter = jitter
    }

    /// The delay after the failure number `failures` (from 1). `random` lies in 0..<1.
    public func delay(failures: Int, random: Double) -> Duration {
        precondition((0..<1).contains(random), "random must lie in 0..<1")
        var delay = base
        // The loop ends as soon as the limit is met, so a count of any size costs no more than the way there.
        for _ in 1..<max(1, failures) where delay < limit { delay = min(limit, delay * factor) }
        return delay * (1 - jitter * random)
    }
}
