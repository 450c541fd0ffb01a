import APIMachinery
import CorbelAPI
import ResourceClient
import ResourceStore

/// One page of a list.
struct ListPage: Sendable {
    var items: [Unstructured]
    var revision: Int64
    var continuation: Continuation?
    var remaining: Int?

    /// The `metadata` of the list.
    var metadata: JSONValue {
        var metadata: JSONValue = ["resourceVersion": .string(String(revision))]
        if let continuation { metadata["continue"] = .string(continuation.token) }
        if let remaining, continuation != nil { metadata["remainingItemCount"] = JSONValue(remaining) }
        return metadata
    }
}

extension ResourceService {
    /// A consistent page: everything in it is as of one revision, and so are the pages after it.
    ///
    /// A selector is applied after the store has read, so a page may hold fewer objects than its limit while more follow.
    func list(_ query: ListQuery) async throws -> ListPage {
        try query.validateForList()
        let prefix = keys.prefix(of: query.definition, namespace: query.namespace)
        let revision = query.continuation?.revision ?? (query.match == .exact ? query.resourceVersion : nil)
        if revision == nil, let wanted = query.resourceVersion { try await requireNotFuture(wanted) }
        let page = try await store.list(
            prefix, at: revision, after: query.continuation?.after, limit: query.limit)
        let items = try page.entries.map(decode).filter(query.selects)
        let next = page.hasMore ? page.entries.last.map { Continuation(revision: page.revision, after: $0.key) } : nil
        return ListPage(items: items, revision: page.revision, continuation: next, remaining: page.remaining)
    }

    /// Refuses a revision that the store has not reached: a client that speaks of it has seen another store.
    private func requireNotFuture(_ revision: Int64) async throws {
        let current = try await store.currentRevision()
        guard revision <= current else {
            throw StatusError(
                .timeout, "Too large resource version: \(revision), current: \(current)",
                causes: [.init(reason: "ResourceVersionTooLarge", message: "Too large resource version")],
                retryAfter: .seconds(1))
        }
    }

    /// The events of a watch, until the store ends it. An object that begins or ceases to match the selectors is added or deleted,
    /// whatever was done to it.
    func watch(_ query: ListQuery, from revision: Int64) async throws -> some AsyncSequence<WatchEvent, any Error> & Sendable {
        let prefix = keys.prefix(of: query.definition, namespace: query.namespace)
        return try await store.watch(prefix, after: revision).map { try event(of: $0, query) }.compactMap { $0 }
    }

    private func event(of change: StoreEvent, _ query: ListQuery) throws -> WatchEvent? {
        switch change {
        case .progress(let revision): return .bookmark(resourceVersion: String(revision))
        case .put(let entry, let previous):
            let object = try decode(entry)
            let matched = try previous.map { query.selects(try decode($0)) } ?? false
            switch (matched, query.selects(object)) {
            case (false, true): return .added(object)
            case (true, true): return .modified(object)
            case (true, false): return .deleted(object)
            case (false, false): return nil
            }
        case .delete(let last, let revision):
            var object = try decode(last)
            guard query.selects(object) else { return nil }
            object.resourceVersion = String(revision)
            return .deleted(object)
        }
    }
}
