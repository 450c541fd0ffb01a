import Synchronization

/// Where the reader of a watch stands: in the store's history, in what it got when it joined the hub, or at the hub.
///
///     catching up --(the hub's memory reaches back to the position)--> joined
///
/// While it catches up it holds one stretch of history and reads the next when its reader has taken that.
final class WatchCursor: Sendable {
    private struct State {
        /// Every change up to here has been delivered or waits in `replay`.
        var position: StoreRevision
        var replay = Fifo<StoreEvent>()
        var queue: WatchQueue?
        var wantsProgress = false
    }

    private let prefix: StoreKey
    private let hub: WatchHub
    private let history: StoreHistoryReader
    private let state: Mutex<State>

    init(_ prefix: StoreKey, after revision: StoreRevision, hub: WatchHub, history: @escaping StoreHistoryReader) {
        self.prefix = prefix
        self.hub = hub
        self.history = history
        state = Mutex(State(position: revision))
    }

    deinit {
        if let queue = state.withLock({ $0.queue }) { hub.leave(queue) }
    }

    /// Joins the hub, or reads the first stretch of history.
    func begin() async throws {
        if try join() == nil { try await readHistory() }
    }

    func next() async throws -> StoreEvent {
        while true {
            if let event = state.withLock({ $0.replay.popFirst() }) { return event }
            if let queue = try join() {
                // Joining may have brought events that come before those of the queue.
                if let event = state.withLock({ $0.replay.popFirst() }) { return event }
                return try await queue.next()
            }
            try Task.checkCancellation()
            try await readHistory()
        }
    }

    func requestProgress() {
        let queue = state.withLock { state in
            state.wantsProgress = state.queue == nil
            return state.queue
        }
        if let queue { hub.offerProgress(queue) }
    }

    private func join() throws -> WatchQueue? {
        try state.withLock { state in
            if let queue = state.queue { return queue }
            guard let joined = try hub.join(prefix, after: state.position) else { return nil }
            state.queue = joined.queue
            for event in joined.replay { state.replay.append(event) }
            if state.wantsProgress { hub.offerProgress(joined.queue) }
            return joined.queue
        }
    }

    private func readHistory() async throws {
        let position = state.withLock { $0.position }
        let stretch = try await history(prefix, position)
        precondition(
            stretch.revision >= position, "a history after \(position) cannot end at \(stretch.revision)")
        state.withLock { state in
            state.position = stretch.revision
            for event in stretch.events { state.replay.append(event) }
        }
    }
}
