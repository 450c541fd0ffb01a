public import CorbelAPI

/// A write that a reconciler wants. Each carries what it was decided on: a create the absence of its name, all others
/// the object's resourceVersion. A write that meets something else fails, and the reconciler decides anew.
public enum Intent: Sendable, Hashable {
    case create(Unstructured)
    /// Writes everything but the status.
    case update(Unstructured)
    case updateStatus(Unstructured)
    /// Asks for the deletion of exactly this object.
    case delete(ObjectKey, uid: String, resourceVersion: String)
    /// Asks for the eviction of exactly this pod (`policy/v1` Eviction), which a PodDisruptionBudget may refuse. The
    /// answer 429 is no failure: the pod is still there, and the reconciler sees that.
    case evict(ObjectKey, uid: String)
    /// Server-side apply of a manifest. It carries no resourceVersion: the fields that `fieldManager` owns are what
    /// it asserts, and it takes them over from whoever holds them (`force`).
    case applyManifest(Unstructured, fieldManager: String)
    /// Tells people what happened (`events.k8s.io`).
    case event(EventIntent)
}

extension Intent {
    /// The object that the write changes; an event changes none that anybody decides on.
    public var target: ObjectKey? {
        switch self {
        case .create(let object), .update(let object), .updateStatus(let object), .applyManifest(let object, _):
            object.key
        case .delete(let key, _, _), .evict(let key, _): key
        case .event: nil
        }
    }
}

/// An event about an object, before it has a name or a time.
public struct EventIntent: Sendable, Hashable {
    public enum Level: String, Sendable, Hashable {
        case normal = "Normal"
        case warning = "Warning"
    }

    public var about: ObjectKey
    public var uid: String
    public var level: Level
    public var reason: String
    public var message: String

    public init(about object: some Resource, _ level: Level = .normal, reason: String, message: String) {
        about = object.key
        uid = object.uid
        self.level = level
        self.reason = reason
        self.message = message
    }
}

/// Why a reconcile could not finish: law 9 wants each of the four answered.
public struct Wait: Sendable, Hashable {
    /// What is waited for, in CamelCase, such as `HostBooting`.
    public var reason: String
    /// What is waited for, as a sentence.
    public var message: String
    /// On whom.
    public var on: ObjectKey?
    /// Since when, where that is known.
    public var since: Timestamp?
    /// What would end the wait, as a sentence that a person can act on.
    public var unblockedBy: String

    public init(_ reason: String, _ message: String, on: ObjectKey? = nil, since: Timestamp? = nil, unblockedBy: String)
    {
        self.reason = reason
        self.message = message
        self.on = on
        self.since = since
        self.unblockedBy = unblockedBy
    }
}

/// What one reconcile decided.
public struct Outcome: Sendable, Hashable {
    public var intents: [Intent]
    public var waits: [Wait]
    /// When to look again although nothing changed.
    public var requeueAfter: Duration?

    public init(_ intents: [Intent] = [], waits: [Wait] = [], requeueAfter: Duration? = nil) {
        self.intents = intents
        self.waits = waits
        self.requeueAfter = requeueAfter
    }

    public static let done = Outcome()
}

/// Which changes of a kind could change a decision.
public enum DecisiveChange: Sendable {
    case any
    /// All but those of these fields of status, and of what the server alone writes.
    case beside(status: [String])
    case those(@Sendable (CacheChange) -> Bool)
}

/// Another kind that a reconciler must be woken for.
public struct WatchedKind: Sendable {
    public var kind: GroupKind
    /// The primary objects that a change of this object concerns.
    public var affects: @Sendable (Unstructured, Snapshot) -> [ObjectKey]
    public var decisive: DecisiveChange

    public init(
        _ kind: GroupKind, decisive: DecisiveChange = .any,
        affects: @escaping @Sendable (Unstructured, Snapshot) -> [ObjectKey]
    ) {
        self.kind = kind
        self.decisive = decisive
        self.affects = affects
    }
}

/// A pure controller: looks at what is, and says what to write.
///
/// It is level-based: `key` is only a name, and the outcome depends on the snapshot and the time alone. It may be
/// called at any time, any number of times; a second call on an unchanged snapshot wants nothing.
public protocol Reconciler: Sendable {
    /// A name for logs and metrics, such as `edge-control-plane`.
    var name: String { get }
    /// The kind that it is called for.
    var primary: GroupKind { get }
    /// The other kinds that wake it. Everything that `reconcile` reads is the primary kind or stands here.
    var watches: [WatchedKind] { get }

    /// The primary objects to look at again when another reconciler waits for something else at one of its objects.
    /// Whoever reads `Snapshot.waits` answers here.
    func objectsToWake(forWaitsAt key: ObjectKey, in snapshot: Snapshot) -> [ObjectKey]

    /// How long after it was first woken an object is looked at, so that changes that come in a burst are told once.
    var batchPeriod: Duration { get }

    func reconcile(_ key: ObjectKey, in snapshot: Snapshot, now: Timestamp) -> Outcome
}

extension Reconciler {
    public func objectsToWake(forWaitsAt _: ObjectKey, in _: Snapshot) -> [ObjectKey] { [] }
    public var batchPeriod: Duration { .zero }
}
