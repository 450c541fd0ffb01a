public import CorbelAPI

/// The keys that wait to be reconciled.
///
/// A key stands in the queue once, however often it is added, and it is processed by one worker at a time: a key that
/// is added while it is being processed comes back when that is done. (The contract of client-go's `workqueue`.)
///
///     state        add              add(at:)          next             done
///     absent       waiting          delayed           -                -
///     delayed      waiting          the earlier time  waiting if due   -
///     waiting      waiting          waiting, delayed  processing       -
///     processing   processing*      delayed           -                absent; * waiting
public struct WorkQueue: Sendable {
    private let limit: Int
    private var waiting = FirstInFirstOut()
    private var delayed = Schedule()
    /// Keys in work; the value says whether the key was added meanwhile.
    private var processing: [ObjectKey: Bool] = [:]
    /// Whether a key was dropped because the queue was full. The owner adds every key anew when there is room.
    public private(set) var hasOverflowed = false

    /// A queue that holds at most `limit` keys.
    public init(limit: Int = 100_000) {
        precondition(limit > 0, "a queue needs room for one key")
        self.limit = limit
    }

    public var count: Int { waiting.count }
    public var processingCount: Int { processing.count }
    public var hasRoom: Bool { waiting.count + delayed.count <= limit / 2 }

    /// When the first delayed key falls due.
    public var nextDue: Timestamp? { delayed.first }

    public mutating func add(_ key: ObjectKey) {
        if processing[key] != nil {
            processing[key] = true
            return
        }
        guard !waiting.contains(key) else { return }
        guard makeRoom() else { return }
        waiting.append(key)
    }

    /// Adds the key at a later moment; of two moments the earlier one counts.
    public mutating func add(_ key: ObjectKey, at moment: Timestamp) {
        guard delayed.contains(key) || makeRoom() else { return }
        delayed.add(key, at: moment)
    }

    /// The next key to work on. The caller says `done` when it has finished.
    public mutating func next(now: Timestamp) -> ObjectKey? {
        for key in delayed.takeDue(now: now) { add(key) }
        guard let key = waiting.removeFirst() else { return nil }
        processing[key] = false
        return key
    }

    public mutating func done(_ key: ObjectKey) {
        guard let isDirty = processing.removeValue(forKey: key) else {
            preconditionFailure("done() for \(key), which nobody works on")
        }
        if isDirty { add(key) }
    }

    /// Forgets that keys were dropped; the caller is about to add them all.
    public mutating func clearOverflow() { hasOverflowed = false }

    private mutating func makeRoom() -> Bool {
        if waiting.count + delayed.count < limit { return true }
        hasOverflowed = true
        return false
    }
}

/// A queue of distinct keys.
private struct FirstInFirstOut: Sendable {
    private var keys: [ObjectKey] = []
    private var head = 0
    private var members: Set<ObjectKey> = []

    var count: Int { members.count }

    func contains(_ key: ObjectKey) -> Bool { members.contains(key) }

    mutating func append(_ key: ObjectKey) {
        members.insert(key)
        keys.append(key)
    }

    mutating func removeFirst() -> ObjectKey? {
        guard head < keys.count else { return nil }
        let key = keys[head]
        head += 1
        members.remove(key)
        // Dropping the used part once it is half of the array makes the removal constant on average.
        if head * 2 > keys.count {
            keys.removeFirst(head)
            head = 0
        }
        return key
    }
}

/// Keys by the moment at which they fall due: a binary heap whose outdated entries are skipped when they surface.
private struct Schedule: Sendable {
    private struct Entry: Sendable {
        var moment: Timestamp
        var key: ObjectKey

        /// Equal moments go by key, so that the order never depends on the history of the heap.
        func isBefore(_ other: Entry) -> Bool {
            (moment, key) < (other.moment, other.key)
        }
    }

    private var heap: [Entry] = []
    private var moments: [ObjectKey: Timestamp] = [:]

    var count: Int { moments.count }
    var first: Timestamp? { heap.first?.moment }

    func contains(_ key: ObjectKey) -> Bool { moments[key] != nil }

    mutating func add(_ key: ObjectKey, at moment: Timestamp) {
        if let present = moments[key], present <= moment { return }
        moments[key] = moment
        heap.append(Entry(moment: moment, key: key))
        siftUp(from: heap.count - 1)
    }

    mutating func takeDue(now: Timestamp) -> [ObjectKey] {
        var due: [ObjectKey] = []
        while let entry = heap.first, entry.moment <= now {
            removeRoot()
            guard moments[entry.key] == entry.moment else { continue }
            moments[entry.key] = nil
            due.append(entry.key)
        }
        return due
    }

    private mutating func removeRoot() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        siftDown()
    }

    private mutating func siftUp(from start: Int) {
        var child = start
        while child > 0, heap[child].isBefore(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private mutating func siftDown() {
        var parent = 0
        while true {
            let children = [2 * parent + 1, 2 * parent + 2].filter { $0 < heap.count }
            guard let least = children.min(by: { heap[$0].isBefore(heap[$1]) }), heap[least].isBefore(heap[parent])
            else {
                return
            }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
