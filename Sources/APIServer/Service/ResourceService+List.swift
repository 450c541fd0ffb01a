import APIMachinery
import CorbelAPI
import ResourceClient
import ResourceStore

/// One page of a list.
struct ListPage: Sendable {
    var items: [Unstructured]
    var revision: StoreRevision
    var continuation: Continuation?
    /// How many objects of the store follow this page.
    var remaining: Int

    /// The `metadata` of the list.
    var metadata: JSONValue {
        var metadata: JSONValue = ["resourceVersion": .string(revision.resourceVersion)]
        if let continuation { metadata["continue"] = .string(continuation.token) }
        if continuation != nil { metadata["remainingItemCount"] = JSONValue(remaining) }
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
            prefix, at: revision, limit: query.limit == 0 ? nil : query.limit,
            after: query.continuation.map { StoreKey($0.after) })
        let items = try page.entries.map(decode).filter(query.selects)
        let last = page.remaining > 0 ? page.entries.last : nil
        return ListPage(
            items: items, revision: page.revision,
            continuation: last.map { Continuation(revision: page.revision, after: $0.key.text) }, remaining: page.remaining)
    }

    /// Refuses a revision that the store has not reached: a client that speaks of it has seen another store.
    private func requireNotFuture(_ revision: StoreRevision) async throws {
        let current = try await store.currentRevision()
        guard revision <= current else { throw StatusError.revisionTooLarge(revision, current: current) }
    }

    /// The changes after a revision that a query speaks of; ``event(of:_:)`` says what each means to it.
    func watch(_ query: ListQuery, from revision: StoreRevision) async throws -> StoreWatch {
        try await store.watch(keys.prefix(of: query.definition, namespace: query.namespace), after: revision)
    }

    /// What a change means to a query, if it means anything. An object that begins or ceases to match the selectors is added or
    /// deleted, whatever was done to it.
    func event(of change: StoreEvent, _ query: ListQuery) throws -> WatchEvent? {
        switch change {
        case .progress(let revision): return .bookmark(resourceVersion: revision.resourceVersion)
        case .put(let entry, let previous):
            let object = try decode(entry)
            let matched = try previous.map { query.selects(try decode($0)) } ?? false
            switch (matched, query.selects(object)) {
            case (false, true): return .added(object)
            case (true, true): return .modified(object)
            case (true, false): return .deleted(object)
            case (false, false): return nil
            }
        case .delete(let revision, let last):
            var object = try decode(last)
            guard query.selects(object) else { return nil }
            object.resourceVersion = revision.resourceVersion
            return .deleted(object)
        }
    }
}
