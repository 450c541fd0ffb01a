public import ControlLoop
import CorbelAPI
public import HostPlan
import Lifecycle
import Revisions

/// What world is simulated, and with which reconcilers.
public struct SimulationConfiguration: Sendable {
    /// A cluster, its hosts by name, and the machines beside them that are registered and belong to nobody.
    public struct Cluster: Sendable, Hashable {
        public var name: String
        public var controlPlane: [String]
        public var workers: [String]
        public var spares: [String]

        public init(_ name: String, controlPlane: [String], workers: [String] = [], spares: [String] = []) {
            self.name = name
            self.controlPlane = controlPlane
            self.workers = workers
            self.spares = spares
        }

        var hosts: [String] { controlPlane + workers }
        var machines: [String] { hosts + spares }
    }

    public var clusters: [Cluster]
    /// What a test plants beside the reconcilers that ship; nothing else makes use of it.
    public var plantedAtSite: [any Reconciler] = []
    public var plantedAtCentre: [any Reconciler] = []
    /// How hosts decide; a test plants hosts of other habits.
    public var hosts = HostPlan.Configuration()
    /// What a test leaves out of those that ship, by name.
    public var leftOut: Set<String> = []

    /// What makes revisions, and the system that machines leave the workshop with.
    var resolver: any RevisionResolver = SimulatedProfiles()
    var image = SlotContent(
        version: SimulatedProfiles.firstSystem,
        digest: SimulatedProfiles.digest(ofSystem: SimulatedProfiles.firstSystem))
    /// What steps take, from the shortest to the longest.
    var durations = StepDurations.defaults
    /// The pools of the cluster, where it is a user's.
    var pools: JSONValue?
    /// How updates roll through it, where a user has said so: `spec.update`.
    var update: JSONValue?

    public init(clusters: [Cluster]) { self.clusters = clusters }

    /// Whether nothing is planted: then the world with the cluster running is made once for all runs.
    var isShipped: Bool { plantedAtSite.isEmpty && plantedAtCentre.isEmpty && leftOut.isEmpty && hosts == .init() }

    func siteReconcilers(_ term: LeadershipTerm) -> [any Reconciler] {
        Reconcilers.site(term: term).filter { !leftOut.contains($0.name) } + plantedAtSite
    }

    /// A cluster of five hosts, and two to spare.
    public static let one = SimulationConfiguration(clusters: [
        Cluster("edge", controlPlane: ["a", "b", "c"], workers: ["d", "e"], spares: ["f", "g"])
    ])

    /// Five clusters of one to seven hosts, twenty in all, at one centre, and six hosts to spare.
    public static let mixed = SimulationConfiguration(clusters: [
        Cluster("clinic", controlPlane: ["c1"], spares: ["c2", "c3"]),
        Cluster("depot", controlPlane: ["d1", "d2", "d3"], spares: ["d4"]),
        Cluster("factory", controlPlane: ["f1", "f2", "f3", "f4", "f5"], workers: ["f6", "f7"], spares: ["f8"]),
        Cluster("office", controlPlane: ["o1"], workers: ["o2", "o3"], spares: ["o4"]),
        Cluster("shop", controlPlane: ["s1", "s2", "s3"], workers: ["s4", "s5", "s6"], spares: ["s7"]),
    ])
}
