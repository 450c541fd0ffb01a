import CorbelAPI
import ResourceStore
import Testing

@Suite("WatchHub")
struct WatchHubTests {
    private let noHistory: StoreHistoryReader = { _, _ in throw StatusError.revisionTooOld() }

    private func put(_ revision: Int64, _ key: StoreKey = "/a", bytes: Int = 1) -> StoreEvent {
        .put(StoreEntry(key, [UInt8](repeating: 0, count: bytes), StoreRevision(revision)), previous: nil)
    }

    @Test("lets go of a watch that is dropped")
    func release() async throws {
        let hub = WatchHub(at: 1)
        do {
            let watch = try await hub.watch("/", history: noHistory)
            #expect(hub.watchCount == 1)
            withExtendedLifetime(watch) {}
        }
        #expect(hub.watchCount == 0)
    }

    @Test("a watch that begins ahead of the hub sees nothing up to its revision")
    func ahead() async throws {
        let hub = WatchHub(at: 1)
        let events = try await hub.watch("/", after: 3, history: noHistory).makeAsyncIterator()
        hub.publish([put(2), put(3), put(4)])
        #expect(try await events.next()?.revision == 4)
    }

    @Test("progress comes after the changes before it, and once")
    func progress() async throws {
        let hub = WatchHub(at: 1)
        let watch = try await hub.watch("/", history: noHistory)
        hub.publish([put(2)])
        watch.requestProgress()
        watch.requestProgress()
        hub.publish([put(3)])
        let events = watch.makeAsyncIterator()
        #expect(try await events.next() == put(2))
        #expect(try await events.next() == .progress(2))
        #expect(try await events.next() == put(3))
    }

    @Test("progress for a watch that begins ahead names no older revision")
    func progressAhead() async throws {
        let watch = try await WatchHub(at: 1).watch("/", after: 9, history: noHistory)
        watch.requestProgress()
        #expect(try await watch.makeAsyncIterator().next() == .progress(9))
    }

    @Test("a watch ends when too many bytes wait, and one large event always fits")
    func byteLimit() async throws {
        let hub = WatchHub(at: 1, limits: WatchLimits(queuedBytes: 100))
        let one = try await hub.watch("/a", history: noHistory).makeAsyncIterator()
        let two = try await hub.watch("/", history: noHistory).makeAsyncIterator()
        hub.publish([put(2, "/a", bytes: 1000), put(3, "/b", bytes: 1000)])
        #expect(try await one.next()?.revision == 2)
        let error = await #expect(throws: StatusError.self) { try await two.next() }
        #expect(error?.reason == .expired)
        #expect(hub.watchCount == 1)
    }

    @Test("a restart ends every watch with its error and begins after the new revision")
    func restart() async throws {
        let hub = WatchHub(at: 1)
        let events = try await hub.watch("/", history: noHistory).makeAsyncIterator()
        hub.restart(at: 10, ending: .revisionTooOld())
        let error = await #expect(throws: StatusError.self) { try await events.next() }
        #expect(error?.reason == .expired)
        await #expect(throws: StatusError.self) { _ = try await hub.watch("/", after: 9, history: noHistory) }
        let later = try await hub.watch("/", after: 10, history: noHistory).makeAsyncIterator()
        hub.publish([put(11)])
        #expect(try await later.next()?.revision == 11)
    }

    @Test("a compaction ahead of the hub holds for watches, and the changes up to it still come")
    func compactionAhead() async throws {
        let hub = WatchHub(at: 1)
        let events = try await hub.watch("/", history: noHistory).makeAsyncIterator()
        hub.compact(3)
        await #expect(throws: StatusError.self) { _ = try await hub.watch("/", after: 2, history: noHistory) }
        hub.publish([put(2), put(3), put(4)])
        for revision in 2...4 { #expect(try await events.next()?.revision.rawValue == Int64(revision)) }
    }

    @Test("a watch reads the history in stretches until it reaches the memory")
    func history() async throws {
        let hub = WatchHub(at: 6)
        hub.publish([put(7)])
        let events = try await hub.watch("/", after: 1) { _, position in
            StoreHistory(events: [put(position.next.rawValue)], through: position.next)
        }.makeAsyncIterator()
        for revision in 2...7 { #expect(try await events.next()?.revision.rawValue == Int64(revision)) }
    }
}
