public import CorbelAPI
public import Effects
import Glibc

/// The clocks of the kernel: `CLOCK_REALTIME` for the time of day, `CLOCK_MONOTONIC` for the uptime.
public struct SystemClock: TimeSource {
    public init() {}

    public var now: Timestamp {
        let reading = read(CLOCK_REALTIME)
        return Timestamp(microseconds: Int64(reading.tv_sec) * 1_000_000 + Int64(reading.tv_nsec) / 1000)
    }

    public var uptime: Duration {
        let reading = read(CLOCK_MONOTONIC)
        return .seconds(reading.tv_sec) + .nanoseconds(reading.tv_nsec)
    }

    /// Sleeps on Swift's suspending clock, which is `CLOCK_MONOTONIC` on Linux.
    public func sleep(for duration: Duration) async throws {
        try await Task.sleep(for: duration, clock: .suspending)
    }

    private func read(_ clock: clockid_t) -> timespec {
        var reading = timespec()
        let status = clock_gettime(clock, &reading)
        precondition(status == 0, "the kernel has the clocks that POSIX asks for")
        return reading
    }
}
