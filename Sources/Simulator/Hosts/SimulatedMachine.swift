import ControlLoop
import CorbelAPI
import HostPlan
import Lifecycle

/// A machine: its disk, its power, and the agent that runs on it while it is up.
struct SimulatedMachine: Sendable {
    enum Power { case off, starting, running }

    let name: String
    /// Its site among those of the world, and the key of its object there.
    let site: Int
    let key: ObjectKey
    /// The key of the object by which the centre has the host reset once its site has let go of it.
    let resetKey: ObjectKey
    var disk: SimulatedDisk
    var power = Power.off
    /// Counts every start of the boot loader: what was planned for an earlier boot does not happen.
    var boots = 0
    var bootedSlot = Slot.a
    var bootedAt = Timestamp(microseconds: 0)
    /// Boots in a row without an agent.
    var failedBoots = 0
    /// When its services are up, where there are any.
    var servesFrom: Timestamp?
    /// As it was started last.
    var agent = SimulatedAgent()
    var agentIsUp = false
    /// When it last reached the centre, and when its last heartbeat was.
    var reachedCentreAt = Timestamp(microseconds: 0)
    var beatAt = Timestamp(microseconds: 0)
    /// The steps that fail on it now.
    var failing: [FallibleStep: FailingNow] = [:]
    /// When it last told the API server that its node is well.
    var lastBeat = Timestamp(microseconds: 0)
    var cutOffSince = Timestamp(microseconds: 0)
    var cutOffFromSiteUntil = Timestamp(microseconds: 0)
    var cutOffFromCentreUntil = Timestamp(microseconds: 0)
    var diskIsFullUntil = Timestamp(microseconds: 0)
    var diskIsSlowUntil = Timestamp(microseconds: 0)
    var diskSlowness = 1
    /// Until when restarted services are down.
    var servicesRestUntil = Timestamp(microseconds: 0)
    /// How far its clock is ahead of the world's.
    var clockOffset = Duration.zero
    /// When it went down, and whether its own agent took it down.
    var downSince: Timestamp?
    var wentDownThroughUs = false

    init(name: String, site: Int, cluster: String, image: SlotContent) {
        self.name = name
        self.site = site
        key = HostMachine.key(namespace: SimulatedWorld.namespace, name: ObjectName.machine(name, of: cluster))
        resetKey = HostMachine.key(namespace: SimulatedWorld.namespace, name: ObjectName.reset(name, of: cluster))
        disk = SimulatedDisk(image: image)
    }

    /// The digest of what is booted.
    var digest: String? { disk.digest(of: bootedSlot) }
}

/// An agent while it runs: the host's state machine, and what it has been told to do.
struct SimulatedAgent: Sendable {
    struct Running {
        var action: HostAction
        var number: Int
    }

    var plan = HostPlan()
    /// What is left of the batch after the action that runs.
    var queue: [HostAction] = []
    var running: Running?
    var performed = 0
    /// When the tick is due that was asked for last.
    var tick: Duration?
    /// The machine as the agent last saw it, and where.
    var seen: HostMachine?
    var seenPlane: PlaneID?
    var report: HostReport?
    /// Counts the reports.
    var reports = 0
    /// What was last written, and over which version of the machine.
    var delivered: Delivery?
    var election: LeaderElection?
    /// Whether the agent looks after its lease.
    var isStanding = false

    struct Delivery: Sendable, Hashable {
        var plane: PlaneID
        var version: String
        var report: Int
        var isEtcdLeader: Bool
        var isEtcdHealthy: Bool
        var isLearner: Bool
    }
}

/// Where a cluster's objects live: at the centre, or at their site.
enum PlaneID: Sendable, Hashable {
    case centre
    case site(Int)
}
