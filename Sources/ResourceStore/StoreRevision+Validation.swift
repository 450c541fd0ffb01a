import CorbelAPI

extension StoreRevision {
    /// Whether a store can still, or already, speak about this revision.
    ///
    /// - Throws: `expired` below `compacted`, `timeout` with the cause `ResourceVersionTooLarge` above `current`.
    public func check(compacted: StoreRevision, current: StoreRevision) throws {
        if self < compacted { throw StatusError.revisionTooOld() }
        if self > current { throw StatusError.revisionTooLarge(self, current: current) }
    }
}

extension StoreExpectation {
    /// Whether the key is in the state that the write relies on.
    public func isMet(by current: StoreEntry?) -> Bool { isMet(by: current?.revision) }

    /// The same by the revision alone, for a store that has not read the value.
    public func isMet(by current: StoreRevision?) -> Bool {
        switch self {
        case .absent: current == nil
        case .revision(let revision): current == revision
        }
    }
}
