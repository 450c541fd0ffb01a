public import CorbelAPI

/// The controllers of one plane over one cache: events in, work out.
///
/// The machine owns the cache, a queue per reconciler and what is known of writes under way. Its shell lists,
/// watches, writes and keeps time; it decides nothing.
///
///     event                     effect
///     listed, watched, read     the cache changes; keys that the change concerns are queued
///     watched(expired)          list again; decisions go on upon what is known
///     tick                      delayed keys that are due are queued
///     performed                 the key rests until the cache holds its writes; failures come back after a backoff
///
/// After the events of a moment the machine takes keys from the queues, as long as every kind is synced and there is
/// room for work in flight.
public struct ControllerMachine: Sendable {
    public struct Configuration: Sendable, Hashable {
        /// How many keys may have writes under way.
        public var maxInFlight: Int
        /// How many keys one event may decide; the rest follows with the next tick, which is due at once.
        public var maxDecisionsPerEvent: Int
        public var queueLimit: Int
        public var backoff: Backoff
        /// How long the cache may lag behind an own write before the kind is listed anew.
        public var cacheLagLimit: Duration

        public init(
            maxInFlight: Int = 16, maxDecisionsPerEvent: Int = 256, queueLimit: Int = 100_000,
            backoff: Backoff = Backoff(),
            cacheLagLimit: Duration = .seconds(30)
        ) {
            precondition(maxInFlight > 0 && maxDecisionsPerEvent > 0, "a machine that may do nothing is a mistake")
            self.maxInFlight = maxInFlight
            self.maxDecisionsPerEvent = maxDecisionsPerEvent
            self.queueLimit = queueLimit
            self.backoff = backoff
            self.cacheLagLimit = cacheLagLimit
        }
    }

    /// The key of one reconciler.
    public struct WorkKey: Sendable, Hashable, Comparable {
        public var reconciler: String
        public var key: ObjectKey

        public init(_ reconciler: String, _ key: ObjectKey) {
            self.reconciler = reconciler
            self.key = key
        }

        /// An object has few reconcilers.
        public func hash(into hasher: inout Hasher) { hasher.combine(key) }

        public static func < (left: WorkKey, right: WorkKey) -> Bool {
            (left.reconciler, left.key) < (right.reconciler, right.key)
        }
    }

    /// Writes to perform, one after the other. The first that fails ends the work: what follows was decided on its
    /// success.
    public struct Work: Sendable, Hashable {
        public var key: WorkKey
        public var intents: [Intent]

        public init(key: WorkKey, intents: [Intent]) {
            self.key = key
            self.intents = intents
        }
    }

    /// How a write ended.
    public enum WriteResult: Sendable, Hashable {
        /// Done; the object as the server stored it, where it answered with one.
        case done(Unstructured?)
        /// Refused: nothing was written.
        case failed(StatusError)
        /// No answer came. It may have been written; the object is read again, and nothing is assumed.
        case unanswered
    }

    public enum Event: Sendable {
        case listed(GroupKind, [Unstructured], resourceVersion: String)
        case watched(GroupKind, WatchEvent)
        /// The answers to the first writes of the work, in order: all of them, or up to the one that ended it.
        case performed(WorkKey, [WriteResult])
        /// The answer to `read`: nil where there is no such object. A read that fails is repeated by the shell.
        case read(ObjectKey, Unstructured?)
        case tick
    }

    public enum Action: Sendable, Hashable {
        /// List the kind, report `listed`, and watch it from the list's resourceVersion.
        case list(GroupKind)
        case read(ObjectKey)
        case perform(Work)
        /// What the key waits for has changed; empty when it waits for nothing any more.
        case waits(WorkKey, [Wait])
    }

    let configuration: Configuration
    let reconcilers: [any Reconciler]
    /// The reconcilers, by index, that are called for each kind, and those that it wakes for another.
    let primaries: [GroupKind: [Int]]
    let batchPeriods: [Duration]
    let watches: [GroupKind: [(reconciler: Int, watch: WatchedKind)]]
    /// Every kind that any of the reconcilers reads, in order.
    public let kinds: [GroupKind]
    public internal(set) var cache = InformerCache()
    /// Whether every kind has been listed; what was once listed stays known.
    private(set) var hasSynced = false
    var queues: [WorkQueue]
    var inFlight: [WorkKey: Work] = [:]
    /// Keys that rest until the cache has seen their own writes, and since when.
    var resting: [WorkKey: Rest] = [:]
    var failures: [WorkKey: Int] = [:]
    var hasMoreToDecide = false

    struct Rest: Sendable, Hashable {
        var expectations: Set<InformerCache.Expectation>
        var since: Timestamp
    }

    public init(reconcilers: [any Reconciler], configuration: Configuration = Configuration()) {
        precondition(Set(reconcilers.map(\.name)).count == reconcilers.count, "two reconcilers bear one name")
        self.reconcilers = reconcilers
        self.configuration = configuration
        batchPeriods = reconcilers.map(\.batchPeriod)
        primaries = Dictionary(grouping: reconcilers.indices) { reconcilers[$0].primary }
        watches = Dictionary(
            grouping: reconcilers.indices.flatMap { index in reconcilers[index].watches.map { (index, $0) } },
            by: \.1.kind)
        kinds = Set(primaries.keys).union(watches.keys).sorted()
        queues = reconcilers.map { _ in WorkQueue(limit: configuration.queueLimit) }
    }

    /// What to do first.
    public func start() -> [Action] { kinds.map { .list($0) } }

    /// When the next `tick` is due, in the time of `handle`; nil when only news can bring work.
    public func nextWake(now: Timestamp) -> Timestamp? {
        let lagging = resting.values.map(\.since).min().map { $0 + configuration.cacheLagLimit }
        // Until everything is listed, and while there is no room for more work, news wakes the machine, not time.
        guard hasSynced, inFlight.count < configuration.maxInFlight else { return lagging }
        if hasMoreToDecide { return now }
        return queues.reduce(lagging) { first, queue in
            guard let due = queue.nextDue else { return first }
            return min(first ?? due, due)
        }
    }

    /// Takes what has happened since the last call, and answers what to do about all of it: what changes several times
    /// meanwhile is decided on once.
    ///
    /// - Parameters:
    ///   - now: local time that never goes back, which delays are counted in: a wall clock that jumps neither holds
    ///     them up nor cuts them short.
    ///   - wallClock: what reconcilers are told, since objects speak of it.
    ///   - random: lies in 0..<1 and spreads retries.
    public mutating func handle(
        _ events: some Sequence<Event>, now: Timestamp, wallClock: Timestamp, random: Double
    ) -> [Action] {
        var actions: [Action] = []
        for event in events { actions += take(event, now: now, random: random) }
        wakeRested(now: now)
        refillOverflowedQueues()
        return actions + decide(now: now, wallClock: wallClock)
    }

    private mutating func take(_ event: Event, now: Timestamp, random: Double) -> [Action] {
        switch event {
        case .listed(let kind, let objects, let version):
            enqueue(cache.replace(kind, with: objects, resourceVersion: version), now: now)
            hasSynced = hasSynced || kinds.allSatisfy(cache.hasSynced)
            if hasSynced { settleReads(of: kind) }
        case .watched(let kind, .expired): return [.list(kind)]
        case .watched(let kind, let event): enqueue(cache.apply(event, of: kind).map { [$0] } ?? [], now: now)
        case .performed(let key, let results): return finish(key, results, now: now, random: random)
        case .read(let key, let object): takeRead(key, object, now: now)
        case .tick: return relistLaggingKinds(now: now)
        }
        return []
    }
}
