import CorbelAPI
import GRDB
import ResourceStore
import Synchronization

/// A write that waits for its turn.
enum PendingWrite: Sendable {
    case put(StoreKey, [UInt8], StoreExpectation)
    case delete(StoreKey, StoreRevision)

    var size: Int {
        switch self {
        case .put(_, let value, _): value.count
        case .delete: 0
        }
    }
}

/// Group commit: while one batch of writes becomes durable, the next one gathers.
///
/// A commit costs a flush of the disk, whatever is in it. So the writes that came in during a flush share the next one.
/// Each is judged on its own, in the order of arrival, and sees those before it in its batch. Watches learn of a batch
/// after its commit and before its writers do.
final class WriteQueue: Sendable {
    fileprivate struct Request: Sendable {
        var write: PendingWrite
        var writer: CheckedContinuation<StoreOutcome, any Error>
    }

    fileprivate struct State {
        var waiting: [Request] = []
        var isCommitting = false
        /// Where the database stands. Only the batch that is being committed moves it.
        var revision: StoreRevision
        var statistics = SQLiteStatistics()
    }

    private static let waitingLimit = 20_000
    fileprivate static let batchLimit = 512
    fileprivate static let batchBytes = 8 << 20

    private let pool: DatabasePool
    private let hub: WatchHub
    private let state: Mutex<State>

    init(_ pool: DatabasePool, at revision: StoreRevision, hub: WatchHub) {
        self.pool = pool
        self.hub = hub
        state = Mutex(State(revision: revision))
    }

    var statistics: SQLiteStatistics { state.withLock { $0.statistics } }

    /// Returns after the write is durable, or after it was judged not to happen.
    ///
    /// A cancellation does not take a write back: the writer would not know what became of it.
    func submit(_ write: PendingWrite) async throws -> StoreOutcome {
        try await withCheckedThrowingContinuation { writer in
            let isFirst = state.withLock { state -> Bool? in
                guard state.waiting.count < Self.waitingLimit else { return nil }
                state.waiting.append(Request(write: write, writer: writer))
                defer { state.isCommitting = true }
                return !state.isCommitting
            }
            guard let isFirst else {
                let message = "\(Self.waitingLimit) writes wait for the store already"
                writer.resume(throwing: StatusError(.tooManyRequests, message, retryAfter: .seconds(1)))
                return
            }
            if isFirst { scheduleCommit() }
        }
    }

    /// Each batch takes its own turn in the database's queue, so that compaction gets one in between.
    private func scheduleCommit() {
        pool.asyncWriteWithoutTransaction { [self] db in
            commitBatch(db)
            let isMore = state.withLock { state in
                state.isCommitting = !state.waiting.isEmpty
                return state.isCommitting
            }
            if isMore { scheduleCommit() }
        }
    }

    private func commitBatch(_ db: Database) {
        let (batch, revision) = state.withLock { ($0.takeBatch(), $0.revision) }
        var events: [StoreEvent] = []
        var outcomes: [StoreOutcome] = []
        do {
            try db.inTransaction(.immediate) {
                for request in batch {
                    let last = events.last?.revision ?? revision
                    outcomes.append(try db.carryOut(request.write, at: last.next, into: &events))
                }
                return .commit
            }
        } catch {
            let failure = (error as? DatabaseError).map { StatusError($0) } ?? error
            for request in batch { request.writer.resume(throwing: failure) }
            return
        }
        finish(events)
        for (request, outcome) in zip(batch, outcomes) { request.writer.resume(returning: outcome) }
    }

    private func finish(_ events: [StoreEvent]) {
        guard let last = events.last else { return }
        state.withLock { state in
            state.revision = last.revision
            state.statistics.writes += events.count
            state.statistics.commits += 1
        }
        hub.publish(events)
    }
}

extension WriteQueue.State {
    /// The oldest requests, bounded in number and bytes, and at least one.
    fileprivate mutating func takeBatch() -> [WriteQueue.Request] {
        var count = 0
        var bytes = 0
        for request in waiting.prefix(WriteQueue.batchLimit) {
            bytes += request.write.size
            if count > 0 && bytes > WriteQueue.batchBytes { break }
            count += 1
        }
        let batch = Array(waiting.prefix(count))
        waiting.removeFirst(count)
        return batch
    }
}
