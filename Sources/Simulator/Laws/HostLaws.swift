import ControlLoop
import CorbelAPI
import HostPlan

/// Law 3: the only good slot is never written, the agent alone commits, and a host comes up again.
struct GoodSlotLaw: Law {
    let name = "a good slot at all times"
    /// What each host's agent has committed last, whatever became of the blocks that say so.
    private var commits: [Int: CommitRecord] = [:]

    mutating func observe(_ observation: Observation, in world: SimulatedWorld) -> [String] {
        switch observation {
        case .writesSlot(let host, let slot, _): return writing(slot, of: world.machines[host])
        case .writesVariables(let host, let write, let isCommit):
            if isCommit { commits[host, default: CommitRecord()].commits(write.variables.committed) }
            return isCommit ? committing(write, on: host, world) : changing(write, on: host, world)
        case .failed(let host, .commit):
            commits[host, default: CommitRecord()].fails()
            return []
        case .bricked(let host): return ["\(world.machines[host].name) does not come up any more"]
        default: return []
        }
    }

    private func writing(_ slot: Slot, of machine: SimulatedMachine) -> [String] {
        var broken: [String] = []
        let variables = machine.disk.blocks.current
        if slot == machine.bootedSlot { broken.append("\(machine.name) writes the slot that it has booted") }
        if slot == variables?.committed { broken.append("\(machine.name) writes its committed slot") }
        if variables?.first == slot { broken.append("\(machine.name) writes the slot that its boot loader wants") }
        if let flags = variables?[slot], !flags.isFailed, flags.isSuccessful || flags.triesLeft > 0 {
            broken.append("\(machine.name) writes a slot that its boot loader may start")
        }
        return broken
    }

    private func changing(_ write: BootWrite, on host: Int, _ world: SimulatedWorld) -> [String] {
        let machine = world.machines[host]
        guard let present = machine.disk.blocks.current?.committed, present != write.variables.committed,
            !(commits[host] ?? CommitRecord()).holds(write.variables.committed)
        else { return [] }
        return ["\(machine.name) changes its committed slot without a commit"]
    }

    private func committing(_ write: BootWrite, on host: Int, _ world: SimulatedWorld) -> [String] {
        let machine = world.machines[host]
        var broken: [String] = []
        if write.variables.committed != machine.bootedSlot {
            broken.append("\(machine.name) commits a slot that is not booted")
        }
        let behaviour = world.behaviour(on: host)
        if behaviour != .good { broken.append("\(machine.name) commits a system that is \(behaviour.rawValue)") }
        return broken
    }
}

/// Law 3: an image that failed on a host is not written there again unless a person says so.
///
/// It judges by images that never let an agent run: what the boot loader came back from failed by the host's cause,
/// whatever anybody makes of it.
struct FailedImageLaw: Law {
    let name = "what failed here is not retried unasked"
    private var booted: [Int: String] = [:]
    private var failed: [Int: Set<String>] = [:]

    mutating func observe(_ observation: Observation, in world: SimulatedWorld) -> [String] {
        switch observation {
        case .booted(let host):
            let digest = world.machines[host].digest
            if let last = booted[host], last != digest, world.behaviour(of: last, on: host).watchdog != nil {
                failed[host, default: []].insert(last)
            }
            booted[host] = digest
        case .writesSlot(let host, _, let digest) where failed[host]?.contains(digest) == true:
            if world.machines[host].agent.seen?.task?.parameters["retryFailedImage"] == "true" { return [] }
            return ["\(world.machines[host].name) writes an image again that failed on it"]
        default: break
        }
        return []
    }
}

/// Law 4: never more than one host of a pool is down through us.
struct DisruptionLaw: Law {
    let name = "one host at a time"

    func observe(_ observation: Observation, in world: SimulatedWorld) -> [String] {
        guard case .goesDown(let host) = observation, world.serves(host) else { return [] }
        let machine = world.machines[host]
        let site = world.sites[machine.site]
        // One that the site has let go of is missed by nobody.
        let others = world.machines[site.hosts].filter {
            $0.name != machine.name && $0.disk.hasEtcdMember == machine.disk.hasEtcdMember && $0.downSince != nil
                && $0.wentDownThroughUs && $0.disk.isMember && site.plane.snapshot[$0.key] != nil
        }
        return others.map { "\(machine.name) goes down while \($0.name) has not come back" }
    }
}

/// Law 4: etcd never loses its quorum through us.
struct QuorumLaw: Law {
    let name = "no quorum is lost through us"
    /// How old what a leader knows of another host may be.
    private static let evidence = Duration.seconds(120)

    func observe(_ observation: Observation, in world: SimulatedWorld) -> [String] {
        switch observation {
        case .goesDown(let host): return goingDown(host, world)
        case .resets(let host): return leaving(host, "is reset", world)
        case .removesMember(let host): return leaving(host, "is removed from etcd", world)
        default: return []
        }
    }

    /// The others are the members then, and have to be a majority of themselves. Before the pivot there is but one, and
    /// nothing in it that another beginning would not bring.
    private func leaving(_ host: Int, _ deed: String, _ world: SimulatedWorld) -> [String] {
        let site = world.sites[world.machines[host].site]
        guard site.etcd.members.contains(host), site.etcd.hasQuorum(where: world.memberLives),
            !world.isEnding(world.machines[host].site),
            world.centresCluster(world.machines[host].site).isAtSite
        else { return [] }
        var after = site.etcd
        after.remove(host)
        guard !after.hasQuorum(where: world.memberLives), !isNews(besides: host, world) else { return [] }
        return ["\(world.machines[host].name) \(deed), and with it goes etcd's quorum"]
    }

    private func goingDown(_ host: Int, _ world: SimulatedWorld) -> [String] {
        let site = world.sites[world.machines[host].site]
        // Below three members there is none to spare: an approval that names the downtime is about that.
        let isApproved = site.plane.snapshot.list(ClusterUpdate.self).contains {
            $0.spec["approval", "downtime"]?.boolValue == true
        }
        guard site.etcd.members.count > (isApproved ? 2 : 1), site.etcd.members.contains(host),
            site.etcd.hasQuorum(where: world.memberLives),
            !site.etcd.hasQuorum(where: { $0 != host && world.memberLives($0) })
        else { return [] }
        guard !isNews(besides: host, world) else { return [] }
        return ["\(world.machines[host].name) goes down, and with it etcd's quorum"]
    }

    /// Whether another member is gone, and nobody can know yet.
    private func isNews(besides host: Int, _ world: SimulatedWorld) -> Bool {
        let etcd = world.sites[world.machines[host].site].etcd
        return etcd.members.contains { index in
            let other = world.machines[index]
            guard index != host, other.disk.hasEtcdMember, !world.memberLives(index) else { return false }
            // What we took down ourselves is no news to us.
            if let since = other.downSince { return !other.wentDownThroughUs && world.now - since < Self.evidence }
            return other.cutOffFromSiteUntil <= world.now || world.now - other.cutOffSince < Self.evidence
        }
    }
}
