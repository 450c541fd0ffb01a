public import CorbelAPI

/// What the journal adds up to.
public struct HostRecord: Sendable, Hashable {
    /// How many ended tasks are remembered, for reports.
    public static let finishedLimit = 16

    /// The highest authority that has been seen.
    public var authority = Authority()
    public var running: HostState?
    public var committed: Slot?
    /// Digests of images that failed here, in order.
    public var failedImages: [String] = []
    /// The task under way.
    public var current: TaskProgress?
    /// The last tasks that ended, the newest last.
    public var finished: [HostTaskStatus] = []

    public init() {}

    mutating func apply(_ entry: JournalEntry) {
        switch entry {
        case .progress(let progress): current = progress
        case .finished(let status): finish(status)
        case .left(let status):
            (current, running, authority) = (nil, nil, Authority())
            finished = [status]
        case .running(let state): running = state
        case .seen(let seen): authority = max(authority, seen)
        case .failedImage(let digest):
            if !failedImages.contains(digest) { failedImages = (failedImages + [digest]).sorted() }
        case .forgivenImage(let digest): failedImages.removeAll { $0 == digest }
        case .committed(let slot): committed = slot
        }
    }

    private mutating func finish(_ status: HostTaskStatus) {
        if current?.task.id == status.id { current = nil }
        finished.removeAll { $0.id == status.id }
        finished = (finished + [status]).suffix(Self.finishedLimit)
    }

    /// The fewest entries that add up to this record.
    public var entries: [JournalEntry] {
        var entries: [JournalEntry] = [.seen(authority), .running(running)]
        if let committed { entries.append(.committed(committed)) }
        entries += failedImages.map(JournalEntry.failedImage)
        entries += finished.map(JournalEntry.finished)
        if let current { entries.append(.progress(current)) }
        return entries
    }
}
