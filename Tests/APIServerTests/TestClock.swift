import CorbelAPI
import Effects
import Synchronization

/// Time that passes when the test says so.
final class TestClock: TimeSource {
    private struct Sleeper {
        var deadline: Duration
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var uptime = Duration.zero
        var next = 0
        var sleepers: [Int: Sleeper] = [:]
    }

    static let start = Timestamp(seconds: 1_800_000_000)

    private let state = Mutex(State())

    var uptime: Duration { state.withLock { $0.uptime } }
    var now: Timestamp { Self.start + uptime }

    func sleep(for duration: Duration) async throws {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let sleeps = state.withLock { state -> Bool in
                    if Task.isCancelled { return false }
                    state.sleepers[id] = Sleeper(deadline: state.uptime + duration, continuation: continuation)
                    return true
                }
                if !sleeps { continuation.resume(throwing: CancellationError()) }
            }
        } onCancel: {
            state.withLock { $0.sleepers.removeValue(forKey: id) }?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Lets time pass, once so many sleep.
    func advance(by duration: Duration, withSleepers count: Int) async {
        while state.withLock({ $0.sleepers.count }) < count { await Task.yield() }
        let due = state.withLock { state in
            state.uptime += duration
            let due = state.sleepers.filter { $0.value.deadline <= state.uptime }
            for id in due.keys { state.sleepers[id] = nil }
            return due.values
        }
        for sleeper in due { sleeper.continuation.resume() }
    }
}

/// Numbers instead of chance: every draw is another one.
final class TestRandom: RandomSource {
    private let counter = Atomic<UInt64>(1)

    func bytes(_ count: Int) -> [UInt8] {
        let draw = counter.wrappingAdd(1, ordering: .relaxed).newValue
        return (0..<count).map { UInt8(truncatingIfNeeded: draw >> (8 * UInt64($0 % 8))) }
    }
}
