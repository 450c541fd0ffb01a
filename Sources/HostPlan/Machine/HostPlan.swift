import CorbelAPI

/// The host as a state machine: what happens to it goes in, what its agent is to do comes out.
///
/// It performs nothing and reads no clock. The journal, the booted slot and the boot variables decide what is true when
/// the agent starts; after that, one batch of effects at a time is under way, and its outcome decides what comes next.
///
///     step            | effect                                  | finished             | failed for good
///     downloading     | downloadImage                           | writing              | Failed
///     writing         | boot variables close the slot, writeSlot| prepared             | Failed
///     prepared        | none: waits for the gate                | next of itinerary    |
///     snapshotting    | snapshotEtcd                            | next                 | Failed
///     rebooting       | boot variables try the new slot, reboot | (start, new slot)    | never gives up
///       started, new slot      |                                | next                 |
///       started, old slot      |                                |                      | returning, cause Host
///     applying        | the procedure or task of the type       | next                 | way back
///     configuring     | applyConfiguration(target)              | next                 | way back
///     restarting      | restartServices                         | next                 | way back
///     validating      | none, then commit (new slot only)       | Done                 | way back, see below
///     undoing         | undoUpgrade, or resetHost               | next                 | Failed
///     configuringBack | applyConfiguration(previous)            | next                 | Failed
///     restartingBack  | restartServices                         | next                 | Failed
///     rebootingBack   | reboot                                  | (start) next         | never gives up
///     returning       | boot variables return; reboot if needed | (start, old slot) next | never gives up
///     settling        | none: waits until the host is well      | Reverted             | Failed, UnhealthyAfterRevert
///
/// Which steps a type takes is said by its `Itinerary`. While validating, and counted in uptime over reboots:
///
///     verdict                   | before the deadline | after it         | after the hard limit
///     healthy for `probation`   | Done                | Done             | Done
///     the host's failing        | wait                | back, Host       | back, Host
///     the cluster's failing     | wait, extends       | wait, extends    | back, Cluster
///     unknown                   | wait                | wait             | back, Cluster
///
/// Beside every task, and before its next step, the host renews certificates of Kubernetes by itself that are about to
/// end and that nobody has had renewed.
///
/// Invariants: the committed slot is never written (``SpareSlot``); `commit` comes from `validating` alone; an entry is
/// durable before what it describes begins; an image that failed here by the host's cause is refused until a person
/// asks for it again.
public struct HostPlan: Sendable {
    public struct Configuration: Sendable, Hashable {
        /// How long a host must be healthy without a break.
        public var settle: Duration = .seconds(10)
        /// The same in a new slot, before it is committed: some systems die soon after everything looks well.
        public var trial: Duration = .seconds(60)
        /// How often the validation clock is written to the journal.
        public var checkpoint: Duration = .seconds(30)
        /// How many times the boot loader may start a new slot before the agent there has spoken: more than once, since
        /// a power cut during a boot must not pass for an image that does not boot.
        public var trialBoots = 3
        /// How many starts of a new slot one validation may take, so that power cuts do not end it, as they come one
        /// after the other in a bad night, and a crash loop does.
        public var validationBoots = 5
        public var attempts = 5
        public var downloadAttempts = 60
        /// How often a step past the gate is tried that finds no room: for some twenty minutes. Before the gate it is
        /// tried as often as a download.
        public var spaceAttempts = 12
        public var firstBackoff: Duration = .seconds(1)
        public var longestBackoff: Duration = .seconds(300)
        /// How long before its end the host renews a certificate by itself that nobody has had renewed: when it has
        /// ended, no API server is left that could ask for it.
        public var certificateReserve: Duration = .seconds(600)
        public var firstRenewalBackoff: Duration = .seconds(60)
        public var longestRenewalBackoff: Duration = .seconds(3600)
        /// The limits of a slot on trial that no task is known of.
        public var defaultValidateTimeout: Duration = .seconds(600)
        public var defaultValidateLimit: Duration = .seconds(3600)

        public init() {}
    }

    public let configuration: Configuration
    /// What the journal adds up to, with what is on its way there.
    public internal(set) var record = HostRecord()
    var world: World?
    var spec: HostSpec?
    var moment = HostMoment(uptime: .zero, now: Timestamp(microseconds: 0))

    // What is known of this run of the agent only.
    var health = HealthWatch()
    var retry = Retry()
    var journal = JournalWriter()
    var batch: Batch?
    var nextID = 1
    /// A task that was refused. It is not journalled: a refusal changes nothing, and is found again.
    var refused: HostTaskStatus?
    /// Whether the journal could not tell what runs, so that the agent's own last report may.
    var mayLearnRunning = false
    /// Whether the files that follow from revision and slot have been rendered since the agent started.
    var isConfigured = false
    var certificates = CertificateWatch()
    var percent: Int?
    var cancelled: HostAction.ID?
    var lastReport: HostReport?
    var scheduled: Duration?

    public init(configuration: Configuration = Configuration()) {
        self.configuration = configuration
    }

    /// What the agent was told at its start, kept up to date with what it does.
    struct World: Sendable {
        var booted: Slot
        var bootID: String
        var slots: HostSlots
        var blocks: BootBlocks
        var variables: BootVariables
        var hasEtcdMember: Bool

        var isOnTrial: Bool { booted != variables.committed }
        var spare: SpareSlot? { SpareSlot(booted: booted, committed: variables.committed) }
    }

    /// How long the host has to be healthy where it is now.
    var probation: Duration { world?.isOnTrial == true ? configuration.trial : configuration.settle }

    public var committed: Slot { world?.variables.committed ?? .a }
    public var booted: Slot { world?.booted ?? .a }

    /// Whether health decides something now, so that the agent looks often.
    public var wantsHealth: Bool { record.current?.clock != nil }

    /// Takes in one event, and answers what to do: one batch, in order.
    public mutating func handle(_ event: HostEvent, at moment: HostMoment) -> [HostAction] {
        self.moment = moment
        if case .started(let facts) = event { start(facts) }
        guard world != nil else {
            if case .specChanged(let spec) = event { self.spec = spec }
            return []
        }
        advanceClock()
        absorb(event)
        let cancellations = considerSpec()
        if batch.map({ $0.purpose == .record }) ?? true { judgeDeadlines() }
        let effects = batch == nil && !retry.isWaiting(at: moment.uptime) ? decide() : nil
        return emit(effects, cancellations)
    }

    private mutating func absorb(_ event: HostEvent) {
        switch event {
        case .started: break
        case .specChanged(let spec): self.spec = spec
        case .progressed(let id, let percent): if batch?.lastID == id { self.percent = min(max(percent, 0), 100) }
        case .finished(let id, let result): finished(id, result)
        case .failed(let id, let failure): failed(id, failure)
        case .health(let report): observe(report)
        case .certificates(let look): certificates.take(look, at: moment.uptime)
        case .tick: scheduled = nil
        }
    }
}
