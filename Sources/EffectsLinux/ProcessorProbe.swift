import Glibc

/// Measures how late a program gets what it asks the machine for.
public struct ProcessorProbe: Sendable {
    private static let nap = Duration.milliseconds(20)
    private static let work = Duration.milliseconds(5)

    public init() {}

    /// Sleeps and computes for some milliseconds, and answers by how much longer that took than it takes on a machine
    /// that does nothing else. Sleeping alone would not tell: the kernel favours those who have slept.
    public func lateness() async throws -> Duration {
        let begin = Self.read(CLOCK_MONOTONIC)
        try await SystemClock().sleep(for: Self.nap)
        try await BlockingWork.run {
            let end = Self.read(CLOCK_THREAD_CPUTIME_ID) + Self.work
            while Self.read(CLOCK_THREAD_CPUTIME_ID) < end { continue }
        }
        return Self.read(CLOCK_MONOTONIC) - begin - Self.nap - Self.work
    }

    private static func read(_ clock: clockid_t) -> Duration {
        var reading = timespec()
        let status = clock_gettime(clock, &reading)
        precondition(status == 0, "the kernel has the clocks that POSIX asks for")
        return .seconds(reading.tv_sec) + .nanoseconds(reading.tv_nsec)
    }
}
