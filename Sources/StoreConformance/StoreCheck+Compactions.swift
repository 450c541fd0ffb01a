import ResourceStore

extension StoreCheck {
    static let compactions: [StoreCheck] = [
        StoreCheck("compaction leaves what is, and takes the lists and watches of the past", compaction),
        StoreCheck("a watch that has begun does not notice compaction") { store in
            var reader = WatchReader(try await store.watch(root, after: nil))
            let first = try await store.create(key("a"), "1")
            let second = try await store.update(first, "2")
            try await store.compact(second.revision)
            let third = try await store.update(second, "3")
            let events = try await reader.events(through: third.revision)
            let expected: [StoreEvent] = [
                .put(first, previous: nil), .put(second, previous: first), .put(third, previous: second),
            ]
            try expect("the events", events, is: expected)
        },
        StoreCheck("compacting again, or less, changes nothing") { store in
            let first = try await store.create(key("a"), "1")
            let second = try await store.update(first, "2")
            try await store.compact(second.revision)
            try await store.compact(second.revision)
            try await store.compact(first.revision)
            try await expectExpired("a watch") { _ = try await store.watch(root, after: first.revision) }
            try expect("get", try await store.get(key("a")), is: second)
        },
        StoreCheck("a revision that the store has not reached is not compacted") { store in
            let entry = try await store.create(key("a"))
            let future = StoreRevision(entry.revision.rawValue + 1000)
            try await expectTooLarge("compaction") { try await store.compact(future) }
            try expect("the list", try await store.list(root).entries, is: [entry])
        },
        StoreCheck("a deletion as the last write before compaction keeps its revision") { store in
            let entry = try await store.create(key("a"))
            let removal = try await store.remove(entry)
            try await store.compact(removal)
            try expect("the revision", try await store.currentRevision(), is: removal)
            let next = try await store.create(key("b"))
            try expect("the next revision", next.revision > removal, "above \(removal)", seen: next.revision)
            try await store.compact(next.revision)
            try expect("the list", try await store.list(root).entries, is: [next])
        },
        StoreCheck("history after a compaction is whole", limits: WatchLimits(tailEvents: 3), historyAfterCompaction),
    ]

    private static func compaction(_ store: any ResourceStore) async throws {
        let kept = try await store.create(key("kept"))
        let first = try await store.create(key("a"), "1")
        let gone = try await store.create(key("gone"))
        let second = try await store.update(first, "2")
        let edge = try await store.remove(gone)
        let third = try await store.update(second, "3")
        try await store.compact(edge)

        try expect("the newest list", try await store.list(root).entries, is: [third, kept])
        try expect("get", try await store.get(key("a")), is: third)
        let page = try await store.list(root, at: edge, limit: nil, after: nil)
        try expect("the list at the compacted revision", page.entries, is: [second, kept])
        var reader = WatchReader(try await store.watch(root, after: edge))
        let events = try await reader.events(through: third.revision)
        try expect("the watch after the compacted revision", events, is: [.put(third, previous: second)])
        for revision in [kept.revision, first.revision, second.revision] {
            try await expectExpired("a list at \(revision)") {
                _ = try await store.list(root, at: revision, limit: nil, after: nil)
            }
            try await expectExpired("a watch after \(revision)") { _ = try await store.watch(root, after: revision) }
        }
    }

    private static func historyAfterCompaction(_ store: any ResourceStore) async throws {
        var entry = try await store.create(key("a"), "0")
        var revisions: [StoreRevision] = []
        for round in 1..<30 {
            entry = try await store.update(entry, "\(round)")
            revisions.append(entry.revision)
        }
        try await store.compact(revisions[9])
        var reader = WatchReader(try await store.watch(root, after: revisions[9]))
        let events = try await reader.events(through: entry.revision)
        try expect("the revisions", events.map(\.revision), is: Array(revisions[10...]))
        for index in [9, 15, 28] {
            let page = try await store.list(root, at: revisions[index], limit: nil, after: nil)
            try expect("the value at \(revisions[index])", page.entries.map(\.value), is: [bytes("\(index + 1)")])
        }
    }
}
