import CorbelAPI
import ResourceStore

extension StoreCheck {
    static let watches: [StoreCheck] = [
        StoreCheck("a watch from now sees what comes and nothing that was") { store in
            try await store.create(key("before"))
            var reader = WatchReader(try await store.watch(root, after: nil))
            let entry = try await store.create(key("after"))
            try expect("the events", try await reader.events(through: entry.revision), is: [.put(entry, previous: nil)])
        },
        StoreCheck("an event carries what was before it", previousValues),
        StoreCheck("a watch sees its own prefix alone", otherPrefixes),
        StoreCheck("a list and a watch after its revision leave no gap and repeat nothing") { store in
            try await store.create(key("a"))
            let page = try await store.list(root)
            let later = [try await store.create(key("b")), try await store.create(key("c"))]
            var reader = WatchReader(try await store.watch(root, after: page.revision))
            let last = try await store.create(key("d"))
            let events = try await reader.events(through: last.revision)
            try expect("the events", events, is: (later + [last]).map { .put($0, previous: nil) })
        },
        StoreCheck("a watch after the newest revision begins empty") { store in
            let entry = try await store.create(key("a"))
            var reader = WatchReader(try await store.watch(root, after: entry.revision))
            try expect("the events", try await reader.events(through: entry.revision), is: [])
        },
        StoreCheck("a quiet watch makes progress with the writes of others") { store in
            var reader = WatchReader(try await store.watch(key("quiet/"), after: nil))
            var last = try await store.create(key("loud/1"))
            try expect("the events", try await reader.events(through: last.revision), is: [])
            last = try await store.update(last, "2")
            try expect("the events", try await reader.events(through: last.revision), is: [])
        },
        StoreCheck("a watch in the future is refused as too large") { store in
            let future = StoreRevision(try await store.currentRevision().rawValue + 1000)
            try await expectTooLarge("a watch") { _ = try await store.watch(root, after: future) }
        },
        StoreCheck("a reader that is cancelled stops waiting", cancellation),
        StoreCheck(
            "a watch whose reader does not read ends with expired, and the others go on",
            limits: WatchLimits(tailEvents: 4, queuedEvents: 8), overflow),
        StoreCheck(
            "a watch that fell behind resumes after the last event that it saw",
            limits: WatchLimits(tailEvents: 4, queuedEvents: 8), overflowAndResume),
    ]

    private static func previousValues(_ store: any ResourceStore) async throws {
        var reader = WatchReader(try await store.watch(root, after: nil))
        let first = try await store.create(key("a"), "1")
        let second = try await store.update(first, "2")
        let removal = try await store.remove(second)
        let again = try await store.create(key("a"), "3")
        let events = try await reader.events(through: again.revision)
        let expected: [StoreEvent] = [
            .put(first, previous: nil), .put(second, previous: first), .delete(revision: removal, last: second),
            .put(again, previous: nil),
        ]
        try expect("the events", events, is: expected)
    }

    private static func otherPrefixes(_ store: any ResourceStore) async throws {
        var folder = WatchReader(try await store.watch(key("a/"), after: nil))
        var single = WatchReader(try await store.watch(key("a/b"), after: nil))
        var entries: [String: StoreEntry] = [:]
        for name in ["a", "a/", "a/b", "a/bc", "a0", "b", "a/é"] { entries[name] = try await store.create(key(name)) }
        let end = try await store.currentRevision()
        func puts(_ names: [String]) -> [StoreEvent] {
            names.compactMap { entries[$0] }.map { .put($0, previous: nil) }
        }
        try expect("a/", try await folder.events(through: end), is: puts(["a/", "a/b", "a/bc", "a/é"]))
        try expect("a/b", try await single.events(through: end), is: puts(["a/b", "a/bc"]))
    }

    private static func cancellation(_ store: any ResourceStore) async throws {
        let watch = try await store.watch(root, after: nil)
        let isCancelled = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                do {
                    for try await _ in watch {}
                    return false
                } catch {
                    return error is CancellationError
                }
            }
            group.cancelAll()
            return await group.next() ?? false
        }
        try expect("the end of the reader", isCancelled, "CancellationError", seen: "something else")
    }

    /// Writes `count` objects while `reader` follows, so that the store has handed out all of them at the end.
    private static func write(
        _ count: Int, to store: any ResourceStore, seenBy reader: inout WatchReader
    ) async throws -> [StoreEvent] {
        var events: [StoreEvent] = []
        for index in 0..<count {
            let entry = try await store.create(key("\(index)"))
            events += try await reader.events(through: entry.revision)
        }
        return events
    }

    private static func overflow(_ store: any ResourceStore) async throws {
        var slow = WatchReader(try await store.watch(root, after: nil))
        var quick = WatchReader(try await store.watch(root, after: nil))
        let seen = try await write(40, to: store, seenBy: &quick)
        try expect("the quick reader's events", seen.count, is: 40)
        let ending = try await end(of: &slow, in: store)
        try expect("the slow reader's end", (ending as? StatusError)?.reason, is: .expired)
    }

    private static func overflowAndResume(_ store: any ResourceStore) async throws {
        var slow = WatchReader(try await store.watch(root, after: nil))
        var quick = WatchReader(try await store.watch(root, after: nil))
        let first = try await store.create(key("first"))
        let seen = try await slow.events(through: first.revision)
        try expect("the first event", seen, is: [.put(first, previous: nil)])
        _ = try await quick.events(through: first.revision)
        let expected = try await write(40, to: store, seenBy: &quick)
        let ending = try await end(of: &slow, in: store)
        try expect("the slow reader's end", (ending as? StatusError)?.reason, is: .expired)
        var resumed = WatchReader(try await store.watch(root, after: first.revision))
        let rest = try await resumed.events(through: try await store.currentRevision())
        try expect("the events after the resumption", rest, is: expected)
    }

    /// The error that a reader meets on its way to the present; `nil` where it gets there.
    private static func end(of reader: inout WatchReader, in store: any ResourceStore) async throws -> (any Error)? {
        let present = try await store.currentRevision()
        do {
            _ = try await reader.events(through: present)
            return nil
        } catch {
            return error
        }
    }
}
