import Foundation
import GRDB
import ResourceStore

extension Database {
    /// Carries out a write at a revision if its expectation holds, and adds what happened to `events`.
    func carryOut(
        _ write: PendingWrite, at revision: StoreRevision, into events: inout [StoreEvent]
    ) throws -> StoreOutcome {
        switch write {
        case .put(let key, let value, let expectation):
            let current = try entry(key)
            guard expectation.isMet(by: current) else { return .mismatch(current: current) }
            let entry = StoreEntry(key, value, revision)
            try append(entry, replacing: current, isDeletion: false)
            try setCurrent(entry)
            events.append(.put(entry, previous: current))
        case .delete(let key, let expected):
            let current = try entry(key)
            guard let current, current.revision == expected else { return .mismatch(current: current) }
            try append(StoreEntry(key, [], revision), replacing: current, isDeletion: true)
            try cachedStatement(sql: "DELETE FROM object WHERE key = ?").execute(arguments: [Data(key.utf8)])
            events.append(.delete(revision: revision, last: current))
        }
        return .committed(revision)
    }

    private func append(_ entry: StoreEntry, replacing previous: StoreEntry?, isDeletion: Bool) throws {
        let sql = "INSERT INTO change (revision, key, previous, deleted, value) VALUES (?, ?, ?, ?, ?)"
        try cachedStatement(sql: sql).execute(arguments: [
            entry.revision.rawValue, Data(entry.key.utf8), previous?.revision.rawValue, isDeletion, Data(entry.value),
        ])
    }

    private func setCurrent(_ entry: StoreEntry) throws {
        let sql = "INSERT INTO object (key, revision) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET revision = ?"
        let revision = entry.revision.rawValue
        try cachedStatement(sql: sql).execute(arguments: [Data(entry.key.utf8), revision, revision])
    }
}

extension Database {
    /// How many revisions a step of compaction goes through: few enough that no writer waits long behind it.
    private static var compactionStep: Int64 { 500 }

    /// From here on nothing before the revision is answered.
    func beginCompaction(_ revision: StoreRevision) throws {
        try revision.check(compacted: revision, current: currentRevision())
        try execute(
            sql: "UPDATE compaction SET promised = ? WHERE promised < ?",
            arguments: [revision.rawValue, revision.rawValue])
    }

    /// Removes some of what is below the promise. False where nothing is left to do.
    ///
    /// The newest row stays even where it is a deletion: it holds the store's revision. For its sake a step begins with
    /// the last row of the one before.
    func compactStep() throws -> Bool {
        guard let row = try Row.fetchOne(self, sql: "SELECT promised, removed FROM compaction") else { return false }
        let promised: Int64 = row[0]
        let removed: Int64 = row[1]
        let end = min(promised, removed + Self.compactionStep)
        try execute(
            sql: """
                DELETE FROM change WHERE revision IN
                    (SELECT previous FROM change WHERE revision BETWEEN ? AND ? AND previous IS NOT NULL)
                """, arguments: [removed, end])
        try execute(
            sql: """
                DELETE FROM change WHERE revision BETWEEN ? AND ? AND deleted
                    AND revision < (SELECT max(revision) FROM change)
                """, arguments: [removed, end])
        try execute(sql: "UPDATE compaction SET removed = ?", arguments: [end])
        return end < promised
    }
}
