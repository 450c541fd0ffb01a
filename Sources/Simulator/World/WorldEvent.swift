import ControlLoop
import CorbelAPI
import HostPlan
import Lifecycle

/// Something that happens in a world. What concerns a process or a boot names which: news for one that is gone is lost.
enum WorldEvent: Sendable {
    /// What a controller's shell sends, carries out, or was told to wait for.
    case request(ProcessID, life: Int, ControllerRequest)
    case answer(ProcessID, life: Int, ControllerMachine.Event)
    case watch(ProcessID, life: Int)
    case tick(ProcessID, life: Int)

    // A machine, and the agent on it.
    case powerOn(Int)
    case watchdog(Int, boot: Int)
    case agentStarts(Int, boot: Int)
    case actionEnds(Int, boot: Int, number: Int)
    case agentTick(Int, boot: Int, at: Duration)
    case agentLooks(Int, boot: Int)
    case agentFeels(Int, boot: Int)
    case election(Int, boot: Int)
    case dropsDead(Int, boot: Int)

    /// Kubelets, its own controllers and etcd take a step.
    case kubernetes(site: Int)
    /// The link between the site and its centre takes a step.
    case link(site: Int)
    case centreStarts
    case fault(Fault)
    /// Where no cluster is named, it is the first.
    case act(Act, cluster: String?)
}

/// A controller process: the centre's, or that of a host that leads its site.
enum ProcessID: Sendable, Hashable, Comparable {
    case centre
    case site(host: Int)

    var host: Int? {
        if case .site(let host) = self { host } else { nil }
    }
}

/// What a controller's shell asks of its plane.
enum ControllerRequest: Sendable {
    case list(GroupKind)
    case read(ObjectKey)
    /// The intent at `results.count`, and with it those that follow.
    case perform(ControllerMachine.Work, results: [ControllerMachine.WriteResult])
}

/// What goes wrong, one after the other.
enum Fault: Sendable, Hashable {
    /// A machine loses its power, in the midst of whatever it does, and gets it back.
    case powerCut(host: String, off: Duration)
    case centreKilled(off: Duration)
    /// The link to one cluster, or to all of them.
    case linkCut(Duration, cluster: String?)
    /// All links are up for two minutes of every so many.
    case rareLinks(every: Duration, for: Duration)
    /// Watches of both planes are answered with 410.
    case compaction
    /// Watches are that much late for a while.
    case slowWatches(Duration, for: Duration)
    /// So many requests of each hundred are lost, half of them after they took effect.
    case lossyNetwork(percent: Int, for: Duration)
    /// The registry does not answer.
    case registryDown(Duration)
    /// A host is cut off, and goes on alone.
    case isolation(host: String, from: Neighbour?, Duration)
    /// Everything takes a host's disk so many times as long.
    case slowDisk(host: String, factor: Int, Duration)
    /// What a host has stored, and nobody reads now, is no longer what was written.
    case bitRot(host: String, StoredPart)
    /// A host's disk takes nothing more for a while.
    case fullDisk(host: String, Duration)
    /// Somebody sets a host's clock, or the centre's where no host is named.
    case clockStep(host: String?, Duration)
    /// Watches say everything twice for a while.
    case doubledWatches(for: Duration)
    /// An image of workloads cannot be pulled for a while.
    case missingImage(String, for: Duration)
    /// A step of a host fails for a while, or so many times.
    case failingStep(FallibleStep, host: String, Failing)

    /// The certificates of Kubernetes on a host last for so long and no longer.
    case shortCertificates(host: String, for: Duration)

    /// For the table of what has happened.
    var name: String {
        switch self {
        case .powerCut: "power cut"
        case .centreKilled: "centre killed"
        case .linkCut: "link cut"
        case .rareLinks: "rare links"
        case .compaction: "compaction"
        case .slowWatches: "slow watches"
        case .lossyNetwork: "lossy network"
        case .registryDown: "registry down"
        case .isolation(_, from: nil, _): "host cut off"
        case .isolation(_, from: .centre?, _): "host cut off from the centre"
        case .isolation(_, from: .site?, _): "host cut off at its site"
        case .slowDisk: "slow disk"
        case .bitRot: "bit rot"
        case .fullDisk: "disk full"
        case .clockStep: "clock step"
        case .doubledWatches: "doubled watches"
        case .missingImage: "workload image missing"
        case .failingStep: "step that fails"
        case .shortCertificates: "certificates that end"
        }
    }
}

/// Whom a host does not hear any more; everybody, where none is named.
enum Neighbour: String, Sendable, Hashable { case centre, site }

/// What can rot on a disk: a copy of the boot variables, a line of the journal, the slot that is not in use.
enum StoredPart: String, Sendable, Hashable, CaseIterable { case variables, journal, slot }

/// What people do.
enum Act: Sendable, Hashable {
    case setVariable(String, String)
    /// Approve whatever waits.
    case approve(downtime: Bool)
    case pause
    case resume
    case abort
    /// Allow a halted rollout another attempt.
    case retry
    /// Name hosts in a pool.
    case add([String], pool: String)
    /// Take hosts out of the pools that name them.
    case remove([String])
    /// Name a host in the place of another.
    case replace(String, by: String)
    /// Delete the cluster.
    case delete
    /// Make the cluster again, as soon as it is gone.
    case make

    // At the site, past the centre:

    /// Run so many pods of a workload of one's own.
    case run(String, pods: Int)
    /// Let so many pods of a workload be down, and no more, by its budget.
    case spare(String, pods: Int)
    /// Change how many pods a workload of a profile has.
    case meddle(String, pods: Int)
    /// Let so many hosts of a pool serve.
    case scale(pool: String, to: Int)
    case cordon(host: String)
    case uncordon(host: String)
}
