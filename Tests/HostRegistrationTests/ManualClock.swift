import CorbelAPI
import Effects
import Synchronization

/// Time that passes when the test says so, and a wall clock that somebody may set.
final class ManualClock: TimeSource {
    private struct State {
        var uptime = Duration.seconds(1000)
        var wallOffset = Duration.zero
        var next = 0
        var sleepers: [Int: (deadline: Duration, continuation: CheckedContinuation<Void, any Error>)] = [:]
    }

    static let start = Timestamp(seconds: 1_800_000_000)

    private let state = Mutex(State())

    var uptime: Duration { state.withLock { $0.uptime } }
    var now: Timestamp { state.withLock { Self.start + $0.uptime - .seconds(1000) + $0.wallOffset } }

    /// Sets the wall clock forwards or backwards; no time passes.
    func jump(by duration: Duration) { state.withLock { $0.wallOffset += duration } }

    func sleep(for duration: Duration) async throws {
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

    /// Returns when somebody sleeps: whoever runs in rounds has finished one.
    func waitForSleeper() async {
        while state.withLock({ $0.sleepers.isEmpty }) { await Task.yield() }
    }

    /// Lets time pass for the one who sleeps, and waits until it sleeps again.
    func advance(by duration: Duration) async {
        await waitForSleeper()
        let due = state.withLock { state in
            state.uptime += duration
            let due = state.sleepers.filter { $0.value.deadline <= state.uptime }
            for id in due.keys { state.sleepers[id] = nil }
            return due.values.map(\.continuation)
        }
        for continuation in due { continuation.resume() }
        await waitForSleeper()
    }

    /// Lets time pass while nobody sleeps.
    func pass(_ duration: Duration) { state.withLock { $0.uptime += duration } }
}

/// Numbers instead of chance: every draw is another one.
final class CountedRandom: RandomSource {
    private let counter = Atomic<UInt64>(1)

    func bytes(_ count: Int) -> [UInt8] {
        let draw = counter.wrappingAdd(1, ordering: .relaxed).newValue
        return (0..<count).map { UInt8(truncatingIfNeeded: (draw &* 0x9E37_79B9_7F4A_7C15) >> (8 * UInt64($0 % 8))) }
    }
}
