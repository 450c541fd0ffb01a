import CorbelAPI

/// What is to happen, by when: a binary heap. What is due at the same moment happens in the order in which it was
/// planned.
struct Agenda<Event: Sendable>: Sendable {
    private struct Entry: Sendable {
        var moment: Timestamp
        var number: UInt64
        var event: Event
    }

    private var heap: [Entry] = []
    private var planned: UInt64 = 0

    var count: Int { heap.count }
    /// When the next event is due.
    var next: Timestamp? { heap.first?.moment }

    mutating func plan(_ event: Event, at moment: Timestamp) {
        planned += 1
        heap.append(Entry(moment: moment, number: planned, event: event))
        var child = heap.count - 1
        while child > 0, isBefore(child, (child - 1) / 2) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Compares two entries where they stand: an event is large.
    private func isBefore(_ one: Int, _ other: Int) -> Bool {
        (heap[one].moment, heap[one].number) < (heap[other].moment, heap[other].number)
    }

    /// Takes the next event out.
    mutating func take() -> (moment: Timestamp, event: Event)? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        return (first.moment, first.event)
    }

    private mutating func sink() {
        var parent = 0
        while true {
            let left = 2 * parent + 1
            guard left < heap.count else { return }
            let right = left + 1
            let child = right < heap.count && isBefore(right, left) ? right : left
            guard isBefore(child, parent) else { return }
            heap.swapAt(parent, child)
            parent = child
        }
    }
}
