import ControlLoop
import CorbelAPI
import Testing

@Suite struct WorkQueueTests {
    @Test("a key that is added twice is handed out once")
    func deduplicates() {
        var queue = WorkQueue()
        queue.add(key("a"))
        queue.add(key("b"))
        queue.add(key("a"))
        #expect(queue.next(now: second(0)) == key("a"))
        #expect(queue.next(now: second(0)) == key("b"))
        #expect(queue.next(now: second(0)) == nil)
    }

    @Test("a key in work is not handed out again, and comes back when it was added meanwhile")
    func serializesEachKey() {
        var queue = WorkQueue()
        queue.add(key("a"))
        #expect(queue.next(now: second(0)) == key("a"))
        queue.add(key("a"))
        #expect(queue.next(now: second(0)) == nil)
        queue.done(key("a"))
        #expect(queue.next(now: second(0)) == key("a"))
        queue.done(key("a"))
        #expect(queue.next(now: second(0)) == nil)
    }

    @Test("a delayed key comes at its time, and of two times the earlier counts")
    func delays() {
        var queue = WorkQueue()
        queue.add(key("late"), at: second(20))
        queue.add(key("soon"), at: second(30))
        queue.add(key("soon"), at: second(10))
        queue.add(key("soon"), at: second(40))
        #expect(queue.nextDue == second(10))
        #expect(queue.next(now: second(9)) == nil)
        #expect(queue.next(now: second(10)) == key("soon"))
        #expect(queue.next(now: second(100)) == key("late"))
        #expect(queue.next(now: second(100)) == nil)
    }

    @Test("many delayed keys come in the order of their times")
    func ordersDelays() {
        var queue = WorkQueue()
        for index in 0..<100 { queue.add(key("k\(index)"), at: second(Int64((index * 37) % 101))) }
        var seen: [ObjectKey] = []
        for moment in 0...101 {
            while let next = queue.next(now: second(Int64(moment))) { seen.append(next) }
        }
        let expected = (0..<100).sorted { ($0 * 37) % 101 < ($1 * 37) % 101 }.map { key("k\($0)") }
        #expect(seen == expected)
    }

    @Test("a full queue drops keys and says so")
    func isBounded() {
        var queue = WorkQueue(limit: 2)
        for name in ["a", "b", "c"] { queue.add(key(name)) }
        #expect(queue.count == 2)
        #expect(queue.hasOverflowed)
    }
}

@Suite struct BackoffTests {
    @Test(
        "each failure doubles the delay up to the limit",
        arguments: [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (1_000_000, 60)])
    func grows(failures: Int, seconds: Int) {
        let backoff = Backoff(base: .seconds(1), limit: .seconds(60))
        #expect(backoff.delay(failures: failures, random: 0) == .seconds(seconds))
    }

    @Test("chance takes away at most the share that it may")
    func jitters() {
        let backoff = Backoff(base: .seconds(8), limit: .seconds(60), jitter: 0.5)
        #expect(backoff.delay(failures: 1, random: 0.5) == .seconds(6))
    }
}
