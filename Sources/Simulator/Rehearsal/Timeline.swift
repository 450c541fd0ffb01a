import CorbelAPI

/// What happens to each host of a world on its way through an update.
struct Timeline: Sendable {
    enum Event: Sendable, Hashable {
        /// The host's task has reached a phase.
        case phase(HostTaskStatus.Phase)
        /// The host's services have gone, and have come back.
        case down, up
    }

    struct Entry: Sendable {
        var host: Int
        var event: Event
        var at: Timestamp
    }

    /// How many pods of a workload are ready, from when on.
    struct Count: Sendable, Hashable {
        var ready: Int
        var wanted: Int
        var at: Timestamp
    }

    private(set) var entries: [Entry] = []
    /// By workload, in the order of time.
    private(set) var counts: [ObjectKey: [Count]] = [:]

    mutating func note(_ event: Event, of host: Int, at moment: Timestamp) {
        entries.append(Entry(host: host, event: event, at: moment))
    }

    mutating func note(ready: Int, of wanted: Int, in workload: ObjectKey, at moment: Timestamp) {
        if let last = counts[workload]?.last, last.ready == ready, last.wanted == wanted { return }
        counts[workload, default: []].append(Count(ready: ready, wanted: wanted, at: moment))
    }
}
