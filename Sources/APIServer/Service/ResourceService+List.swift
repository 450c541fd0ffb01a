import APIMachinery
import CorbelAPI
import ResourceClient
import ResourceStore

/// One page of a list.
struct ListPage: Sendable {
    var items: [Unstructured]
    var revision: StoreRevision
    var continuation: Continuation?
    /// How many objects follow this page, where a selector does not leave that open.
    var remaining: Int?

    /// The `metadata` of the list.
    var metadata: JSONValue {
        var metadata: JSONValue = ["resourceVersion": .string(revision.resourceVersion)]
        if let continuation { metadata["continue"] = .string(continuation.token) }
        if continuation != nil { metadata["remainingItemCount"] = remaining.map { JSONValue($0) } }
        return metadata
    }
}

extension ResourceService {
    /// A consistent page: everything in it is as of one revision, and so are the pages after it.
    ///
    /// A selector is applied after the store has read, so a page may hold fewer objects than its limit while more
    /// follow.
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
            continuation: last.map { Continuation(revision: page.revision, after: $0.key.text) },
            remaining: query.selectsEverything ? page.remaining : nil)
    }

    /// A page for somebody who may not see everything. It is cut from what they may see, so that neither its token nor
    /// its count speaks of what is hidden.
    func list(_ query: ListQuery, isVisible: (Unstructured) async -> Bool) async throws -> ListPage {
        var whole = query
        whole.limit = 0
        var page = try await list(whole)
        var visible: [Unstructured] = []
        for item in page.items where await isVisible(item) { visible.append(item) }
        page.items = query.limit == 0 ? visible : Array(visible.prefix(query.limit))
        page.remaining = nil
        if page.items.count < visible.count, let last = page.items.last {
            let target = Target(definition: query.definition, namespace: last.namespace, name: last.name)
            page.continuation = Continuation(revision: page.revision, after: keys.key(of: target).text)
        }
        return page
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

    /// What a change means to a query of somebody who may see what `isVisible` says, if it means anything.
    ///
    /// An object that begins or ceases to be selected and visible is added or deleted, whatever was done to it. A
    /// deleted one is shown as it last was for the watcher, with the revision at which it went.
    func event(
        of change: StoreEvent, _ query: ListQuery, isVisible: (Unstructured) async -> Bool
    ) async throws -> WatchEvent? {
        switch change {
        case .progress(let revision): return .bookmark(resourceVersion: revision.resourceVersion)
        case .put(let entry, let previous):
            let object = try decode(entry)
            let old = try previous.map(decode)
            let isShown = await isShown(object, query, isVisible)
            let wasShown = await self.isShown(old, query, isVisible)
            if isShown { return wasShown ? .modified(object) : .added(object) }
            guard wasShown, let old else { return nil }
            return .deleted(gone(old, at: entry.revision))
        case .delete(let revision, let last):
            let object = try decode(last)
            return await isShown(object, query, isVisible) ? .deleted(gone(object, at: revision)) : nil
        }
    }

    private func isShown(
        _ object: Unstructured?, _ query: ListQuery, _ isVisible: (Unstructured) async -> Bool
    ) async -> Bool {
        guard let object, query.selects(object) else { return false }
        return await isVisible(object)
    }

    private func gone(_ object: Unstructured, at revision: StoreRevision) -> Unstructured {
        var object = object
        object.resourceVersion = revision.resourceVersion
        return object
    }
}
