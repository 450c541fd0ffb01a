import CorbelAPI
import ResourceStore

/// Where the checks keep their objects.
let root: StoreKey = "/corbel/conformance/"

func key(_ name: String) -> StoreKey { StoreKey(root.text + name) }

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

extension ResourceStore {
    /// Stores a new object, which must succeed.
    @discardableResult
    func create(_ key: StoreKey, _ value: String = "new") async throws -> StoreEntry {
        try await committed(put(key, bytes(value), expecting: .absent), StoreEntry(key, bytes(value), .initial))
    }

    /// Replaces an object, which must succeed.
    @discardableResult
    func update(_ entry: StoreEntry, _ value: String) async throws -> StoreEntry {
        let outcome = try await put(entry.key, bytes(value), expecting: .revision(entry.revision))
        return try committed(outcome, StoreEntry(entry.key, bytes(value), .initial))
    }

    /// Removes an object, which must succeed; the revision is that of the removal.
    @discardableResult
    func remove(_ entry: StoreEntry) async throws -> StoreRevision {
        try committed(try await delete(entry.key, expecting: entry.revision), entry).revision
    }

    private func committed(_ outcome: StoreOutcome, _ entry: StoreEntry) throws -> StoreEntry {
        guard case .committed(let revision) = outcome else {
            throw ConformanceFailure(
                subject: "a write to \(entry.key)", expected: "a commit", seen: "\(outcome)")
        }
        return StoreEntry(entry.key, entry.value, revision)
    }

    /// All pages of a list, each of at most `limit` entries.
    func pages(_ prefix: StoreKey, at revision: StoreRevision? = nil, limit: Int) async throws -> [StorePage] {
        var pages = [try await list(prefix, at: revision, limit: limit, after: nil)]
        while let last = pages.last, last.remaining > 0 {
            try expect("a page with more behind it", last.entries.count, is: limit)
            let next = try await list(prefix, at: pages[0].revision, limit: limit, after: last.entries.last?.key)
            let isBehind = next.entries.first.map { first in last.entries.allSatisfy { $0.key < first.key } } ?? false
            try expect("a page", isBehind, "entries behind the page before", seen: next.entries.map(\.key))
            pages.append(next)
        }
        return pages
    }
}

/// The reader of one watch.
struct WatchReader {
    /// How often the store is asked whether it is there yet. A store may follow its own writes at a distance.
    private static let patience = 10_000_000

    private let watch: StoreWatch
    private var iterator: StoreWatch.AsyncIterator

    init(_ watch: StoreWatch) {
        self.watch = watch
        iterator = watch.makeAsyncIterator()
    }

    /// Every change up to a revision. The store's own progress says when there are no more, so a change that the store
    /// forgot is seen as missing and not waited for.
    mutating func events(through revision: StoreRevision) async throws -> [StoreEvent] {
        var events: [StoreEvent] = []
        for _ in 0..<Self.patience {
            watch.requestProgress()
            while let event = try await iterator.next() {
                guard case .progress(let reached) = event else {
                    events.append(event)
                    continue
                }
                if reached >= revision { return events }
                break
            }
            await Task.yield()
        }
        throw ConformanceFailure(
            subject: "a watch", expected: "progress to \(revision)", seen: "\(events.count) events and no such progress"
        )
    }
}

/// The reason and the causes of the error that a call must throw.
func error(_ subject: String, from call: () async throws -> Void) async throws -> StatusError {
    do {
        try await call()
    } catch let error as StatusError {
        return error
    }
    throw ConformanceFailure(subject: subject, expected: "an error", seen: "success")
}

func expectExpired(_ subject: String, _ call: () async throws -> Void) async throws {
    try expect(subject, try await error(subject, from: call).reason, is: .expired)
}

func expectTooLarge(_ subject: String, _ call: () async throws -> Void) async throws {
    let error = try await error(subject, from: call)
    try expect(subject, error.reason, is: .timeout)
    try expect(subject, error.causes.map(\.reason), is: ["ResourceVersionTooLarge"])
}
