import ControlLoop
import CorbelAPI
import Lifecycle

/// What people do in a world that has healed: they approve what waits, go on with what rests, and take another system
/// where one fails again.
struct SensiblePeople {
    private var retries = 0
    private var systems = 2

    init() {}

    mutating func act(in world: inout SimulatedWorld) {
        guard let update = world.openUpdate else { return askAgain(in: &world) }
        switch update.phase {
        case .pendingApproval: world.perform(.approve(downtime: false))
        case .paused: world.perform(.resume)
        case .halted:
            retries += 1
            if retries <= 2 { return world.perform(.retry) }
            retries = 0
            takeNextSystem(in: &world)
        default: if update.isPaused { world.perform(.resume) }
        }
    }

    private mutating func takeNextSystem(in world: inout SimulatedWorld) {
        systems += 1
        world.perform(.setVariable("os", "\(systems).0.0"))
    }

    /// After an abort the intent stands, and nothing leads to it: somebody asks for the next system.
    private mutating func askAgain(in world: inout SimulatedWorld) {
        let cluster = world.centresCluster
        let current = cluster.json["status", "currentRevision"]?.stringValue
        guard cluster.phase == .running, current != nil,
            cluster.json["status", "latestRevision"]?.stringValue != current,
            world.centre.snapshot.list(ClusterUpdate.self).last?.phase == .aborted
        else { return }
        takeNextSystem(in: &world)
    }
}
