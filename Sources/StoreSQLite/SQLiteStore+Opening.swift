import CorbelAPI
import Foundation
import GRDB

/// The schema, version 1.
///
/// - `change` is the log: a row for every write, at its revision. It is only ever appended to, and the oldest rows go
///   by compaction. A value is in the database once, in the row of the write that stored it.
/// - `object` says which row of the log is an object's current one. Its rows are small, and sorted by key: a get is two
///   look-ups, a list is a walk along a range, and neither grows with the history of an object.
/// - `previous` chains a row to the one that it replaced. It gives a watch the value before, gives a list of the past
///   what an object was, and names what compaction may remove: the predecessors of the rows up to the compacted
///   revision.
/// - `compaction` holds the promise, below which nothing is answered, and how far the rows have been removed.
///
/// Keys are blobs because blobs sort by their bytes. `deleted` tells a deletion from an empty value.
private let schema = """
    CREATE TABLE change (
        revision INTEGER PRIMARY KEY,
        key BLOB NOT NULL,
        previous INTEGER,
        deleted INTEGER NOT NULL,
        value BLOB
    );
    CREATE TABLE object (
        key BLOB PRIMARY KEY,
        revision INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE compaction (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        promised INTEGER NOT NULL,
        removed INTEGER NOT NULL
    );
    INSERT INTO compaction VALUES (1, 1, 0);
    """

extension SQLiteStore {
    /// The version is looked at before anything is opened for writing: opening alone changes a database.
    static func open(_ path: String) throws -> DatabasePool {
        if FileManager.default.fileExists(atPath: path) {
            try refuseStump(path)
            try refuseNewerVersion(path)
        }
        let pool = try DatabasePool(path: path, configuration: configuration)
        try pool.writeWithoutTransaction { db in
            // GRDB sets NORMAL with the WAL mode, and a power cut would take the last commits.
            try db.execute(sql: "PRAGMA synchronous = FULL")
            try db.execute(sql: "PRAGMA journal_size_limit = 67108864")
            if try version(db) == 0 { try create(db) }
        }
        return pool
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.maximumReaderCount = 4
        // Every write takes its turn in one queue, so the only other owner of the lock is a person with a tool.
        configuration.busyMode = .timeout(5)
        configuration.label = "store"
        return configuration
    }

    /// SQLite takes a file of one byte for an empty one, and a few bytes more for none of its own. An empty one is what
    /// a first start leaves that was cut off at once.
    private static func refuseStump(_ path: String) throws {
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
        guard (1..<smallestDatabase).contains(size) else { return }
        throw StatusError(
            .internalError,
            "\(path): the store's database is damaged: it has \(size) bytes, and the smallest one has "
                + "\(smallestDatabase)")
    }

    /// One page of the least size that SQLite has.
    private static let smallestDatabase = 512

    private static func refuseNewerVersion(_ path: String) throws {
        var configuration = Configuration()
        configuration.readonly = true
        let found = try DatabaseQueue(path: path, configuration: configuration).read(version)
        guard found > schemaVersion else { return }
        throw StatusError(
            .conflict,
            "\(path) has schema version \(found), and this program knows versions up to \(schemaVersion): "
                + "use the program that wrote it, or a newer one")
    }

    private static func version(_ db: Database) throws -> Int {
        try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    }

    private static func create(_ db: Database) throws {
        try db.inTransaction(.exclusive) {
            try db.execute(sql: schema)
            try db.execute(sql: "PRAGMA user_version = \(schemaVersion)")
            return .commit
        }
    }
}
