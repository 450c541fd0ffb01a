import ResourceStore
import Testing

@Suite("RevisionLog")
struct RevisionLogTests {
    private let first = StoreEntry("/a", [1], 2)
    private let second = StoreEntry("/b", [2], 3)
    private let third = StoreEntry("/a", [3], 4)

    private var log: RevisionLog {
        var log = RevisionLog()
        log.append(.put(first, previous: nil))
        log.append(.put(second, previous: nil))
        log.append(.put(third, previous: first))
        log.append(.delete(revision: 6, last: second))
        return log
    }

    @Test("gives the changes after a revision, also between two of them")
    func after() {
        #expect(log.events("/", after: 1).map(\.revision) == [2, 3, 4, 6])
        #expect(log.events("/", after: 4).map(\.revision) == [6])
        #expect(log.events("/", after: 5).map(\.revision) == [6])
        #expect(log.events("/", after: 6).isEmpty)
        #expect(log.events("/a", after: 1, limit: 1).map(\.revision) == [2])
    }

    @Test("knows what keys held before they changed")
    func states() {
        #expect(log.states("/", at: 3) == ["/a": first, "/b": second])
        #expect(log.states("/", at: 2) == ["/a": first, "/b": nil])
        #expect(log.states("/", at: 1) == ["/a": nil, "/b": nil])
    }

    @Test("moves its floor with what it forgets")
    func trimming() {
        var log = log
        log.trim(toCount: 3, bytes: .max)
        #expect(log.floor == 2)
        log.trim(through: 5)
        #expect(log.floor == 5)
        #expect(log.events("/", after: 5).map(\.revision) == [6])
        log.trim(through: 6)
        #expect(log.count == 0)
        #expect(log.bytes == 0)
    }

    @Test("keeps the newest change whatever its size")
    func oneAlwaysFits() {
        var log = log
        log.trim(toCount: 10, bytes: 0)
        #expect(log.count == 1)
    }

    @Test("stays right over many changes")
    func manyChanges() {
        var log = RevisionLog()
        for revision in 2...5000 {
            log.append(.put(StoreEntry("/a", [0], StoreRevision(Int64(revision))), previous: nil))
            log.trim(toCount: 100, bytes: .max)
        }
        #expect(log.floor == 4900)
        #expect(log.events("/", after: 4900).map(\.revision.rawValue) == Array(4901...5000))
    }
}
