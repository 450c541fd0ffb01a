/// The newest changes of a store in the order of their revisions, complete behind ``floor``.
public struct RevisionLog: Sendable {
    private var events = Fifo<StoreEvent>()
    /// Every change after this revision is in the log; of older ones it knows nothing.
    public private(set) var floor: StoreRevision
    /// The bytes of all values in the log.
    public private(set) var bytes = 0

    public init(floor: StoreRevision = .initial) { self.floor = floor }

    public var count: Int { events.count }

    /// Adds the newest change. Two may have one revision only where somebody else writes into a store of several
    /// owners, as an administrator with etcd's own tools can.
    public mutating func append(_ event: StoreEvent) {
        precondition(
            event.revision >= events.last?.revision ?? floor,
            "revision \(event.revision) is written after \(events.last?.revision ?? floor)")
        bytes += event.size
        events.append(event)
    }

    /// Forgets every change up to and with a revision.
    public mutating func trim(through revision: StoreRevision) {
        while let first = events.first, first.revision <= revision { removeFirst() }
        floor = max(floor, revision)
    }

    /// Forgets the oldest changes until no more are left than this.
    public mutating func trim(toCount count: Int, bytes limit: Int) {
        while events.count > count || (bytes > limit && events.count > 1) { removeFirst() }
    }

    /// The changes after a revision to keys with a prefix, oldest first, at most `limit` of them.
    ///
    /// - Precondition: the log is complete there: `revision >= floor`.
    public func events(_ prefix: StoreKey, after revision: StoreRevision, limit: Int = .max) -> [StoreEvent] {
        precondition(revision >= floor, "the log begins after \(floor), and \(revision) is older")
        var found: [StoreEvent] = []
        var position = firstPosition(after: revision)
        while position < events.count, found.count < limit {
            let event = events[position]
            if event.key?.hasPrefix(prefix) ?? false { found.append(event) }
            position += 1
        }
        return found
    }

    /// What the keys that changed after a revision held at it; `nil` for one that did not exist.
    public func states(_ prefix: StoreKey, at revision: StoreRevision) -> [StoreKey: StoreEntry?] {
        var states: [StoreKey: StoreEntry?] = [:]
        for event in events(prefix, after: revision) {
            guard let key = event.key, states[key] == nil else { continue }
            states.updateValue(event.before, forKey: key)
        }
        return states
    }

    private mutating func removeFirst() {
        guard let event = events.popFirst() else { return }
        bytes -= event.size
        floor = event.revision
    }

    private func firstPosition(after revision: StoreRevision) -> Int {
        var low = 0
        var high = events.count
        while low < high {
            let middle = (low + high) / 2
            if events[middle].revision > revision { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

extension StoreEvent {
    /// What the key held before the change.
    var before: StoreEntry? {
        switch self {
        case .put(_, let previous): previous
        case .delete(_, let last): last
        case .progress: nil
        }
    }

    /// The bytes that the event keeps in memory, in what matters.
    var size: Int {
        switch self {
        case .put(let entry, let previous): entry.size + (previous?.size ?? 0)
        case .delete(_, let last): last.size
        case .progress: 0
        }
    }
}

extension StoreEntry {
    fileprivate var size: Int { key.utf8.count + value.count }
}
