import CorbelAPI
import Synchronization

/// The bounded queue between the store and one watch: writers never wait for a reader.
///
///     state      | offer                            | next                | end
///     -----------|----------------------------------|---------------------|-------------------
///     idle       | queued                           | waiting             | ended
///     queued     | queued, or ended when it is full | the oldest event    | ended, events gone
///     waiting    | idle, the reader has the event   | not allowed         | ended, reader told
///     ended      | dropped                          | the error           | ended
final class WatchQueue: Sendable {
    fileprivate struct State {
        var events = Fifo<StoreEvent>()
        var bytes = 0
        var waiter: CheckedContinuation<StoreEvent, any Error>?
        var ending: (any Error)?
    }

    let prefix: StoreKey
    /// Changes up to this revision reach the reader by another way.
    private let start: StoreRevision
    private let limits: WatchLimits
    private let state = Mutex(State())

    init(prefix: StoreKey, start: StoreRevision, limits: WatchLimits) {
        self.prefix = prefix
        self.start = start
        self.limits = limits
    }

    /// Hands an event to the reader or keeps it for later. False where the watch has ended.
    func offer(_ event: StoreEvent) -> Bool {
        if event.revision <= start { return true }
        return state.withLock { state in
            guard state.ending == nil else { return false }
            if let waiter = state.waiter {
                state.waiter = nil
                waiter.resume(returning: event)
                return true
            }
            state.append(event)
            return !state.endIfFull(limits)
        }
    }

    /// Tells the reader that it has everything up to a revision, once it has.
    func offerProgress(_ revision: StoreRevision) {
        let event = StoreEvent.progress(max(revision, start))
        state.withLock { state in
            guard state.ending == nil else { return }
            if let waiter = state.waiter {
                state.waiter = nil
                waiter.resume(returning: event)
                return
            }
            if case .progress = state.events.last { _ = state.events.popLast() }
            state.events.append(event)
        }
    }

    func end(_ error: any Error) { state.withLock { $0.end(error) } }

    func next() async throws -> StoreEvent {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                state.withLock { $0.serve(continuation) }
            }
        } onCancel: {
            end(CancellationError())
        }
    }
}

extension WatchQueue.State {
    fileprivate mutating func append(_ event: StoreEvent) {
        events.append(event)
        bytes += event.size
    }

    /// One event always fits, however large.
    fileprivate mutating func endIfFull(_ limits: WatchLimits) -> Bool {
        guard events.count > limits.queuedEvents || (bytes > limits.queuedBytes && events.count > 1) else {
            return false
        }
        end(StatusError.watchTooSlow(limit: events.count - 1))
        return true
    }

    fileprivate mutating func end(_ error: any Error) {
        guard ending == nil else { return }
        ending = error
        events.removeAll()
        bytes = 0
        waiter?.resume(throwing: error)
        waiter = nil
    }

    fileprivate mutating func serve(_ continuation: CheckedContinuation<StoreEvent, any Error>) {
        precondition(waiter == nil, "a watch has one reader at a time")
        if let ending {
            continuation.resume(throwing: ending)
        } else if let event = events.popFirst() {
            bytes -= event.size
            continuation.resume(returning: event)
        } else {
            waiter = continuation
        }
    }
}
