import CorbelAPI
import Effects
public import ResourceStore

/// The stream of changes.
///
///     following --(the stream breaks, or is silent)--> reconnecting, after the last change that was seen
///     following --(those changes are compacted)------> begun anew: every watch ends with `expired`
///     reconnecting --(etcd answers)------------------> following
extension EtcdStore {
    /// Follows etcd until the task is cancelled. Failures of etcd are waited out.
    public func run() async throws {
        var delay = Duration.milliseconds(50)
        var isLost = false
        while true {
            let start = hub.revision
            do {
                if isLost { try await beginAnew() }
                isLost = false
                try await follow()
            } catch let error as StatusError {
                if error.reason == .expired { isLost = true } else { client.moveOn() }
            }
            try Task.checkCancellation()
            // A stream that delivered something was sound, and its end says nothing about the next one.
            delay = hub.revision > start ? .milliseconds(50) : min(delay * 2, .seconds(5))
            try await time.sleep(for: delay)
        }
    }

    public func watch(_ prefix: StoreKey, after revision: StoreRevision?) async throws -> StoreWatch {
        if let revision, revision < .initial { throw StatusError.revisionTooOld() }
        // The memory follows etcd at a distance, so only etcd knows what lies in the future.
        var start = revision ?? .initial
        if revision == nil || start > hub.revision {
            let current = try await currentRevision()
            if start > current { throw StatusError.revisionTooLarge(start, current: current) }
            if revision == nil { start = current }
        }
        return try await hub.watch(try clamp(prefix), after: start) { [self] prefix, position in
            try await history(prefix, after: position)
        }
    }

    /// Ends when the stream does, or when it is found dead.
    private func follow() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.readStream() }
            group.addTask { try await self.probeStream() }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func readStream() async throws {
        var stream = try await EtcdWatch.open(client, configuration.followed, after: hub.revision)
        while let events = try await stream.next() {
            try Task.checkCancellation()
            hub.publish(events.map(visible))
        }
    }

    /// A connection whose other end is gone without a word looks like a quiet one. So a change is made where none was
    /// seen, and must come back.
    private func probeStream() async throws {
        while true {
            let last = hub.revision
            try await time.sleep(for: configuration.probeInterval)
            if hub.revision > last { continue }
            let beacon = try await client.putBeacon(configuration.beacon)
            try await time.sleep(for: configuration.probeInterval)
            if hub.revision < beacon { throw StatusError(.timeout, "etcd's stream of changes is silent") }
        }
    }

    /// Returns when the stream has passed a revision that etcd has reached; at once for one that lies in the future.
    ///
    /// - Throws: `timeout` where the stream does not come so far within two probe intervals.
    func waitUntilFollowed(_ revision: StoreRevision) async throws {
        guard hub.revision < revision, try await currentRevision() >= revision else { return }
        let pause = Duration.milliseconds(20)
        var waited = Duration.zero
        var beacon: StoreRevision?
        while hub.revision < revision {
            guard waited < configuration.probeInterval * 2 else {
                throw StatusError(.timeout, "the stream of changes stands at \(hub.revision), not yet at \(revision)")
            }
            if beacon == nil, waited >= configuration.probeInterval {
                // The revision may be that of somebody else's key, which the stream does not show.
                beacon = try await client.putBeacon(configuration.beacon)
            }
            try await time.sleep(for: pause)
            waited += pause
        }
    }

    /// The changes since the last one seen are gone, and nobody who watches can be told what they were.
    private func beginAnew() async throws {
        let start = try await client.putBeacon(configuration.beacon)
        hub.restart(at: start, ending: .revisionTooOld())
    }

    /// What the store's watches see of a change: one of the beacon only moves the revision.
    private func visible(_ event: StoreEvent) -> StoreEvent {
        event.key?.hasPrefix(configuration.root) ?? false ? event : .progress(event.revision)
    }
}

extension EtcdStore {
    /// How many changes a watch that catches up is handed at a time.
    private static let stretch = 500

    /// A stretch of etcd's own history, which etcd has at hand: a stream that keeps silent about it is dead, and must
    /// not hold a connection for ever.
    private func history(_ prefix: StoreKey, after position: StoreRevision) async throws -> StoreHistory {
        try await withThrowingTaskGroup(of: StoreHistory.self) { group in
            group.addTask { try await self.readHistory(prefix, after: position) }
            group.addTask { [time, configuration] in
                try await time.sleep(for: configuration.probeInterval * 2)
                throw StatusError(.serviceUnavailable, "etcd's history after \(position) did not come in time")
            }
            defer { group.cancelAll() }
            guard let history = try await group.next() else { preconditionFailure("a group of two has a first") }
            return history
        }
    }

    /// All of the root is read, whatever the prefix, because the newest change that the memory knows is then in the
    /// stream and ends it.
    private func readHistory(_ prefix: StoreKey, after position: StoreRevision) async throws -> StoreHistory {
        let end = hub.revision
        var events: [StoreEvent] = []
        var reached = position
        var stream = try await EtcdWatch.open(client, configuration.followed, after: position)
        while reached < end, events.count < Self.stretch {
            guard let batch = try await stream.next() else { break }
            try Task.checkCancellation()
            reached = batch.last?.revision ?? reached
            events += batch.filter { $0.key?.hasPrefix(prefix) ?? false }
        }
        if reached == position && reached < end {
            throw StatusError(
                .serviceUnavailable, "etcd ended a watch after \(position) at once", retryAfter: .seconds(1))
        }
        return StoreHistory(events: events, through: reached)
    }
}
