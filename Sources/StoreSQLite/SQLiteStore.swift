import CorbelAPI
import Foundation
import GRDB
public import ResourceStore
import Synchronization

/// A store in one SQLite database of a directory.
///
/// The database is in WAL mode with `synchronous=FULL`: a write returns after its commit is on the disk. Writes that
/// wait at the same time share one commit, each judged on its own. Reads go past the writer and see one snapshot each.
///
/// One process has a directory at a time; a second one is refused. The connections close with `close()`, or else when
/// the last reference to the store and to its watches is gone; that also frees the directory.
public final class SQLiteStore: ResourceStore {
    /// The version of the schema that this program writes. A database of a newer version is refused and left as it is.
    public static let schemaVersion = 1

    private let lock: DirectoryLock
    private let hub: WatchHub
    let pool: DatabasePool
    private let writes: WriteQueue

    /// Opens the store of a directory, and creates both where they do not exist.
    ///
    /// - Parameter directory: the path of a directory on a local file system that nothing else writes to.
    /// - Throws: `StatusError`: `conflict` where another process has the directory or a newer program wrote it,
    ///   `serviceUnavailable` or `internalError` where the files cannot be used.
    public init(directory: String, limits: WatchLimits = WatchLimits()) throws {
        lock = try DirectoryLock(directory: directory)
        let path = directory + "/store.sqlite"
        let (pool, revision) = try StatusError.opening(path) {
            let pool = try Self.open(path)
            return (pool, try pool.read { try $0.currentRevision() })
        }
        self.pool = pool
        hub = WatchHub(at: revision, limits: limits)
        writes = WriteQueue(pool, at: revision, hub: hub)
    }

    /// Waits for what is being done, moves the log into the database, and closes both: the database's file is whole by
    /// itself then. Whatever is asked of the store later fails.
    ///
    /// - Throws: `StatusError`. Nothing is lost then: the log stays beside the database, and the next opener reads it.
    public func close() throws {
        try StatusError.mapping {
            // Closing alone leaves the log where a reader, which may not write, is the last to go.
            try pool.barrierWriteWithoutTransaction { _ = try $0.checkpoint(.truncate) }
            try pool.close()
        }
    }

    /// What the store has written since it was opened.
    public var statistics: SQLiteStatistics { writes.statistics }
}

/// How many writes became durable, and in how many commits.
public struct SQLiteStatistics: Sendable, Hashable {
    public var writes = 0
    public var commits = 0
}

extension SQLiteStore {
    public func get(_ key: StoreKey) async throws -> StoreEntry? {
        // A single statement sees one snapshot without a transaction around it.
        try await StatusError.mapping { try await pool.unsafeRead { try $0.entry(key) } }
    }

    public func list(
        _ prefix: StoreKey, at revision: StoreRevision?, limit: Int?, after key: StoreKey?
    ) async throws -> StorePage {
        try await StatusError.mapping {
            try await pool.read { try $0.page(KeyRange(prefix, after: key), at: revision, limit: limit) }
        }
    }

    public func count(_ prefix: StoreKey) async throws -> Int {
        try await StatusError.mapping { try await pool.unsafeRead { try $0.count(KeyRange(prefix), at: nil) } }
    }

    public func put(
        _ key: StoreKey, _ value: [UInt8], expecting expectation: StoreExpectation
    ) async throws -> StoreOutcome {
        try await writes.submit(.put(key, value, expectation))
    }

    public func delete(_ key: StoreKey, expecting revision: StoreRevision) async throws -> StoreOutcome {
        try await writes.submit(.delete(key, revision))
    }

    public func watch(_ prefix: StoreKey, after revision: StoreRevision?) async throws -> StoreWatch {
        if let revision {
            try await StatusError.mapping { try await pool.read { try $0.check(revision) } }
        }
        return try await hub.watch(prefix, after: revision) { [self] prefix, position in
            try await StatusError.mapping { try await pool.read { try $0.history(KeyRange(prefix), after: position) } }
        }
    }

    public func currentRevision() async throws -> StoreRevision {
        try await StatusError.mapping { try await pool.unsafeRead { try $0.currentRevision() } }
    }

    /// The history goes in small steps, with the writers' commits in between. A step that fails, or a cancellation,
    /// leaves the rest to the next call.
    public func compact(_ revision: StoreRevision) async throws {
        try await StatusError.mapping {
            try await pool.write { try $0.beginCompaction(revision) }
            hub.compact(revision)
            while try await pool.write({ try $0.compactStep() }) { try Task.checkCancellation() }
        }
    }
}
