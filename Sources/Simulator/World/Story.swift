import ControlLoop
import CorbelAPI
import Lifecycle

/// What goes wrong and what people do in one run, drawn from its seed; and people who mean well afterwards.
struct Story {
    private var chance: SeededGenerator
    private var retries = 0
    private var systems = 2

    init(seed: UInt64) { chance = SeededGenerator(seed: seed ^ 0x5709_1E5E_ED00_0001) }

    /// Whether the run begins with bare machines.
    mutating func beginsBare() -> Bool { chance.chance(0.2) }

    /// Plans the run's events.
    mutating func write(into world: inout SimulatedWorld) {
        let change = chance.duration(.seconds(60)...(.seconds(900)))
        drawImages(in: &world)
        let (variable, value) = chance.chance(0.75) ? ("os", "2.0.0") : ("kubernetes", "1.34.1")
        world.plan(.act(.setVariable(variable, value)), in: change)
        world.plan(.act(.approve(downtime: false)), in: change + chance.duration(.seconds(10)...(.seconds(300))))
        if chance.chance(0.3) {
            world.plan(.act(.pause), in: change + chance.duration(.seconds(60)...(.seconds(900))))
            world.plan(.act(.resume), in: change + chance.duration(.seconds(900)...(.seconds(1200))))
        }
        if chance.chance(0.15) {
            world.plan(.act(.abort), in: change + chance.duration(.seconds(60)...(.seconds(1200))))
        }
        if chance.chance(0.2) {
            world.plan(.act(.setVariable("web", "two")), in: change + chance.duration(.seconds(60)...(.seconds(900))))
        }
        for _ in 0..<Int(chance.next() % 7) {
            world.plan(.fault(fault(in: world)), in: chance.duration(.zero...(.seconds(2200))))
        }
    }

    private mutating func drawImages(in world: inout SimulatedWorld) {
        let digest = SimulatedProfiles.digest(ofSystem: "2.0.0")
        let bad: [ImageBehaviour] = [.panics, .hangs, .dropsDead, .sick]
        guard chance.chance(0.35), let behaviour = chance.pick(bad) else { return }
        if chance.chance(0.5) {
            world.behaviours[digest] = behaviour
        } else if let host = chance.pick(world.machines) {
            world.behavioursOnHost[host.name] = [digest: behaviour]
        }
    }

    private mutating func fault(in world: SimulatedWorld) -> Fault {
        let host = Int(chance.next() % UInt64(world.machines.count))
        switch chance.next() % 14 {
        case 0...3: return .powerCut(host: host, off: chance.duration(.seconds(5)...(.seconds(600))))
        case 4: return .centreKilled(off: chance.duration(.seconds(1)...(.seconds(300))))
        case 5: return .linkCut(chance.duration(.seconds(10)...(.seconds(1200))))
        case 6: return .compaction
        case 7:
            return .slowWatches(
                chance.duration(.seconds(1)...(.seconds(40))), for: chance.duration(.seconds(60)...(.seconds(600))))
        case 8:
            return .lossyNetwork(
                percent: 5 + Int(chance.next() % 40), for: chance.duration(.seconds(60)...(.seconds(600))))
        case 9: return .registryDown(chance.duration(.seconds(10)...(.seconds(900))))
        case 10: return .isolation(host: host, chance.duration(.seconds(5)...(.seconds(600))))
        case 11: return .fullDisk(host: host, chance.duration(.seconds(10)...(.seconds(900))))
        case 12:
            let step = chance.duration(.seconds(1)...(.seconds(7200)))
            return .clockStep(host: chance.chance(0.3) ? nil : host, chance.chance(0.5) ? step : .zero - step)
        default: return .doubledWatches(for: chance.duration(.seconds(60)...(.seconds(900))))
        }
    }

    /// What people do in a world that has healed: they approve what waits, go on with what rests, and take another
    /// system where one fails again.
    mutating func actSensibly(in world: inout SimulatedWorld) {
        guard let update = world.openUpdate else { return askAgain(in: &world) }
        switch update.phase {
        case .pendingApproval: world.perform(.approve(downtime: false))
        case .paused: world.perform(.resume)
        case .halted:
            retries += 1
            if retries <= 2 { return world.perform(.retry) }
            retries = 0
            systems += 1
            world.perform(.setVariable("os", "\(systems).0.0"))
        default: if update.isPaused { world.perform(.resume) }
        }
    }

    /// After an abort the intent stands, and nothing leads to it: somebody asks for the next system.
    private mutating func askAgain(in world: inout SimulatedWorld) {
        let cluster = world.centresCluster
        let current = cluster.json["status", "currentRevision"]?.stringValue
        guard cluster.phase == .running, current != nil,
            cluster.json["status", "latestRevision"]?.stringValue != current
        else { return }
        let wasAborted = world.centre.snapshot.list(ClusterUpdate.self).last?.phase == .aborted
        guard wasAborted else { return }
        systems += 1
        world.perform(.setVariable("os", "\(systems).0.0"))
    }
}
