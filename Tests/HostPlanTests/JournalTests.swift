import CorbelAPI
import HostPlan
import Testing

@Suite("The journal")
struct JournalTests {
    private static let progress: TaskProgress = {
        var progress = TaskProgress(
            task: CrashWorld.task(parameters: ["a": "b"]), step: .validating, previous: CrashWorld.old, newSlot: .b,
            bootID: "x")
        progress.clock = ValidationClock(bootID: "x", uptime: .milliseconds(1500))
        progress.since = Timestamp(seconds: 5)
        progress.cause = .cluster
        progress.reason = "Why"
        progress.message = "because\nof this"
        progress.cannotBeUndone = ["one"]
        progress.result = ["k": 1]
        progress.boots = 2
        return progress
    }()

    private static let entries: [JournalEntry] = [
        .seen(Authority(epoch: 3, leaseTransitions: 4)), .running(CrashWorld.old), .committed(.b),
        .failedImage(digest: "x"), .failedImage(digest: "y"), .forgivenImage(digest: "x"),
        .finished(HostTaskStatus(id: "t0", phase: .reverted, cause: .host)), .progress(progress),
    ]

    @Test("every entry survives the way to disk and back")
    func roundTrip() {
        let replay = HostJournal.replay(HostJournal.encode(Self.entries))
        #expect(replay.damage == nil && replay.entries == Self.entries.count)
        #expect(replay.record.current == Self.progress)
        #expect(replay.record.failedImages == ["y"])
        #expect(replay.record.committed == .b)
        #expect(replay.record.authority == Authority(epoch: 3, leaseTransitions: 4))
        #expect(replay.record.finished.map(\.id) == ["t0"])
        #expect(replay.record.running == CrashWorld.old)
    }

    private static let left = JournalEntry.left(HostTaskStatus(id: "reset-1", phase: .done))

    @Test("a journal that was compacted says the same", arguments: [[], [left]])
    func compaction(more: [JournalEntry]) {
        let record = HostJournal.replay(HostJournal.encode(Self.entries + more)).record
        #expect(HostJournal.replay(HostJournal.encode(record.entries)).record == record)
    }

    @Test("a host that has left its cluster knows its slots and its failed images, and nothing that the cluster said")
    func leaving() {
        let record = HostJournal.replay(HostJournal.encode(Self.entries + [Self.left])).record
        #expect(record.current == nil && record.running == nil && record.authority == Authority())
        #expect(record.finished.map(\.id) == ["reset-1"])
        #expect(record.failedImages == ["y"] && record.committed == .b)
    }

    @Test("a torn last line is dropped, wherever it tears")
    func tornTail() {
        let whole = HostJournal.encode(Array(Self.entries.dropLast()))
        let last = HostJournal.encode([Self.progress].map(JournalEntry.progress))
        for length in 1..<last.count {
            let replay = HostJournal.replay(whole + last.prefix(length))
            #expect(replay.damage == .tornTail && replay.record.current == nil, "torn at \(length)")
        }
    }

    @Test("a rotten line is left out and reported, and the others are kept")
    func rottenLine() {
        var bytes = HostJournal.encode(Self.entries)
        bytes[20] ^= 1
        let replay = HostJournal.replay(bytes)
        #expect(replay.damage == .lines(1))
        #expect(replay.record.authority == Authority() && replay.record.current == Self.progress)
    }

    @Test("garbage is an empty journal", arguments: ["", "\n\n", "x", "00000000 {}\n", "no\njournal\nat all\n"])
    func garbage(_ text: String) {
        #expect(HostJournal.replay(Array(text.utf8)).record == HostRecord())
    }

    @Test("an older authority does not replace a newer one, and the list of ended tasks is bounded")
    func bounds() {
        var entries: [JournalEntry] = [
            .seen(Authority(epoch: 2, leaseTransitions: 0)), .seen(Authority(epoch: 1, leaseTransitions: 9)),
        ]
        entries += (0..<40).map { .finished(HostTaskStatus(id: "t\($0)", phase: .done)) }
        let record = HostJournal.replay(HostJournal.encode(entries)).record
        #expect(record.authority == Authority(epoch: 2, leaseTransitions: 0))
        #expect(record.finished.count == HostRecord.finishedLimit && record.finished.last?.id == "t39")
    }
}
