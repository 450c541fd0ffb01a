import ControlLoop
import CorbelAPI
import HostPlan

/// What has just happened, or is about to, as far as a law may care.
enum Observation {
    /// A reconciler, an agent, the link or the pivot's importer is about to write.
    case write(Intent, PlaneID, author: String)
    /// A plane has answered a write as done: the object as it is stored now, nil where it is gone.
    case wrote(Unstructured?, Intent, PlaneID, author: String)
    /// A plane has answered what a person asked of it as done: the object as it is stored now.
    case acknowledged(Unstructured, PlaneID)
    case waits(ControllerMachine.WorkKey, [Wait])
    /// An agent says something new of its host.
    case reports(host: Int, HostReport)
    /// Some time has passed at a site.
    case passes(site: Int)
    /// A host is about to take its services down by its own agent's doing.
    case goesDown(host: Int)
    /// A host is about to cease to be a member, with all that it holds of its cluster.
    case resets(host: Int)
    /// A host is about to have its certificates of Kubernetes made anew.
    case renews(host: Int)
    /// A member of etcd is about to be removed.
    case removesMember(Int)
    case writesSlot(host: Int, slot: Slot, digest: String)
    case writesVariables(host: Int, BootWrite, isCommit: Bool)
    /// A step has ended with an error; it may have done its work all the same.
    case failed(host: Int, FallibleStep)
    case booted(host: Int)
    /// So many boots in a row without an agent that a person would drive there.
    case bricked(host: Int)
}

/// Looks at a world, and says what must not be. Laws stand apart from what they judge: they know the world as it is,
/// and nothing of what a reconciler or an agent believes.
protocol Law: Sendable {
    var name: String { get }
    /// What the observation breaks, as sentences; mostly nothing.
    mutating func observe(_ observation: Observation, in world: SimulatedWorld) -> [String]
    /// What a world breaks that has healed and come to rest; mostly nothing.
    func atRest(in world: SimulatedWorld) -> [String]
}

extension Law {
    func atRest(in world: SimulatedWorld) -> [String] { [] }
}

/// A law that was broken.
public struct Violation: Sendable, Hashable {
    public var law: String
    public var text: String
    /// Since the start of the run.
    public var at: Duration
}

enum Laws {
    static let all: [any Law] = [
        GoodSlotLaw(), FailedImageLaw(), DisruptionLaw(), QuorumLaw(), BudgetLaw(), OrderLaw(), OnePlaneLaw(),
        ApprovalLaw(),
        WaitLaw(), TrueWaitLaw(), EvidenceLaw(), SilenceLaw(), AcknowledgementLaw(), PivotLossLaw(), JoinLaw(),
        CertificateLaw(), OneRenewalLaw(),
    ]
}
