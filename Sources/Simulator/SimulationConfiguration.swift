public import ControlLoop
import Lifecycle

/// What world is simulated, and with which reconcilers.
public struct SimulationConfiguration: Sendable {
    /// The names of the hosts.
    public var controlPlane: [String]
    public var workers: [String]
    /// What a test plants beside the reconcilers that ship; nothing else makes use of it.
    public var plantedAtSite: [any Reconciler] = []
    public var plantedAtCentre: [any Reconciler] = []
    /// What a test leaves out of those that ship, by name.
    public var leftOut: Set<String> = []

    public init(controlPlane: [String], workers: [String]) {
        self.controlPlane = controlPlane
        self.workers = workers
    }

    /// Whether nothing is planted, and the world is the common one.
    var isShipped: Bool {
        plantedAtSite.isEmpty && plantedAtCentre.isEmpty && leftOut.isEmpty
            && controlPlane == Self.one.controlPlane && workers == Self.one.workers
    }

    func siteReconcilers(_ term: LeadershipTerm) -> [any Reconciler] {
        Reconcilers.site(term: term).filter { !leftOut.contains($0.name) } + plantedAtSite
    }

    /// A cluster of five hosts.
    public static let one = SimulationConfiguration(controlPlane: ["a", "b", "c"], workers: ["d", "e"])
}
