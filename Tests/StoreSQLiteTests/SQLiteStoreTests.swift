import CorbelAPI
import Foundation
import GRDB
import ResourceStore
import Testing

@testable import StoreSQLite

@Suite("SQLiteStore")
struct SQLiteStoreTests {
    @Test("what was acknowledged is there after the store was dropped and opened again")
    func reopening() async throws {
        try await withTemporaryDirectory { directory in
            let (kept, removal) = try await fill(SQLiteStore(directory: directory))
            let store = try SQLiteStore(directory: directory)
            #expect(try await store.list("/").entries == [kept])
            #expect(try await store.currentRevision() == removal)
            #expect(try await store.put("/b", [2], expecting: .absent) == .committed(removal.next))
        }
    }

    @Test("a watch resumes across a restart")
    func resumption() async throws {
        try await withTemporaryDirectory { directory in
            let (kept, removal) = try await fill(SQLiteStore(directory: directory))
            let store = try SQLiteStore(directory: directory)
            let watch = try await store.watch("/", after: kept.revision)
            let gone = StoreEntry("/gone", [1], kept.revision.next)
            let events = watch.makeAsyncIterator()
            #expect(try await events.next() == .put(gone, previous: nil))
            #expect(try await events.next() == .delete(revision: removal, last: gone))
        }
    }

    @Test("a database of a newer schema is refused and left as it is")
    func newerSchema() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/store.sqlite"
            try DatabaseQueue(path: path).write { db in
                try db.execute(sql: "CREATE TABLE future (x); PRAGMA user_version = 99")
            }
            let before = try Data(contentsOf: URL(fileURLWithPath: path))
            let error = #expect(throws: StatusError.self) { try SQLiteStore(directory: directory) }
            #expect(error?.message.contains("version 99") == true)
            #expect(error?.message.contains(path) == true)
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        }
    }

    @Test("a file that is no database is refused and left as it is")
    func noDatabase() async throws {
        try await withTemporaryDirectory { directory in
            let url = URL(fileURLWithPath: directory + "/store.sqlite")
            let text = Data(String(repeating: "no database at all\n", count: 100).utf8)
            try text.write(to: url)
            let error = #expect(throws: StatusError.self) { try SQLiteStore(directory: directory) }
            #expect(error?.reason == .internalError)
            #expect(try Data(contentsOf: url) == text)
        }
    }

    @Test(
        "a database that is cut off or overwritten is refused, and left as it is",
        arguments: [
            (0..<1, "it has 1 bytes"), (0..<511, "it has 511 bytes"), (0..<4096, "malformed"),
            (0..<12_288, "malformed"),
        ])
    func damaged(kept: Range<Int>, says part: String) async throws {
        try await withTemporaryDirectory { directory in
            _ = try await fill(SQLiteStore(directory: directory))
            let url = URL(fileURLWithPath: directory + "/store.sqlite")
            let whole = try Data(contentsOf: url)
            try #require(whole.count > kept.upperBound)
            try whole[kept].write(to: url)
            let error = #expect(throws: StatusError.self) { try SQLiteStore(directory: directory) }
            #expect(error?.reason == .internalError)
            #expect(error?.message.contains(url.path) == true, "\(error?.message ?? "")")
            #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
            #expect(try Data(contentsOf: url) == whole[kept])
        }
    }

    @Test("a second opener is told which directory is taken, and may have it afterwards")
    func secondOpener() async throws {
        try await withTemporaryDirectory { directory in
            let store = try SQLiteStore(directory: directory)
            let error = #expect(throws: StatusError.self) { try SQLiteStore(directory: directory) }
            #expect(error?.reason == .conflict)
            #expect(error?.message.contains(directory) == true)
            #expect(try await store.put("/a", [1], expecting: .absent) == .committed(2))
        }
    }

    @Test("the first opener's end frees the directory")
    func lockEnds() async throws {
        try await withTemporaryDirectory { directory in
            do { _ = try DirectoryLock(directory: directory) }
            _ = try DirectoryLock(directory: directory)
        }
    }

    @Test("a closed store is one whole file, whoever still holds it, and answers no more")
    func closing() async throws {
        try await withTemporaryDirectory { directory in
            let store = try SQLiteStore(directory: directory)
            let watch = try await store.watch("/", after: nil)
            _ = try await store.put("/a", [1], expecting: .absent)
            _ = try await store.get("/a")
            try store.close()
            let alone = directory + "/alone.sqlite"
            try FileManager.default.copyItem(atPath: directory + "/store.sqlite", toPath: alone)
            #expect(try await DatabaseQueue(path: alone).read { try $0.entry("/a") }?.value == [1])
            await #expect(throws: StatusError.self) { try await store.put("/b", [2], expecting: .absent) }
            await #expect(throws: StatusError.self) { try await store.get("/a") }
            withExtendedLifetime(watch) {}
        }
    }

    @Test("commits are flushed to the disk")
    func durability() async throws {
        try await withTemporaryDirectory { directory in
            let store = try SQLiteStore(directory: directory)
            let settings = try await store.pool.writeWithoutTransaction { db in
                [
                    try String.fetchOne(db, sql: "PRAGMA journal_mode"),
                    try String.fetchOne(db, sql: "PRAGMA synchronous"),
                ]
            }
            #expect(settings == ["wal", "2"])
        }
    }

    @Test("writes of concurrent clients share commits, and each is judged on its own")
    func groupCommit() async throws {
        try await withTemporaryDirectory { directory in
            let store = try SQLiteStore(directory: directory)
            let outcomes = try await withThrowingTaskGroup(of: StoreOutcome.self) { group in
                for index in 0..<400 {
                    group.addTask { try await store.put("/\(index / 2)", [UInt8(index % 2)], expecting: .absent) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let committed = outcomes.filter { if case .committed = $0 { true } else { false } }
            #expect(committed.count == 200)
            #expect(store.statistics.writes == 200)
            #expect(store.statistics.commits < 100)
        }
    }

    @Test("a full disk fails the writes, keeps the reads, and is forgotten when there is space again")
    func diskFull() async throws {
        try await withTemporaryDirectory { directory in
            let store = try SQLiteStore(directory: directory)
            try await limit(store, pages: 64)
            let error = try await #require(firstFailure(of: store))
            #expect(error.reason == .serviceUnavailable)
            #expect(error.message.contains("full"))
            let before = try await store.list("/")
            #expect(before.revision.rawValue == Int64(before.entries.count) + 1)
            try await limit(store, pages: 1_000_000)
            #expect(try await store.put("/after", [1], expecting: .absent) == .committed(before.revision.next))
            let watch = try await store.watch("/", after: before.revision)
            let events = watch.makeAsyncIterator()
            #expect(try await events.next()?.revision == before.revision.next)
        }
    }

    /// Leaves one object, whose creation, another's and the other's removal are the whole history.
    private func fill(_ store: SQLiteStore) async throws -> (kept: StoreEntry, removal: StoreRevision) {
        #expect(try await store.put("/a", [1], expecting: .absent) == .committed(2))
        #expect(try await store.put("/gone", [1], expecting: .absent) == .committed(3))
        #expect(try await store.delete("/gone", expecting: 3) == .committed(4))
        return (StoreEntry("/a", [1], 2), 4)
    }

    private func limit(_ store: SQLiteStore, pages: Int) async throws {
        try await store.pool.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA max_page_count = \(pages)")
        }
    }

    private func firstFailure(of store: SQLiteStore) async throws -> StatusError? {
        for index in 0..<1000 {
            do {
                _ = try await store.put("/\(index)", [UInt8](repeating: 7, count: 2000), expecting: .absent)
            } catch let error as StatusError {
                return error
            }
        }
        return nil
    }
}
