import ControlLoop
import CorbelAPI
import Lifecycle

/// What people do in a world that has healed: they approve what waits, go on with what rests, take another system where
/// one fails again, and take back what holds up a drain or keeps pods away.
struct SensiblePeople {
    private var retries: [Int: Int] = [:]
    private var systems = 2
    private var looks = 0
    /// After how many looks somebody asks for another system where hosts do not become members with the present one.
    private static let patience = 40

    init() {}

    private var mayDespair: Bool { looks % Self.patience == 0 }

    mutating func act(in world: inout SimulatedWorld) {
        looks += 1
        for site in world.sites.indices { act(at: site, in: &world) }
    }

    private mutating func act(at site: Int, in world: inout SimulatedWorld) {
        let cluster = world.sites[site].cluster
        takeBack(at: site, in: &world)
        guard let update = world.openUpdate(of: site) else { return askAgain(at: site, in: &world) }
        switch update.phase {
        case .pendingApproval: world.perform(.approve(downtime: true), on: cluster)
        case .paused: world.perform(.resume, on: cluster)
        case .halted:
            retries[site, default: 0] += 1
            if retries[site, default: 0] <= 2 { return world.perform(.retry, on: cluster) }
            retries[site] = 0
            takeNextSystem(at: site, in: &world)
        default:
            if mayDespair, world.hasFailedToJoin(at: site) { return takeNextSystem(at: site, in: &world) }
            if update.isPaused { world.perform(.resume, on: cluster) }
            if update.awaitsDowntime { world.perform(.approve(downtime: true), on: cluster) }
        }
    }

    private func takeBack(at site: Int, in world: inout SimulatedWorld) {
        let (cluster, snapshot) = (world.sites[site].cluster, world.sites[site].plane.snapshot)
        for budget in snapshot.list(PodDisruptionBudget.self) where budget.spec["maxUnavailable"]?.intValue == 0 {
            world.perform(.spare(budget.name, pods: 1), on: cluster)
        }
        if mayDespair { world.allowFailedImages(at: site) }
        for node in snapshot.list(Node.self) where node.isUnschedulable {
            if node.annotation(Annotation.cordonedBy) == nil {
                world.perform(.uncordon(host: node.name), on: cluster)
            }
        }
    }

    private mutating func takeNextSystem(at site: Int, in world: inout SimulatedWorld) {
        systems += 1
        world.perform(.setVariable("os", "\(systems).0.0"), on: world.sites[site].cluster)
    }

    /// After an abort the intent stands, and nothing leads to it: somebody asks for the next system.
    private mutating func askAgain(at site: Int, in world: inout SimulatedWorld) {
        let cluster = world.centresCluster(site)
        let current = cluster.json["status", "currentRevision"]?.stringValue
        if mayDespair, world.hasFailedToJoin(at: site) {
            return takeNextSystem(at: site, in: &world)
        }
        let last = world.centre.snapshot.list(ClusterUpdate.self).last { $0.clusterName == cluster.name }
        guard cluster.phase == .running, current != nil,
            cluster.json["status", "latestRevision"]?.stringValue != current, last?.phase == .aborted
        else { return }
        takeNextSystem(at: site, in: &world)
    }
}

extension SimulatedWorld {
    /// Somebody lets hosts become members with an image that failed on them before.
    fileprivate mutating func allowFailedImages(at site: Int) {
        for host in sites[site].plane.snapshot.list(HostMachine.self) {
            guard let task = host.task, task.type == .bootstrap, host.taskStatus?.id == task.id,
                host.taskStatus?.reason == "ImageFailedHere",
                let number = task.id.split(separator: "-").last.flatMap({ Int($0) })
            else { continue }
            tell("somebody allows \(host.hostName) the image that failed on it")
            sites[site].plane.change(HostMachine.self, namespace: host.namespace, name: host.name, now: now) {
                $0.annotations[Annotation.retry] = String(number + 1)
            }
        }
    }

    fileprivate func hasFailedToJoin(at site: Int) -> Bool {
        let machines = centre.snapshot.list(HostMachine.self).filter { $0.clusterName == sites[site].cluster }
        return (machines + sites[site].plane.snapshot.list(HostMachine.self)).contains { host in
            host.running?.kubernetesVersion.isEmpty != false
                && [.reverted, .refused, .failed].contains(host.taskStatus?.phase)
        }
    }
}
