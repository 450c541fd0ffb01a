public import CorbelAPI

/// A run of steps that a distribution makes of what the host is to become.
public enum HostProcedure: Sendable, Hashable {
    case bootstrap(HostState)
    case upgradeKubernetes(from: HostState, to: HostState)
    /// Goes back as far as can be. What cannot be undone is said in ``HostResult/cannotBeUndone``.
    case undoUpgrade(from: HostState, to: HostState)
}

/// One thing that the agent is to do. Each may come again after a crash, and is written so that doing it twice does it
/// once.
public struct HostAction: Sendable, Hashable, Identifiable {
    public enum Operation: Sendable, Hashable {
        /// Appends to the journal, and syncs it.
        case writeJournal(JournalEntry)
        /// Replaces the journal in one step.
        case rewriteJournal([JournalEntry])
        /// Fetches an image into the cache, going on where an earlier attempt ended.
        case downloadImage(reference: String, digest: String)
        /// Writes the downloaded image to a slot, reads it back, and labels the slot last.
        case writeSlot(SpareSlot, digest: String, version: String)
        case setBootVariables(BootWrite)
        /// Makes the booted slot the good one: one durable write.
        case commit(BootWrite)
        /// Fails as unavailable while etcd would lose its quorum with this host's member, and while the member may be
        /// starting yet. One that does not get well has nothing to lose.
        case confirmEtcdQuorum
        case reboot
        /// Renders the files that follow from the state's revision and the booted slot.
        case applyConfiguration(HostState)
        case restartServices([String])
        case runSteps(HostProcedure)
        /// The member's name.
        case removeEtcdMember(String)
        /// To the member of that name, or to any that is able.
        case moveEtcdLeader(to: String?)
        /// For the EtcdSnapshot of that name, or under a name of the host's own before an upgrade.
        case snapshotEtcd(String)
        /// Makes the certificates of Kubernetes anew, and has what holds the old ones read them; where a time is given,
        /// only if the first of them ends within it by the host's own clock. Answers with the one that ends first then.
        case renewCertificates(HostState, within: Duration?)
        /// Stops Kubernetes and wipes its data.
        case resetHost
        /// Tells the plane. Only the newest report counts.
        case report(HostReport)
        /// Asks for a ``HostEvent/tick`` at an uptime. The newest replaces all before it.
        case scheduleTick(at: Duration)
        /// Ends an action that runs. It fails as cancelled, unless it was faster.
        case cancel(HostAction.ID)
    }

    public let id: Int
    public let operation: Operation
}

/// What the agent says of its host: the parts of a HostMachine's status that this machine knows.
public struct HostReport: Sendable, Hashable {
    public var task: HostTaskStatus?
    public var running: HostState?
    public var booted: Slot
    public var committed: Slot
    public var slots: HostSlots
    public var failedImages: [String]
    public var authority: Authority
    public var bootID: String
    /// The certificate of Kubernetes that ends first; nil while nobody has looked.
    public var certificates: HostCertificates?

    /// Writes the report into the status; what else stands there stays.
    public func write(into machine: inout HostMachine) {
        if let task { machine.taskStatus = task }
        machine.running = running
        machine.failedImages = failedImages
        machine.json["status", "slots"] = slotsJSON
        machine.json["status", "epoch"] = JSONValue(authority.epoch)
        machine.json["status", "leaseTransitions"] = JSONValue(authority.leaseTransitions)
        machine.json["status", "bootID"] = .string(bootID)
        if let certificates { machine.certificates = certificates }
    }

    private var slotsJSON: JSONValue {
        var json: JSONValue = ["booted": .string(booted.rawValue), "committed": .string(committed.rawValue)]
        json["a"] = slots.a?.json
        json["b"] = slots.b?.json
        return json
    }
}

/// Who gives tasks. A higher epoch outranks any number of lease transitions.
public struct Authority: Sendable, Hashable, Comparable {
    public var epoch: Int
    public var leaseTransitions: Int

    public init(epoch: Int = 0, leaseTransitions: Int = 0) {
        self.epoch = epoch
        self.leaseTransitions = leaseTransitions
    }

    init(of task: HostTask) {
        self.init(epoch: task.epoch, leaseTransitions: task.leaseTransitions)
    }

    public static func < (left: Authority, right: Authority) -> Bool {
        (left.epoch, left.leaseTransitions) < (right.epoch, right.leaseTransitions)
    }
}
