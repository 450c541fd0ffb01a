/// A store of encoded objects with one order of revisions: what Kubernetes needs of etcd, and nothing more.
///
/// - Writes are optimistic. Each names what it was decided on, and one that meets something else is an outcome, not an
///   error.
/// - Nothing acknowledged is lost: a write returns after it is durable.
/// - Reads see every write that was acknowledged before they began.
/// - A list is the store at one revision, and a watch that begins after that revision misses nothing and repeats
///   nothing.
/// - Values are stored and fanned out as the bytes that they came as.
///
/// Errors are `StatusError`: `expired` for a revision that is compacted, `timeout` with the cause
/// `ResourceVersionTooLarge` for one that the store has not reached, `serviceUnavailable` where the store cannot work
/// now, and `CancellationError` where the caller's task was cancelled. A write that throws may have been carried out
/// or not: read again.
///
/// The calls follow etcd's `client/v3/kubernetes/interface.go`. `StoreConformance` holds every store to them.
public protocol ResourceStore: Sendable {
    /// The object as it is now.
    func get(_ key: StoreKey) async throws -> StoreEntry?

    /// The objects whose keys begin with `prefix`, in the order of their keys, as they were at one revision.
    ///
    /// To read the next page, ask again at the page's revision and after its last key.
    ///
    /// - Parameters:
    ///   - revision: the revision to read at; `nil` reads the newest.
    ///   - limit: how many entries a page has at most, above zero; `nil` gives all.
    ///   - key: entries up to and with this key are left out.
    func list(
        _ prefix: StoreKey, at revision: StoreRevision?, limit: Int?, after key: StoreKey?
    ) async throws -> StorePage

    /// How many keys begin with `prefix` now.
    func count(_ prefix: StoreKey) async throws -> Int

    /// Stores a value if the key is in the state that the caller expects.
    func put(_ key: StoreKey, _ value: [UInt8], expecting: StoreExpectation) async throws -> StoreOutcome

    /// Removes the object if it still has the revision that the caller expects.
    func delete(_ key: StoreKey, expecting revision: StoreRevision) async throws -> StoreOutcome

    /// Every change after a revision to a key that begins with `prefix`; with `nil`, every change from the moment that
    /// the call returns.
    ///
    /// Changes come in the order of their revisions, each once, and only after they are durable. A watch whose reader
    /// falls too far behind ends with `expired`; its reader lists anew.
    func watch(_ prefix: StoreKey, after revision: StoreRevision?) async throws -> StoreWatch

    /// Forgets the history before a revision. Lists at that revision and watches after it still work, older ones are
    /// `expired`. A revision that is compacted already changes nothing.
    func compact(_ revision: StoreRevision) async throws

    /// The revision of the last durable write.
    func currentRevision() async throws -> StoreRevision
}

extension ResourceStore {
    /// All objects under a prefix as they are now.
    public func list(_ prefix: StoreKey) async throws -> StorePage {
        try await list(prefix, at: nil, limit: nil, after: nil)
    }
}

/// An object as it is stored.
public struct StoreEntry: Sendable, Hashable {
    public var key: StoreKey
    public var value: [UInt8]
    /// The revision of the write that stored the value.
    public var revision: StoreRevision

    public init(_ key: StoreKey, _ value: [UInt8], _ revision: StoreRevision) {
        self.key = key
        self.value = value
        self.revision = revision
    }
}

/// Entries of one revision.
public struct StorePage: Sendable, Hashable {
    public var entries: [StoreEntry]
    /// The revision at which all entries were read; what a watch goes on after, and what the next page is read at.
    public var revision: StoreRevision
    /// How many entries of the same list stand behind the last one of this page.
    public var remaining: Int

    public init(entries: [StoreEntry], revision: StoreRevision, remaining: Int) {
        self.entries = entries
        self.revision = revision
        self.remaining = remaining
    }
}

/// What a put relies on.
public enum StoreExpectation: Sendable, Hashable {
    /// The key does not exist.
    case absent
    /// The key exists, and this revision stored its value.
    case revision(StoreRevision)
}

/// What became of a write.
public enum StoreOutcome: Sendable, Hashable {
    /// It is durable. The revision is its own: no other write has it.
    case committed(StoreRevision)
    /// The key was in another state, and nothing was written. The entry is what stood there instead, if anything did.
    case mismatch(current: StoreEntry?)
}

/// What a watch delivers.
public enum StoreEvent: Sendable, Hashable {
    /// A value was stored; `previous` is what it replaced, absent where the key was new.
    case put(StoreEntry, previous: StoreEntry?)
    /// The object was removed by the write of that revision; `last` is how it was before.
    case delete(revision: StoreRevision, last: StoreEntry)
    /// Every change up to this revision has been delivered. Comes only to a watch that asked for it with
    /// ``StoreWatch/requestProgress()``.
    case progress(StoreRevision)

    /// The key that changed; a progress concerns none.
    public var key: StoreKey? {
        switch self {
        case .put(let entry, _): entry.key
        case .delete(_, let last): last.key
        case .progress: nil
        }
    }

    public var revision: StoreRevision {
        switch self {
        case .put(let entry, _): entry.revision
        case .delete(let revision, _): revision
        case .progress(let revision): revision
        }
    }
}
