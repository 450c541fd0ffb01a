import Foundation
import GRDB
import ResourceStore

extension Database {
    func currentRevision() throws -> StoreRevision {
        let row = try cachedStatement(sql: "SELECT max(revision) FROM change")
        return try Int64.fetchOne(row).map { StoreRevision($0) } ?? .initial
    }

    func compactedRevision() throws -> StoreRevision {
        let row = try cachedStatement(sql: "SELECT promised FROM compaction")
        return try Int64.fetchOne(row).map { StoreRevision($0) } ?? .initial
    }

    /// - Throws: `expired` or `timeout` for a revision that the store cannot speak about.
    func check(_ revision: StoreRevision) throws {
        try revision.check(compacted: compactedRevision(), current: currentRevision())
    }

    func entry(_ key: StoreKey) throws -> StoreEntry? {
        let sql = "SELECT c.revision, c.value FROM object o JOIN change c ON c.revision = o.revision WHERE o.key = ?"
        guard let row = try Row.fetchOne(cachedStatement(sql: sql), arguments: [Data(key.utf8)]) else { return nil }
        return StoreEntry(key, try row.bytes(1), StoreRevision(row[0]))
    }

    /// How many objects there are in a range, without those that were stored after a revision.
    func count(_ range: KeyRange, at revision: StoreRevision?) throws -> Int {
        let sql = "SELECT count(*) FROM object WHERE key >= ? AND key < ? AND revision <= ?"
        let arguments: StatementArguments = [range.lower, range.upper, revision?.rawValue ?? .max]
        return try Int.fetchOne(cachedStatement(sql: sql), arguments: arguments) ?? 0
    }
}

extension Database {
    /// A page of the store as it was at a revision: the objects that have not changed since, and the former state of
    /// those that have.
    func page(_ range: KeyRange, at revision: StoreRevision?, limit: Int?) throws -> StorePage {
        let current = try currentRevision()
        let moment = revision ?? current
        try moment.check(compacted: compactedRevision(), current: current)
        let former = moment == current ? [] : try formerEntries(range, at: moment)
        var entries = try unchangedEntries(range, at: moment, limit: limit)
        let isFull = entries.count == limit
        if !former.isEmpty { entries = (entries + former).sorted { $0.key < $1.key } }
        guard let limit, isFull || entries.count > limit else {
            return StorePage(entries: entries, revision: moment, remaining: 0)
        }
        let total = try count(range, at: moment) + former.count
        return StorePage(entries: Array(entries.prefix(limit)), revision: moment, remaining: total - limit)
    }

    private func unchangedEntries(_ range: KeyRange, at moment: StoreRevision, limit: Int?) throws -> [StoreEntry] {
        let sql = """
            SELECT o.key, o.revision, c.value FROM object o JOIN change c ON c.revision = o.revision
            WHERE o.key >= ? AND o.key < ? AND o.revision <= ? ORDER BY o.key LIMIT ?
            """
        let arguments: StatementArguments = [range.lower, range.upper, moment.rawValue, limit ?? -1]
        return try entries(sql, arguments)
    }

    /// The objects that existed at a revision and have changed since, as they were.
    private func formerEntries(_ range: KeyRange, at moment: StoreRevision) throws -> [StoreEntry] {
        // SQLite takes the bare column of an aggregate from the row that holds the minimum: the first change since.
        let sql = """
            SELECT p.key, p.revision, p.value FROM (
                SELECT min(revision), previous FROM change
                WHERE revision > ? AND key >= ? AND key < ? GROUP BY key
            ) first JOIN change p ON p.revision = first.previous
            """
        return try entries(sql, [moment.rawValue, range.lower, range.upper])
    }

    private func entries(_ sql: String, _ arguments: StatementArguments) throws -> [StoreEntry] {
        let rows = try Row.fetchCursor(cachedStatement(sql: sql), arguments: arguments)
        var entries: [StoreEntry] = []
        while let row = try rows.next() {
            entries.append(StoreEntry(try row.key(0), try row.bytes(2), StoreRevision(row[1])))
        }
        return entries
    }
}

extension Database {
    /// How many events a watch that catches up gets at a time, and through how many changes of other keys it looks for
    /// them.
    private static var stretchEvents: Int { 500 }
    private static var stretchChanges: Int64 { 10_000 }

    func history(_ range: KeyRange, after position: StoreRevision) throws -> StoreHistory {
        try check(position)
        let end = min(try currentRevision(), StoreRevision(position.rawValue + Self.stretchChanges))
        let sql = """
            SELECT c.key, c.revision, c.value, c.deleted, p.revision, p.value
            FROM change c LEFT JOIN change p ON p.revision = c.previous
            WHERE c.revision > ? AND c.revision <= ? AND c.key >= ? AND c.key < ? ORDER BY c.revision LIMIT ?
            """
        let rows = try Row.fetchCursor(
            cachedStatement(sql: sql),
            arguments: [position.rawValue, end.rawValue, range.lower, range.upper, Self.stretchEvents])
        var events: [StoreEvent] = []
        while let row = try rows.next() { events.append(try row.event()) }
        let last = events.count < Self.stretchEvents ? nil : events.last
        return StoreHistory(events: events, through: last?.revision ?? end)
    }
}

extension Row {
    fileprivate func key(_ index: Int) throws -> StoreKey {
        guard let key = StoreKey(utf8: try bytes(index)) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a key is not UTF-8")
        }
        return key
    }

    /// A column's bytes, copied once. SQLite stores no bytes as NULL.
    fileprivate func bytes(_ index: Int) throws -> [UInt8] {
        try withUnsafeData(atIndex: index) { data in data.map { [UInt8]($0) } ?? [] }
    }

    /// A change with what it replaced, in the columns of a history.
    fileprivate func event() throws -> StoreEvent {
        let key = try key(0)
        let revision = StoreRevision(self[1])
        let previousRevision: Int64? = self[4]
        let previous = try previousRevision.map { StoreEntry(key, try bytes(5), StoreRevision($0)) }
        let isDeletion: Bool = self[3]
        if !isDeletion { return .put(StoreEntry(key, try bytes(2), revision), previous: previous) }
        guard let previous else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "revision \(revision) removed nothing")
        }
        return .delete(revision: revision, last: previous)
    }
}
