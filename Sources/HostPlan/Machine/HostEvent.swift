public import CorbelAPI

/// When an event happened.
public struct HostMoment: Sendable, Hashable {
    /// Time since this boot. All deadlines count it.
    public var uptime: Duration
    /// Wall-clock time. It is shown to people, and nothing is decided on it: a host's clock may jump. What a
    /// certificate has left, which only that clock can tell, comes with ``CertificateLook``.
    public var now: Timestamp

    public init(uptime: Duration, now: Timestamp) {
        self.uptime = uptime
        self.now = now
    }
}

/// What the world says when the agent starts.
public struct HostFacts: Sendable, Hashable {
    public var booted: Slot
    /// Changes with every boot.
    public var bootID: String
    public var slots: HostSlots
    public var bootBlocks: BootBlocks
    /// The bytes of the journal; `nil` where there is none.
    public var journal: [UInt8]?
    /// Whether the host holds a member of etcd.
    public var hasEtcdMember: Bool

    public init(
        booted: Slot, bootID: String, slots: HostSlots, bootBlocks: BootBlocks, journal: [UInt8]?, hasEtcdMember: Bool
    ) {
        self.booted = booted
        self.bootID = bootID
        self.slots = slots
        self.bootBlocks = bootBlocks
        self.journal = journal
        self.hasEtcdMember = hasEtcdMember
    }
}

/// What the host's HostMachine asks for.
public struct HostSpec: Sendable, Hashable {
    public var task: HostTask?
    public var desired: HostState?
    /// What the agent itself last reported to run: a second memory beside the journal.
    public var reportedRunning: HostState?

    public init(task: HostTask? = nil, desired: HostState? = nil, reportedRunning: HostState? = nil) {
        self.task = task
        self.desired = desired
        self.reportedRunning = reportedRunning
    }

    public init(_ machine: HostMachine) {
        self.init(task: machine.task, desired: machine.desired, reportedRunning: machine.running)
    }
}

/// What an action brought.
public struct HostResult: Sendable, Hashable {
    /// What the action brought to light, such as a snapshot's digest. It becomes the task's result.
    public var value: JSONValue?
    /// What was done and cannot be taken back, as sentences for people.
    public var cannotBeUndone: [String]
    /// What was seen of the certificates afterwards, where the action may have changed them.
    public var certificates: CertificateLook?

    public init(value: JSONValue? = nil, cannotBeUndone: [String] = [], certificates: CertificateLook? = nil) {
        self.value = value
        self.cannotBeUndone = cannotBeUndone
        self.certificates = certificates
    }
}

/// Why an action failed.
public struct HostFailure: Error, Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case noSpace = "NoSpace"
        case digestMismatch = "DigestMismatch"
        case network = "Network"
        case timeout = "Timeout"
        /// The cluster does not answer: its API server, or etcd for want of a quorum.
        case unavailable = "Unavailable"
        case commandFailed = "CommandFailed"
        case io = "InputOutput"
        /// What was asked for makes no sense. Trying again would not help.
        case invalid = "Invalid"
        case notFound = "NotFound"
        /// The action ended because it was told to.
        case cancelled = "Cancelled"

        var mayPass: Bool {
            switch self {
            case .network, .timeout, .unavailable, .commandFailed, .io, .digestMismatch: true
            case .noSpace, .invalid, .notFound, .cancelled: false
            }
        }

        /// Whose failure it is. What comes over the network may be anybody's, so it blames nobody.
        var cause: HostTaskStatus.Cause {
            switch self {
            case .network, .unavailable, .notFound, .invalid, .cancelled: .cluster
            case .noSpace, .digestMismatch, .timeout, .commandFailed, .io: .host
            }
        }
    }

    public var kind: Kind
    public var message: String
    public var cannotBeUndone: [String]

    public init(_ kind: Kind, _ message: String, cannotBeUndone: [String] = []) {
        self.kind = kind
        self.message = message
        self.cannotBeUndone = cannotBeUndone
    }
}

/// What a look at the certificates of Kubernetes on the host has found.
public struct CertificateLook: Sendable, Hashable {
    /// The one that ends first.
    public var first: HostCertificates
    /// How long it lasts by the host's clock; negative where it has ended.
    public var remaining: Duration

    public init(first: HostCertificates, remaining: Duration) {
        self.first = first
        self.remaining = remaining
    }

    public init(first: HostCertificates, now: Timestamp) { self.init(first: first, remaining: first.expires - now) }
}

/// What happens to a host.
public enum HostEvent: Sendable, Hashable {
    /// The agent has started. The first event of a machine; all before it wait for it.
    case started(HostFacts)
    case specChanged(HostSpec)
    /// How far a long action is, in per cent.
    case progressed(HostAction.ID, percent: Int)
    case finished(HostAction.ID, HostResult)
    case failed(HostAction.ID, HostFailure)
    case health(HealthReport)
    case certificates(CertificateLook)
    /// The uptime that was asked for has come.
    case tick
}
