public import CorbelAPI

/// Who leads, by a Lease: client-go's `leaderelection` as a machine.
///
/// A record is judged by when this process saw it change, never by the times that stand in it, so clocks of different
/// hosts need not agree. `now` is local, never goes back, and counts the time that a host slept; `wallClock` is only
/// written down.
///
///     state       event                          next        action
///     waiting     tick, attempt due              reading     read
///     reading     lease held by another, alive   waiting     -
///     reading     lease free, own or expired     writing     write (create or update with its resourceVersion)
///     writing     written                        leading     startLeading with the lease's transitions, once
///     writing     refused or failed              waiting     -
///     leading     tick, attempt due              renewing    write
///     renewing    written                        leading     -
///     renewing    refused or failed              renewing    read, after the retry period
///     any leading renew deadline has passed      waiting     stopLeading
///     any leading release                        stopped     stopLeading, write an empty holder
public struct LeaderElection: Sendable {
    public struct Configuration: Sendable, Hashable {
        public var identity: String
        public var lease: ObjectKey
        /// How long others wait, after the last change that they saw, before they take the lease.
        public var leaseDuration: Duration
        /// How long a leader goes on without a renewal.
        public var renewDeadline: Duration
        /// How long to wait between two attempts.
        public var retryPeriod: Duration

        public init(
            identity: String, lease: ObjectKey, leaseDuration: Duration = .seconds(15),
            renewDeadline: Duration = .seconds(10), retryPeriod: Duration = .seconds(2)
        ) {
            precondition(!identity.isEmpty, "an empty identity means that nobody holds the lease")
            precondition(lease.kind == Lease.groupKind, "leaders are elected by a Lease")
            precondition(
                leaseDuration > renewDeadline && renewDeadline > retryPeriod && retryPeriod > .zero,
                "leader election needs leaseDuration > renewDeadline > retryPeriod > 0")
            self.identity = identity
            self.lease = lease
            self.leaseDuration = leaseDuration
            self.renewDeadline = renewDeadline
            self.retryPeriod = retryPeriod
        }
    }

    public enum Event: Sendable, Hashable {
        /// Time has passed.
        case tick
        /// What a read of the lease answered; nil where there is none.
        case read(Lease?)
        /// The lease as the server stored it for the last `write`.
        case written(Lease)
        /// The last `read` or `write` failed, or was never answered.
        case failed(StatusError)
        /// The process is about to end and leaves the lease to others at once.
        case release
    }

    public enum Action: Sendable, Hashable {
        case read(ObjectKey)
        case write(Intent)
        /// This process leads from now on; every task that it gives carries the number.
        case startLeading(transitions: Int)
        /// This process must stop every decision now.
        case stopLeading(reason: String)
    }

    private enum Request: Sendable, Hashable { case none, reading, writing }

    private let configuration: Configuration
    private var request = Request.none
    private var requestStarted = Timestamp(microseconds: 0)
    private var observed: Lease?
    private var observedAt = Timestamp(microseconds: 0)
    private var nextAttempt = Timestamp(microseconds: .min)
    private var lastRenewal = Timestamp(microseconds: 0)
    private var hasEnded = false
    /// Whether the observed lease may be written without reading it first.
    private var isObservationFresh = false
    public private(set) var isLeading = false

    public init(_ configuration: Configuration) { self.configuration = configuration }

    /// Who held the lease when it was last seen; empty where nobody did.
    public var observedHolder: String { observed?.holder ?? "" }
    public var observedTransitions: Int { observed?.transitions ?? 0 }

    /// When the next `tick` is due.
    public var nextWake: Timestamp? {
        if hasEnded { return nil }
        let deadline = isLeading ? lastRenewal + configuration.renewDeadline : nil
        return [nextAttempt, deadline].compactMap { $0 }.min()
    }

    /// `random` lies in 0..<1 and spreads the attempts of several candidates.
    public mutating func handle(_ event: Event, now: Timestamp, wallClock: Timestamp, random: Double) -> [Action] {
        precondition((0..<1).contains(random), "random must lie in 0..<1")
        guard !hasEnded else { return [] }
        if case .release = event { return release(wallClock: wallClock) }
        var actions = stepDownIfOverdue(now: now)
        switch event {
        case .tick: actions += attempt(now: now, wallClock: wallClock, random: random)
        case .read(let lease): actions += take(read: lease, now: now, wallClock: wallClock)
        case .written(let lease): actions += take(written: lease, now: now)
        case .failed: takeFailure()
        case .release: break
        }
        return actions
    }

    private mutating func stepDownIfOverdue(now: Timestamp) -> [Action] {
        guard isLeading, now - lastRenewal >= configuration.renewDeadline else { return [] }
        return stop("the lease was not renewed for \(configuration.renewDeadline)")
    }

    private mutating func stop(_ reason: String) -> [Action] {
        isLeading = false
        isObservationFresh = false
        return [.stopLeading(reason: reason)]
    }

    private mutating func attempt(now: Timestamp, wallClock: Timestamp, random: Double) -> [Action] {
        guard now >= nextAttempt else { return [] }
        // A leader renews evenly; candidates spread, so that they do not all write in the moment a lease ends.
        nextAttempt = now + configuration.retryPeriod * (isLeading ? 1 : 1 + 0.2 * random)
        requestStarted = now
        if isLeading, isObservationFresh, let observed {
            request = .writing
            return [.write(.update(Unstructured(claim(over: observed, wallClock: wallClock))))]
        }
        request = .reading
        return [.read(configuration.lease)]
    }

    private mutating func take(read lease: Lease?, now: Timestamp, wallClock: Timestamp) -> [Action] {
        guard request == .reading else { return [] }
        request = .none
        observe(lease, now: now)
        guard let lease else {
            request = .writing
            return [.write(.create(Unstructured(claim(over: nil, wallClock: wallClock))))]
        }
        if lease.holder != configuration.identity {
            let lost = isLeading ? stop("\(lease.holder.isEmpty ? "nobody" : lease.holder) holds the lease") : []
            if isAlive(lease, now: now) { return lost }
            request = .writing
            return lost + [.write(.update(Unstructured(claim(over: lease, wallClock: wallClock))))]
        }
        request = .writing
        return [.write(.update(Unstructured(claim(over: lease, wallClock: wallClock))))]
    }

    private mutating func observe(_ lease: Lease?, now: Timestamp) {
        // The spec is compared, not the resourceVersion: a change of metadata is no sign of life.
        if observed?.spec != lease?.spec || observed?.uid != lease?.uid { observedAt = now }
        observed = lease
        isObservationFresh = lease?.holder == configuration.identity
    }

    private func isAlive(_ lease: Lease, now: Timestamp) -> Bool {
        !lease.holder.isEmpty && now - observedAt < max(lease.duration, configuration.leaseDuration)
    }

    private mutating func take(written lease: Lease, now: Timestamp) -> [Action] {
        guard request == .writing else { return [] }
        request = .none
        observe(lease, now: now)
        guard lease.holder == configuration.identity else { return [] }
        // The renewal counts from when it was asked for: the others' clocks may have started then.
        lastRenewal = requestStarted
        guard !isLeading, now - lastRenewal < configuration.renewDeadline else { return [] }
        isLeading = true
        return [.startLeading(transitions: lease.transitions)]
    }

    private mutating func takeFailure() {
        request = .none
        isObservationFresh = false
    }

    private mutating func release(wallClock: Timestamp) -> [Action] {
        hasEnded = true
        guard isLeading, var lease = observed else { return [] }
        let actions = stop("the process ends")
        lease.holder = ""
        lease.duration = .seconds(1)
        lease.renewTime = wallClock
        return actions + [.write(.update(Unstructured(lease)))]
    }

    /// The lease with this process as its holder, over what is there.
    private func claim(over lease: Lease?, wallClock: Timestamp) -> Lease {
        var claim = lease ?? Lease(namespace: configuration.lease.namespace, name: configuration.lease.name)
        if claim.holder != configuration.identity {
            claim.transitions = lease.map { $0.transitions + 1 } ?? 0
            claim.acquireTime = wallClock
            claim.holder = configuration.identity
        } else if !isLeading {
            // A process that restarts under its old name is another leader to the agents: tasks of its former life
            // are older.
            claim.transitions += 1
            claim.acquireTime = wallClock
        }
        claim.duration = configuration.leaseDuration
        claim.renewTime = wallClock
        return claim
    }
}
