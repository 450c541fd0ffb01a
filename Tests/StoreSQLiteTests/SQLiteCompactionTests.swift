import CorbelAPI
import GRDB
import ResourceStore
import Testing

@testable import StoreSQLite

@Suite("SQLiteStore's compaction")
struct SQLiteCompactionTests {
    @Test("leaves one row for each object, and the newest row")
    func rows() async throws {
        try await withTemporaryDirectory { directory in
            let store = try SQLiteStore(directory: directory)
            let last = try await churn(store, rounds: 300)
            #expect(try await changes(store) == 900)
            try await store.compact(last)
            #expect(try await changes(store) == 2)
            #expect(try await store.list("/").entries.map(\.key) == ["/kept"])
            #expect(try await store.put("/next", [], expecting: .absent) == .committed(last.next))
            try await store.compact(last.next)
            #expect(try await changes(store) == 2)
        }
    }

    @Test("that was interrupted goes on with the next one")
    func interruption() async throws {
        try await withTemporaryDirectory { directory in
            let last = try await interrupted(SQLiteStore(directory: directory))
            let store = try SQLiteStore(directory: directory)
            #expect(try await changes(store) > 2)
            await #expect(throws: (any Error).self) { _ = try await store.watch("/", after: 5) }
            try await store.compact(5)
            #expect(try await changes(store) == 2)
            #expect(try await store.currentRevision() == last)
        }
    }

    @Test("lets writers go on", .timeLimit(.minutes(5)))
    func writersGoOn() async throws {
        try await withTemporaryDirectory { directory in
            let store = try SQLiteStore(directory: directory)
            let last = try await churn(store, rounds: 1000)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await store.compact(last) }
                for index in 0..<200 {
                    group.addTask { _ = try await store.put("/during/\(index)", [1], expecting: .absent) }
                }
                try await group.waitForAll()
            }
            #expect(try await store.count("/during/") == 200)
            #expect(try await changes(store) == 201)
        }
    }

    private func interrupted(_ store: SQLiteStore) async throws -> StoreRevision {
        let last = try await churn(store, rounds: 400)
        try await store.pool.write { db in
            try db.beginCompaction(last)
            _ = try db.compactStep()
        }
        return last
    }

    /// Changes one object and creates and removes another in each round; the last write is a removal.
    private func churn(_ store: SQLiteStore, rounds: Int) async throws -> StoreRevision {
        async let changed: Void = change("/kept", rounds, in: store)
        var last = StoreRevision.initial
        for _ in 1..<rounds { last = try await createAndRemove("/gone", in: store) }
        try await changed
        last = try await createAndRemove("/gone", in: store)
        return last
    }

    private func change(_ key: StoreKey, _ times: Int, in store: SQLiteStore) async throws {
        var expectation = StoreExpectation.absent
        for _ in 0..<times {
            let outcome = try await store.put(key, [1], expecting: expectation)
            expectation = .revision(try revision(outcome))
        }
    }

    private func createAndRemove(_ key: StoreKey, in store: SQLiteStore) async throws -> StoreRevision {
        let created = try revision(try await store.put(key, [1], expecting: .absent))
        return try revision(try await store.delete(key, expecting: created))
    }

    private func revision(_ outcome: StoreOutcome) throws -> StoreRevision {
        guard case .committed(let revision) = outcome else { throw StatusError(.internalError, "\(outcome)") }
        return revision
    }

    private func changes(_ store: SQLiteStore) async throws -> Int {
        try await store.pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM change") ?? 0 }
    }
}
