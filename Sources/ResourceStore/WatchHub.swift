public import CorbelAPI
import Synchronization

/// How much a store keeps in memory for its watches.
public struct WatchLimits: Sendable {
    /// The newest changes that are kept for watches which begin in the past.
    public var tailEvents: Int
    public var tailBytes: Int
    /// What may wait for the reader of one watch before the watch ends with `expired`. The bytes of a value that waits
    /// for many readers are in memory once.
    public var queuedEvents: Int
    public var queuedBytes: Int

    public init(
        tailEvents: Int = 10_000, tailBytes: Int = 32 << 20, queuedEvents: Int = 4096, queuedBytes: Int = 16 << 20
    ) {
        self.tailEvents = tailEvents
        self.tailBytes = tailBytes
        self.queuedEvents = queuedEvents
        self.queuedBytes = queuedBytes
    }
}

/// A stretch of a store's history, read for a watch that begins before the hub's memory.
public struct StoreHistory: Sendable {
    public var events: [StoreEvent]
    /// Every change to the prefix up to this revision is in ``events`` or before them.
    public var revision: StoreRevision

    public init(events: [StoreEvent], through revision: StoreRevision) {
        self.events = events
        self.revision = revision
    }
}

/// Reads changes to keys with a prefix after a revision, oldest first and in bounded number. Throws `expired` where
/// they are compacted.
public typealias StoreHistoryReader = @Sendable (StoreKey, StoreRevision) async throws -> StoreHistory

/// Hands what a store has written to the watches that it concerns.
///
/// The store publishes each change once, in the order of the revisions, after it is durable. A watch that begins at a
/// revision within the hub's memory joins at once; an older one first reads the history from the store, at its
/// reader's own pace, until it arrives at the memory.
///
/// The cost of a change grows with the watches that it concerns and with the number of different lengths of watched
/// prefixes, not with the number of watches.
public final class WatchHub: Sendable {
    fileprivate struct State {
        var tail: RevisionLog
        var revision: StoreRevision
        /// No watch begins before this revision.
        var compacted = StoreRevision.initial
        var queues: [StoreKey: [ObjectIdentifier: WatchQueue]] = [:]
        /// How many watched prefixes have a length in bytes.
        var lengths: [Int: Int] = [:]
    }

    private let limits: WatchLimits
    private let state: Mutex<State>

    /// - Parameter revision: where the store stands; the first change that is published comes after it.
    public init(at revision: StoreRevision, limits: WatchLimits = WatchLimits()) {
        self.limits = limits
        state = Mutex(State(tail: RevisionLog(floor: revision), revision: revision))
    }

    /// The revision of the last change that was published.
    public var revision: StoreRevision { state.withLock { $0.revision } }

    /// How many watches are held.
    public var watchCount: Int { state.withLock { $0.queues.values.reduce(0) { $0 + $1.count } } }

    public func publish(_ events: [StoreEvent]) {
        state.withLock { state in
            for event in events {
                state.tail.append(event)
                state.revision = event.revision
                state.fanOut(event)
            }
            state.tail.trim(toCount: limits.tailEvents, bytes: limits.tailBytes)
        }
    }

    /// Forgets the changes up to a revision, which may lie in the future of the hub. Watches that have begun do not
    /// notice.
    public func compact(_ revision: StoreRevision) {
        state.withLock { state in
            state.compacted = max(state.compacted, revision)
            state.tail.trim(through: min(revision, state.revision))
        }
    }

    /// Ends every watch with an error, and begins again at a revision: what a store does that has lost sight of its own
    /// changes.
    public func restart(at revision: StoreRevision, ending error: StatusError) {
        state.withLock { state in
            for queue in state.queues.values.flatMap(\.values) { queue.end(error) }
            state = State(tail: RevisionLog(floor: revision), revision: revision)
        }
    }

    /// Begins a watch after a revision, which must not lie in the future of the store; it may lie in that of the hub.
    ///
    /// - Throws: what `history` throws for the first stretch, so that a revision which is compacted shows here.
    public func watch(
        _ prefix: StoreKey, after revision: StoreRevision? = nil, history: @escaping StoreHistoryReader
    ) async throws -> StoreWatch {
        let cursor = WatchCursor(prefix, after: revision ?? self.revision, hub: self, history: history)
        try await cursor.begin()
        return StoreWatch(cursor)
    }
}

extension WatchHub {
    /// What joins a watch to the hub: the remembered changes that it has not seen, and the queue of those to come.
    /// `nil` where the memory begins later.
    ///
    /// - Throws: `expired` where the revision is compacted.
    func join(_ prefix: StoreKey, after revision: StoreRevision) throws -> (replay: [StoreEvent], queue: WatchQueue)? {
        try state.withLock { state -> (replay: [StoreEvent], queue: WatchQueue)? in
            if revision < state.compacted { throw StatusError.revisionTooOld() }
            guard revision >= state.tail.floor else { return nil }
            let queue = WatchQueue(prefix: prefix, start: max(revision, state.revision), limits: limits)
            state.insert(queue)
            return (state.tail.events(prefix, after: revision), queue)
        }
    }

    func leave(_ queue: WatchQueue) { state.withLock { $0.remove(queue) } }

    /// Both under one lock, so that no change slips in between the revision and the place of its progress.
    func offerProgress(_ queue: WatchQueue) { state.withLock { queue.offerProgress($0.revision) } }
}

extension WatchHub.State {
    fileprivate mutating func insert(_ queue: WatchQueue) {
        if queues[queue.prefix] == nil { lengths[queue.prefix.utf8.count, default: 0] += 1 }
        queues[queue.prefix, default: [:]][ObjectIdentifier(queue)] = queue
    }

    fileprivate mutating func remove(_ queue: WatchQueue) {
        guard queues[queue.prefix]?.removeValue(forKey: ObjectIdentifier(queue)) != nil else { return }
        guard queues[queue.prefix]?.isEmpty ?? false else { return }
        queues[queue.prefix] = nil
        let length = queue.prefix.utf8.count
        lengths[length, default: 1] -= 1
        if lengths[length] == 0 { lengths[length] = nil }
    }

    fileprivate mutating func fanOut(_ event: StoreEvent) {
        guard let key = event.key else { return }
        var ended: [WatchQueue] = []
        for length in lengths.keys where length <= key.utf8.count {
            guard let prefix = key.prefix(length), let interested = queues[prefix] else { continue }
            for queue in interested.values where !queue.offer(event) { ended.append(queue) }
        }
        for queue in ended { remove(queue) }
    }
}

extension StoreKey {
    /// The first bytes of the key; `nil` where the cut goes through a character.
    fileprivate func prefix(_ length: Int) -> StoreKey? { String(text.utf8.prefix(length)).map { StoreKey($0) } }
}
