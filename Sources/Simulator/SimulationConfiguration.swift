public import ControlLoop
public import Lifecycle

/// What world is simulated, and with which reconcilers.
public struct SimulationConfiguration: Sendable {
    /// The names of the hosts.
    public var controlPlane: [String]
    public var workers: [String]
    /// Those of the site's leader: the shipped ones, unless a test plants something else.
    public var siteReconcilers: @Sendable (LeadershipTerm) -> [any Reconciler]

    public init(
        controlPlane: [String], workers: [String],
        siteReconcilers: @escaping @Sendable (LeadershipTerm) -> [any Reconciler] = { Reconcilers.site(term: $0) }
    ) {
        self.controlPlane = controlPlane
        self.workers = workers
        self.siteReconcilers = siteReconcilers
    }

    /// A cluster of five hosts.
    public static let one = SimulationConfiguration(controlPlane: ["a", "b", "c"], workers: ["d", "e"])

    /// What names a configuration among those that ship.
    var key: [String] { controlPlane + ["|"] + workers }
}
