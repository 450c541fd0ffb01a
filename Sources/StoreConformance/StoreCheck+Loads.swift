import ResourceStore

extension StoreCheck {
    static let loads: [StoreCheck] = [
        StoreCheck("of 64 writers on one key exactly one wins each revision", contention),
        StoreCheck("64 writers on keys of their own all get in", independentWriters),
        StoreCheck("pages taken under concurrent writes are the store at their revision", pagingUnderLoad),
        StoreCheck("readers see every acknowledged write at once") { store in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<8 {
                    group.addTask {
                        for round in 0..<20 {
                            let entry = try await store.create(key("\(writer)/\(round)"))
                            try expect("get", try await store.get(entry.key), is: entry)
                            let page = try await store.list(entry.key)
                            try expect("list", page.entries.first, is: entry)
                            try expect("the revision", page.revision >= entry.revision, "no older", seen: page.revision)
                        }
                    }
                }
                try await group.waitForAll()
            }
        },
    ]

    /// Every writer reads and replaces until it has won twice.
    private static func contention(_ store: any ResourceStore) async throws {
        let first = try await store.create(key("one"), "start")
        let watch = try await store.watch(key("one"), after: first.revision)
        let wins = try await withThrowingTaskGroup(of: [StoreRevision].self) { group in
            for writer in 0..<64 {
                group.addTask { try await win(2, writer, from: first, in: store) }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        try expect("the number of wins", wins.count, is: 128)
        try expect("the number of revisions", Set(wins).count, is: 128)
        var reader = WatchReader(watch)
        var last = first
        for event in try await reader.events(through: try await store.currentRevision()) {
            guard case .put(let entry, let previous) = event else { continue }
            try expect("what \(entry.revision) replaced", previous, is: last)
            last = entry
        }
        try expect("the end of the chain", last.revision, is: wins.max())
    }

    private static func win(
        _ times: Int, _ writer: Int, from first: StoreEntry, in store: any ResourceStore
    ) async throws -> [StoreRevision] {
        var wins: [StoreRevision] = []
        var known = first.revision
        while wins.count < times {
            let value = bytes("\(writer).\(wins.count)")
            switch try await store.put(first.key, value, expecting: .revision(known)) {
            case .committed(let revision):
                wins.append(revision)
                known = revision
            case .mismatch(let current):
                guard let current else {
                    throw ConformanceFailure(subject: "a contended key", expected: "an object", seen: "none")
                }
                try expect("what stood in the way", current.revision > known, "above \(known)", seen: current.revision)
                known = current.revision
            }
        }
        return wins
    }

    private static func independentWriters(_ store: any ResourceStore) async throws {
        let watch = try await store.watch(root, after: nil)
        let entries = try await withThrowingTaskGroup(of: StoreEntry.self) { group in
            for writer in 0..<64 {
                group.addTask { try await store.update(store.create(key("\(writer)"), "1"), "2") }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let page = try await store.list(root)
        try expect("the list", page.entries, is: entries.sorted { $0.key < $1.key })
        var reader = WatchReader(watch)
        let revisions = try await reader.events(through: page.revision).map(\.revision)
        try expect("the number of events", revisions.count, is: 128)
        try expect("the order of events", revisions, is: Set(revisions).sorted())
    }

    private static func pagingUnderLoad(_ store: any ResourceStore) async throws {
        let start = try await store.currentRevision()
        for index in 0..<30 { try await store.create(key("\(index)")) }
        let lists = try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 { group.addTask { try await churn(writer, in: store) } }
            var lists: [[StorePage]] = []
            for _ in 0..<6 { lists.append(try await store.pages(root, limit: 7)) }
            try await group.waitForAll()
            return lists
        }
        var reader = WatchReader(try await store.watch(root, after: start))
        let events = try await reader.events(through: try await store.currentRevision())
        for pages in lists {
            let revision = pages[0].revision
            let expected = replay(events.prefix { $0.revision <= revision })
            try expect("the pages at \(revision)", pages.flatMap(\.entries), is: expected)
            let whole = try await store.list(root, at: revision, limit: nil, after: nil)
            try expect("the list at \(revision)", whole.entries, is: expected)
        }
    }

    /// Creates, replaces and removes among the keys of the others.
    private static func churn(_ writer: Int, in store: any ResourceStore) async throws {
        for round in 0..<40 {
            let name = key("\((round * 7 + writer * 11) % 37)")
            let current = try await store.get(name)
            if let current, round % 3 == 0 {
                _ = try await store.delete(name, expecting: current.revision)
            } else {
                let expectation = current.map { StoreExpectation.revision($0.revision) } ?? .absent
                _ = try await store.put(name, bytes("\(writer).\(round)"), expecting: expectation)
            }
        }
    }

    /// What a store holds that did these writes.
    private static func replay(_ events: some Sequence<StoreEvent>) -> [StoreEntry] {
        var entries: [StoreKey: StoreEntry] = [:]
        for event in events {
            switch event {
            case .put(let entry, _): entries[entry.key] = entry
            case .delete(_, let last): entries[last.key] = nil
            case .progress: break
            }
        }
        return entries.values.sorted { $0.key < $1.key }
    }
}
