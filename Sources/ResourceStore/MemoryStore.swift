import CorbelAPI
import Synchronization

/// A store that lives in memory and dies with it. For tests, and for planes that are rebuilt from elsewhere.
///
/// It keeps a bounded history: beyond `historyLimit` changes the oldest are compacted by themselves.
public final class MemoryStore: ResourceStore {
    fileprivate struct State {
        var entries = OrderedEntries()
        var log = RevisionLog()
        var revision = StoreRevision.initial
    }

    private let historyLimit: Int
    private let hub: WatchHub
    private let state = Mutex(State())

    public init(historyLimit: Int = 100_000, limits: WatchLimits = WatchLimits()) {
        self.historyLimit = historyLimit
        hub = WatchHub(at: .initial, limits: limits)
    }

    public func get(_ key: StoreKey) async throws -> StoreEntry? { state.withLock { $0.entries[key] } }

    public func list(
        _ prefix: StoreKey, at revision: StoreRevision?, limit: Int?, after key: StoreKey?
    ) async throws -> StorePage {
        try state.withLock { try $0.list(prefix, at: revision, limit: limit, after: key) }
    }

    public func count(_ prefix: StoreKey) async throws -> Int {
        state.withLock { state in state.entries.entries(prefix, after: nil).reduce(0) { count, _ in count + 1 } }
    }

    public func put(
        _ key: StoreKey, _ value: [UInt8], expecting expectation: StoreExpectation
    ) async throws -> StoreOutcome {
        write { state in
            let current = state.entries[key]
            guard expectation.isMet(by: current) else { return .mismatch(current) }
            let entry = StoreEntry(key, value, state.revision.next)
            state.entries.update(entry)
            return .written(.put(entry, previous: current))
        }
    }

    public func delete(_ key: StoreKey, expecting revision: StoreRevision) async throws -> StoreOutcome {
        write { state in
            let current = state.entries[key]
            guard let current, current.revision == revision else { return .mismatch(current) }
            state.entries.remove(key)
            return .written(.delete(revision: state.revision.next, last: current))
        }
    }

    public func watch(_ prefix: StoreKey, after revision: StoreRevision?) async throws -> StoreWatch {
        if let revision { try state.withLock { try $0.check(revision) } }
        return try await hub.watch(prefix, after: revision) { [self] prefix, position in
            try state.withLock { try $0.history(prefix, after: position) }
        }
    }

    public func compact(_ revision: StoreRevision) async throws {
        try state.withLock { state in
            if revision > state.revision { throw StatusError.revisionTooLarge(revision, current: state.revision) }
            state.log.trim(through: revision)
            hub.compact(revision)
        }
    }

    public func currentRevision() async throws -> StoreRevision { state.withLock { $0.revision } }

    private enum Attempt {
        case written(StoreEvent)
        case mismatch(StoreEntry?)
    }

    /// The watches learn of the change under the same lock, so that they learn in the order of the revisions.
    private func write(_ body: (inout State) -> Attempt) -> StoreOutcome {
        state.withLock { state in
            switch body(&state) {
            case .mismatch(let current): return .mismatch(current: current)
            case .written(let event):
                state.revision = event.revision
                state.log.append(event)
                state.log.trim(toCount: historyLimit, bytes: .max)
                hub.publish([event])
                return .committed(event.revision)
            }
        }
    }
}

extension MemoryStore.State {
    /// How much of the history a watch that catches up is handed at a time.
    private static let stretch = 500

    func check(_ revision: StoreRevision) throws {
        try revision.check(compacted: log.floor, current: self.revision)
    }

    func list(_ prefix: StoreKey, at revision: StoreRevision?, limit: Int?, after key: StoreKey?) throws -> StorePage {
        let moment = revision ?? self.revision
        try check(moment)
        var page = StorePage(entries: [], revision: moment, remaining: 0)
        for entry in states(prefix, at: moment, after: key) {
            if page.entries.count < limit ?? .max { page.entries.append(entry) } else { page.remaining += 1 }
        }
        return page
    }

    func history(_ prefix: StoreKey, after position: StoreRevision) throws -> StoreHistory {
        try check(position)
        let events = log.events(prefix, after: position, limit: Self.stretch)
        let last = events.count < Self.stretch ? nil : events.last
        return StoreHistory(events: events, through: last?.revision ?? revision)
    }

    /// The entries as they were at a revision: those of now, with what changed since put back.
    private func states(_ prefix: StoreKey, at moment: StoreRevision, after key: StoreKey?) -> any Sequence<StoreEntry>
    {
        let current = entries.entries(prefix, after: key)
        let changed = log.states(prefix, at: moment)
        if changed.isEmpty { return current }
        let restored = changed.values.compactMap { $0 }.filter { entry in key.map { entry.key > $0 } ?? true }
        return (current.filter { changed[$0.key] == nil } + restored).sorted { $0.key < $1.key }
    }
}
