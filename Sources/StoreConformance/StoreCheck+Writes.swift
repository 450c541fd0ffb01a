import ResourceStore

extension StoreCheck {
    static let writes: [StoreCheck] = [
        StoreCheck("a key that was never written is absent") { store in
            try expect("get", try await store.get(key("nothing")), is: nil)
            try expect("count", try await store.count(root), is: 0)
            try expect("list", try await store.list(root).entries, is: [])
        },
        StoreCheck("a store without objects stands at a revision above zero") { store in
            let revision = try await store.currentRevision()
            try expect("the revision", revision >= .initial, "at least 1", seen: revision)
        },
        StoreCheck("what was put is what is read") { store in
            let entry = try await store.create(key("a"), "first")
            try expect("get", try await store.get(key("a")), is: entry)
            let changed = try await store.update(entry, "second")
            try expect("get after an update", try await store.get(key("a")), is: changed)
            try expect("the revision", try await store.currentRevision(), is: changed.revision)
        },
        StoreCheck("every write has a revision of its own, above all before", strictOrder),
        StoreCheck("a put that expects absence meets an object and leaves it", putOntoObject),
        StoreCheck("a put that expects a revision meets another one and leaves it", putOntoOtherRevision),
        StoreCheck("a put that expects a revision does not create") { store in
            let outcome = try await store.put(key("a"), bytes("x"), expecting: .revision(1))
            try expect("the outcome", outcome, is: .mismatch(current: nil))
            try expect("get", try await store.get(key("a")), is: nil)
        },
        StoreCheck("a deleted object is gone, and its name is free", deletion),
        StoreCheck("a delete that expects another revision leaves the object") { store in
            let old = try await store.create(key("a"))
            let new = try await store.update(old, "newer")
            let outcome = try await store.delete(key("a"), expecting: old.revision)
            try expect("the outcome", outcome, is: .mismatch(current: new))
            try expect("get", try await store.get(key("a")), is: new)
            let missing = try await store.delete(key("b"), expecting: old.revision)
            try expect("the outcome for a missing key", missing, is: .mismatch(current: nil))
        },
        StoreCheck("a write that did not happen takes no revision") { store in
            let entry = try await store.create(key("a"))
            _ = try await store.put(key("a"), bytes("x"), expecting: .absent)
            _ = try await store.delete(key("a"), expecting: 1)
            try expect("the revision", try await store.currentRevision(), is: entry.revision)
        },
        StoreCheck("a revision that was replaced is not met by a new object of its name") { store in
            let old = try await store.create(key("a"), "same")
            try await store.remove(old)
            let new = try await store.create(key("a"), "same")
            let outcome = try await store.put(key("a"), bytes("x"), expecting: .revision(old.revision))
            try expect("the outcome", outcome, is: .mismatch(current: new))
        },
        StoreCheck("values are kept byte for byte, empty and up to 1.5 MB", values),
        StoreCheck("keys differ as their bytes do", keys),
    ]

    private static func strictOrder(_ store: any ResourceStore) async throws {
        var last = try await store.currentRevision()
        for round in 0..<5 {
            var entry = try await store.create(key("a"), "\(round)")
            let other = try await store.create(key("b-\(round)"))
            entry = try await store.update(entry, "again")
            let removal = try await store.remove(entry)
            for revision in [other.revision, entry.revision, removal] {
                try expect("a later revision", revision > last, "above \(last)", seen: revision)
                last = revision
            }
        }
    }

    private static func putOntoObject(_ store: any ResourceStore) async throws {
        let entry = try await store.create(key("a"), "mine")
        let outcome = try await store.put(key("a"), bytes("yours"), expecting: .absent)
        try expect("the outcome", outcome, is: .mismatch(current: entry))
        try expect("get", try await store.get(key("a")), is: entry)
    }

    private static func putOntoOtherRevision(_ store: any ResourceStore) async throws {
        let old = try await store.create(key("a"), "1")
        let new = try await store.update(old, "2")
        let outcome = try await store.put(key("a"), bytes("3"), expecting: .revision(old.revision))
        try expect("the outcome", outcome, is: .mismatch(current: new))
        try expect("get", try await store.get(key("a")), is: new)
    }

    private static func deletion(_ store: any ResourceStore) async throws {
        let entry = try await store.create(key("a"))
        let removal = try await store.remove(entry)
        try expect("get", try await store.get(key("a")), is: nil)
        try expect("the revision", try await store.currentRevision(), is: removal)
        let outcome = try await store.delete(key("a"), expecting: entry.revision)
        try expect("a second delete", outcome, is: .mismatch(current: nil))
        let again = try await store.create(key("a"))
        try expect("get", try await store.get(key("a")), is: again)
    }

    private static func values(_ store: any ResourceStore) async throws {
        let large = (0..<1_500_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        let values: [String: [UInt8]] = ["empty": [], "every": Array(0...255), "large": large]
        var reader = WatchReader(try await store.watch(root, after: nil))
        for name in values.keys.sorted() {
            let value = values[name] ?? []
            let outcome = try await store.put(key(name), value, expecting: .absent)
            let entry = StoreEntry(key(name), value, try await store.currentRevision())
            try expect("the outcome", outcome, is: .committed(entry.revision))
            let events = try await reader.events(through: entry.revision)
            try expect("the event of \(name)", events == [.put(entry, previous: nil)], "the value", seen: "another")
            try expect("get of \(name)", try await store.get(key(name)) == entry, "the value", seen: "another")
        }
        let lengths = try await store.list(root).entries.map(\.value.count)
        try expect("the lengths in a list", lengths, is: [0, 256, 1_500_000])
    }

    private static func keys(_ store: any ResourceStore) async throws {
        let names = ["e\u{301}", "\u{e9}", "日本", "🗻", "E", "Σίσυφος", "a b", "a%2Fb", "\u{10FFFF}"]
        for name in names { try await store.create(key(name), name) }
        for name in names {
            try expect("get of \(name)", try await store.get(key(name))?.value, is: bytes(name))
        }
        let listed = try await store.list(root).entries.map { Array($0.value) }
        let expected = names.map(bytes).sorted { $0.lexicographicallyPrecedes($1) }
        try expect("the order of keys", listed, is: expected)
    }
}
