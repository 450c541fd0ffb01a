public import CorbelAPI
public import Effects
import Synchronization

/// Time that passes when the test says so, and a wall clock that somebody may set.
public final class HandTime: TimeSource {
    /// What the wall clock shows at first.
    public static let start = Timestamp(seconds: 1_800_000_000)
    private static let firstUptime = Duration.seconds(1000)

    private struct State {
        var uptime = HandTime.firstUptime
        var wallOffset = Duration.zero
        var next = 0
        var sleepers: [Int: (deadline: Duration, continuation: CheckedContinuation<Void, any Error>)] = [:]
    }

    private let state = Mutex(State())

    public init() {}

    public var uptime: Duration { state.withLock { $0.uptime } }
    public var now: Timestamp { state.withLock { Self.start + $0.uptime - Self.firstUptime + $0.wallOffset } }

    /// Sets the wall clock forwards or backwards; no time passes.
    public func jump(by duration: Duration) { state.withLock { $0.wallOffset += duration } }

    public func sleep(for duration: Duration) async throws {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let sleeps = state.withLock { state -> Bool in
                    if Task.isCancelled { return false }
                    state.sleepers[id] = (state.uptime + duration, continuation)
                    return true
                }
                if !sleeps { continuation.resume(throwing: CancellationError()) }
            }
        } onCancel: {
            state.withLock { $0.sleepers.removeValue(forKey: id) }?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Lets time pass for the one who sleeps, and waits until it sleeps again.
    public func advance(by duration: Duration) async {
        await waitForSleeper()
        pass(duration)
        await waitForSleeper()
    }

    /// Lets time pass, once so many sleep.
    public func advance(by duration: Duration, withSleepers count: Int) async {
        await waitForSleeper(count)
        pass(duration)
    }

    /// Lets time pass, and wakes everybody whose time has come.
    public func pass(_ duration: Duration) {
        let due = state.withLock { state in
            state.uptime += duration
            let due = state.sleepers.filter { $0.value.deadline <= state.uptime }
            for id in due.keys { state.sleepers[id] = nil }
            return due.values.map(\.continuation)
        }
        for continuation in due { continuation.resume() }
    }

    /// Waits until exactly `count` sleep.
    ///
    /// - Returns: whether they came to; a test that waits for what never happens ends.
    public func waitForSleepers(_ count: Int) async -> Bool {
        for _ in 0..<200_000 {
            if state.withLock({ $0.sleepers.count }) == count { return true }
            await Task.yield()
        }
        return false
    }

    /// Returns when somebody sleeps: whoever runs in rounds has finished one.
    public func waitForSleeper() async { await waitForSleeper(1) }

    private func waitForSleeper(_ count: Int) async {
        while state.withLock({ $0.sleepers.count < count }), !Task.isCancelled { await Task.yield() }
    }
}
