/// A first-in-first-out queue whose elements stay reachable by their position.
///
/// Taken elements leave a gap at the front of the storage, which closes when it is half of it: every operation is
/// constant in the long run.
struct Fifo<Element> {
    private var storage: [Element?] = []
    private var head = 0

    var count: Int { storage.count - head }
    var isEmpty: Bool { count == 0 }
    var first: Element? { isEmpty ? nil : storage[head] }
    var last: Element? { isEmpty ? nil : storage[storage.count - 1] }

    subscript(position: Int) -> Element {
        guard let element = storage[head + position] else {
            preconditionFailure("position \(position) of a queue of \(count) was taken already")
        }
        return element
    }

    mutating func append(_ element: Element) { storage.append(element) }

    mutating func popFirst() -> Element? {
        guard !isEmpty else { return nil }
        defer {
            storage[head] = nil
            head += 1
            closeGap()
        }
        return storage[head]
    }

    mutating func popLast() -> Element? { isEmpty ? nil : storage.removeLast() }

    mutating func removeAll() {
        storage = []
        head = 0
    }

    private mutating func closeGap() {
        guard head > 32, head * 2 > storage.count else { return }
        storage.removeFirst(head)
        head = 0
    }
}

extension Fifo: Sendable where Element: Sendable {}
