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

    private(set) var entries: [Entry] = []

    mutating func note(_ event: Event, of host: Int, at moment: Timestamp) {
        entries.append(Entry(host: host, event: event, at: moment))
    }
}
