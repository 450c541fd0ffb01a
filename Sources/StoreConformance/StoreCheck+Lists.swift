import ResourceStore

extension StoreCheck {
    static let lists: [StoreCheck] = [
        StoreCheck("a list is in the order of the keys' bytes, at the newest revision") { store in
            for name in ["b", "a", "c/2", "c/10", "B"] { try await store.create(key(name), name) }
            let page = try await store.list(root)
            try expect("the keys", page.entries.map(\.key), is: ["B", "a", "b", "c/10", "c/2"].map(key))
            try expect("the revision", page.revision, is: try await store.currentRevision())
            try expect("what remains", page.remaining, is: 0)
        },
        StoreCheck("a prefix selects by bytes and ends where its bytes end", prefixes),
        StoreCheck("pages join to the whole list, and each counts what remains", paging),
        StoreCheck("pages of one revision do not see later writes", pagingUnderChange),
        StoreCheck("a list at an old revision is the store as it was", history),
        StoreCheck("a list in the future is refused as too large") { store in
            let future = StoreRevision(try await store.currentRevision().rawValue + 1000)
            try await expectTooLarge("a list") { _ = try await store.list(root, at: future, limit: nil, after: nil) }
        },
        StoreCheck("a count follows creation and deletion") { store in
            let first = try await store.create(key("x/1"))
            try await store.create(key("x/2"))
            try await store.create(key("y/1"))
            try expect("count of x/", try await store.count(key("x/")), is: 2)
            try await store.remove(first)
            try expect("count of x/", try await store.count(key("x/")), is: 1)
            try expect("count of all", try await store.count(root), is: 2)
        },
    ]

    private static func prefixes(_ store: any ResourceStore) async throws {
        for name in ["a", "a/", "a/b", "a/b/c", "a/b0", "a/bé", "a/c", "a0", "b"] {
            try await store.create(key(name))
        }
        let cases: [(String, [String])] = [
            ("a/b/", ["a/b/c"]),
            ("a/b", ["a/b", "a/b/c", "a/b0", "a/bé"]),
            ("a/", ["a/", "a/b", "a/b/c", "a/b0", "a/bé", "a/c"]),
            ("a/b0", ["a/b0"]),
            ("a/bé", ["a/bé"]),
            ("a/d", []),
            ("c", []),
        ]
        for (prefix, names) in cases {
            let page = try await store.list(key(prefix))
            try expect("the list of \(prefix)", page.entries.map(\.key), is: names.map(key))
            try expect("the count of \(prefix)", try await store.count(key(prefix)), is: names.count)
        }
    }

    private static func paging(_ store: any ResourceStore) async throws {
        for index in 0..<23 { try await store.create(key("p/\(index)"), "\(index)") }
        try await store.create(key("q"))
        let whole = try await store.list(key("p/"))
        for limit in [1, 5, 22, 23, 24] {
            let pages = try await store.pages(key("p/"), limit: limit)
            try expect("the pages of \(limit)", pages.flatMap(\.entries), is: whole.entries)
            let remaining = (1...pages.count).map { max(0, 23 - $0 * limit) }
            try expect("what remains behind pages of \(limit)", pages.map(\.remaining), is: remaining)
        }
        let behind = try await store.list(key("p/"), at: nil, limit: 5, after: key("p/zzz"))
        try expect("a page behind the end", behind.entries, is: [])
        let between = try await store.list(key("p/"), at: nil, limit: 1, after: key("p/2a"))
        try expect("a page after a key that is not there", between.entries.map(\.key), is: [key("p/3")])
    }

    private static func pagingUnderChange(_ store: any ResourceStore) async throws {
        var entries: [StoreEntry] = []
        for name in "abcdefgh" { entries.append(try await store.create(key("\(name)"))) }
        let first = try await store.list(root, at: nil, limit: 3, after: nil)
        try await store.remove(entries[0])
        try await store.remove(entries[4])
        let changed = try await store.update(entries[5], "changed")
        try await store.create(key("cc"))
        try await store.remove(changed)
        try await store.create(key("f"), "anew")
        let second = try await store.list(root, at: first.revision, limit: 3, after: first.entries.last?.key)
        let third = try await store.list(root, at: first.revision, limit: 3, after: second.entries.last?.key)
        let seen = first.entries + second.entries + third.entries
        try expect("the pages", seen, is: entries)
        try expect("what remains", [first, second, third].map(\.remaining), is: [5, 2, 0])
        try expect("the revisions", Set([first, second, third].map(\.revision)), is: [first.revision])
    }

    private static func history(_ store: any ResourceStore) async throws {
        var states: [(StoreRevision, [StoreEntry])] = []
        func remember() async throws {
            let page = try await store.list(root)
            states.append((page.revision, page.entries))
        }
        let a = try await store.create(key("a"), "1")
        try await remember()
        let b = try await store.create(key("b"), "1")
        try await remember()
        let changed = try await store.update(a, "2")
        try await remember()
        try await store.remove(b)
        try await remember()
        try await store.update(changed, "3")
        try await store.create(key("b"), "2")
        try await remember()
        for (revision, entries) in states {
            let page = try await store.list(root, at: revision, limit: nil, after: nil)
            try expect("the list at \(revision)", page.entries, is: entries)
            try expect("its revision", page.revision, is: revision)
        }
    }
}
