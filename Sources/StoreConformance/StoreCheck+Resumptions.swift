import ResourceStore

extension StoreCheck {
    /// The memory of the hub is small here, so that watches come by way of the store's history.
    private static let shortMemory = WatchLimits(tailEvents: 5)

    static let resumptions: [StoreCheck] = [
        StoreCheck("a watch resumes at any revision without a gap or a repetition", resumption),
        StoreCheck("a watch resumes in the history beyond the memory", limits: shortMemory, resumption),
        StoreCheck("a long history is delivered whole", limits: shortMemory, longHistory),
        StoreCheck("a watch in the past of a quiet prefix reaches the present", limits: shortMemory) { store in
            let first = try await store.create(key("quiet"))
            for index in 0..<20 { try await store.create(key("loud/\(index)")) }
            var reader = WatchReader(try await store.watch(key("quiet"), after: first.revision))
            let changed = try await store.update(first, "changed")
            let events = try await reader.events(through: changed.revision)
            try expect("the events", events, is: [.put(changed, previous: first)])
        },
        StoreCheck(
            "a watch that catches up while others write sees each change once", limits: shortMemory, catchingUp),
        StoreCheck("a watch begun by a writer sees nothing of its past writes") { store in
            for round in 0..<20 {
                let entry = try await store.create(key("own/\(round)"))
                var reader = WatchReader(try await store.watch(root, after: nil))
                let next = try await store.update(entry, "next")
                let events = try await reader.events(through: next.revision)
                try expect("the events", events, is: [.put(next, previous: entry)])
            }
        },
    ]

    private static func resumption(_ store: any ResourceStore) async throws {
        let start = try await store.currentRevision()
        var entry = try await store.create(key("a"), "0")
        for round in 1..<12 {
            entry = try await store.update(entry, "\(round)")
            try await store.create(key("b/\(round)"))
        }
        let end = try await store.remove(entry)
        var reader = WatchReader(try await store.watch(root, after: start))
        let all = try await reader.events(through: end)
        try expect("the number of events", all.count, is: 24)
        for (index, event) in all.enumerated() {
            var resumed = WatchReader(try await store.watch(root, after: event.revision))
            let rest = try await resumed.events(through: end)
            try expect("the events after \(event.revision)", rest, is: Array(all[(index + 1)...]))
        }
    }

    private static func longHistory(_ store: any ResourceStore) async throws {
        let start = try await store.currentRevision()
        var expected: [StoreRevision] = []
        for index in 0..<1200 {
            let entry = try await store.create(key("\(index % 3)/\(index)"))
            if index % 3 == 1 { expected.append(entry.revision) }
        }
        let end = try await store.currentRevision()
        var reader = WatchReader(try await store.watch(key("1/"), after: start))
        let events = try await reader.events(through: end)
        try expect("the revisions", events.map(\.revision), is: expected)
    }

    private static func catchingUp(_ store: any ResourceStore) async throws {
        let start = try await store.currentRevision()
        for index in 0..<100 { try await store.create(key("past/\(index)")) }
        var reader = WatchReader(try await store.watch(root, after: start))
        let seen = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for index in 0..<100 { try await store.create(key("new/\(index)")) }
            }
            var events: [StoreEvent] = []
            for _ in 0..<20 { events += try await reader.events(through: try await store.currentRevision()) }
            try await group.waitForAll()
            return try await events + reader.events(through: try await store.currentRevision())
        }
        let written = try await store.list(root).entries.map(\.revision).sorted()
        try expect("the revisions", seen.map(\.revision), is: written)
    }
}
