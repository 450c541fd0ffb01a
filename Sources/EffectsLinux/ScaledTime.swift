public import CorbelAPI
public import Effects

/// A time that runs faster than its base, for demos: an hour passes in two minutes.
///
/// Both clocks run from the same moment, so what they say of a stretch of time agrees. Processes that compare their
/// clocks, as a node and its controllers do, are given the same ``epoch``; otherwise each begins when it starts, and
/// they differ.
///
/// It scales what a program measures and waits for. What the world measures stays as it is: the validity of
/// certificates in a TLS handshake, timeouts of connections.
public struct ScaledTime: TimeSource {
    private let base: any TimeSource
    private let factor: Int
    private let epoch: Timestamp
    private let startUptime: Duration
    private let startNow: Timestamp

    /// - Parameters:
    ///   - factor: how much faster; 1 is the base itself.
    ///   - epoch: the moment at which both times were the same; without one, now.
    public init(_ base: any TimeSource, factor: Int, epoch: Timestamp? = nil) {
        precondition((1...30).contains(factor), "the speed of a scaled time is 1 to 30")
        self.base = base
        self.factor = factor
        startUptime = base.uptime
        startNow = base.now
        self.epoch = epoch ?? startNow
    }

    /// Counted by the base's uptime from the start of this process: a jump of the base's clock is none of this one.
    public var now: Timestamp { epoch + (startNow - epoch + (base.uptime - startUptime)) * factor }

    public var uptime: Duration { startUptime + (base.uptime - startUptime) * factor }

    public func sleep(for duration: Duration) async throws { try await base.sleep(for: duration / factor) }
}
