import CorbelAPI
import Effects
import EffectsLinux
import Synchronization
import Testing

@Suite("A time that runs faster")
struct ScaledTimeTests {
    /// A time that somebody moves, and that keeps what it was asked to sleep.
    final class RecordedTime: TimeSource {
        private let passed = Mutex(Duration.zero)
        let slept = Mutex<[Duration]>([])

        var now: Timestamp { Timestamp(seconds: 1000) + passed.withLock { $0 } }
        var uptime: Duration { .seconds(50) + passed.withLock { $0 } }
        func sleep(for duration: Duration) async throws { slept.withLock { $0.append(duration) } }
        func pass(_ duration: Duration) { passed.withLock { $0 += duration } }
    }

    @Test("Both clocks run from the start, equally fast")
    func pace() {
        let hand = RecordedTime()
        let time = ScaledTime(hand, factor: 30)
        #expect(time.now == Timestamp(seconds: 1000))
        hand.pass(.seconds(2))
        #expect(time.now == Timestamp(seconds: 1060))
        #expect(time.uptime == .seconds(110))
    }

    @Test("Two that share an epoch agree, whenever they started")
    func epoch() {
        let hand = RecordedTime()
        let early = ScaledTime(hand, factor: 10, epoch: Timestamp(seconds: 990))
        hand.pass(.seconds(7))
        let late = ScaledTime(hand, factor: 10, epoch: Timestamp(seconds: 990))
        hand.pass(.seconds(3))
        #expect(early.now == late.now)
        #expect(late.now == Timestamp(seconds: 990 + 200))
    }

    @Test("A sleep is as much shorter")
    func sleeping() async throws {
        let hand = RecordedTime()
        try await ScaledTime(hand, factor: 30).sleep(for: .seconds(60))
        #expect(hand.slept.withLock { $0 } == [.seconds(2)])
    }
}
