import ControlLoop
import CorbelAPI
import HostPlan
import Lifecycle

/// Certificates of Kubernetes do not end on a host that is up.
///
/// Who leads the site has them renewed where host and leader hear each other; what is left a few minutes before the end
/// is the host's own affair, and so is what has ended while it was off.
struct CertificateLaw: Law {
    let name = "certificates do not end under our hands"
    /// The end that the leader has to forestall: before it a host has yet to act by itself.
    private static let reserve = HostPlan.Configuration().certificateReserve
    /// How long a leader may take that hears the host and is undisturbed: long enough for every other host's turn.
    private static let leadersPatience = Duration.seconds(600)
    /// How long a host may take that has nothing else under way, between two attempts of something that fails too.
    private static let hostsPatience = Duration.seconds(600)

    /// Since when each host has been heard by a leader with nothing in the way.
    private var heard: [Int: Timestamp] = [:]
    /// Since when each host has had a certificate that has ended, and nothing that keeps it from renewing it.
    private var ended: [Int: Timestamp] = [:]
    private var leaders: [Int: Int] = [:]

    mutating func observe(_ observation: Observation, in world: SimulatedWorld) -> [String] {
        guard case .passes(let site) = observation else { return [] }
        let isNewLeader = leaders[site] != world.leader(of: site)
        leaders[site] = world.leader(of: site)
        return world.sites[site].hosts.flatMap { host -> [String] in
            let disk = world.machines[host].disk
            let end = min(disk.certificatesEnd, disk.kubeletCertificateEnds)
            guard disk.isMember, end < world.now + .seconds(86_400) else {
                (heard[host], ended[host]) = (nil, nil)
                return []
            }
            if isNewLeader || !isHeard(host, world) {
                heard[host] = nil
            } else {
                heard[host] = heard[host] ?? world.now
            }
            return judgeLeader(host, end, world) + judgeHost(host, end, world)
        }
    }

    private func isHeard(_ host: Int, _ world: SimulatedWorld) -> Bool {
        let machine = world.machines[host]
        let site = world.sites[machine.site]
        guard let leader = world.leader(of: machine.site), world.serves(host), machine.agentIsUp,
            world.siteAnswers(host), world.siteAnswers(leader), machine.disk.hasEtcdMember,
            world.now >= world.newsIsLateUntil, machine.clockOffset == .zero, machine.failing.isEmpty,
            world.machines[leader].clockOffset == .zero, world.now >= machine.diskIsSlowUntil,
            world.now >= machine.diskIsFullUntil
        else { return false }
        // The host has one task at a time, and what is on its way out is not renewed.
        let told = site.plane.snapshot[machine.key].map { HostMachine(json: $0.json) }
        guard let told, !told.isDeleting, world.sitesCluster(machine.site)?.isAtSite == true else { return false }
        return told.task.map {
            $0.gate == .prepare || told.taskStatus?.id == $0.id && told.taskStatus?.phase.isFinal == true
        }
            ?? true
    }

    private mutating func judgeLeader(_ host: Int, _ end: Timestamp, _ world: SimulatedWorld) -> [String] {
        let limit = end - Self.reserve
        guard world.now >= limit, let since = heard[host], limit - since >= Self.leadersPatience else { return [] }
        heard[host] = nil
        return ["nobody has the certificates of \(world.machines[host].name) renewed, which are about to end"]
    }

    private mutating func judgeHost(_ host: Int, _ end: Timestamp, _ world: SimulatedWorld) -> [String] {
        let machine = world.machines[host]
        let isFree = machine.agentIsUp && machine.clockOffset >= .zero && machine.failing.isEmpty
        // A worker asks its site's API server.
        let mayRenew = machine.disk.hasEtcdMember || world.siteAnswers(host)
        guard world.now >= end, isFree, mayRenew, !isBusy(machine), world.now >= machine.diskIsFullUntil else {
            ended[host] = nil
            return []
        }
        let since = ended[host] ?? world.now
        ended[host] = since
        guard world.now - since >= Self.hostsPatience else { return [] }
        ended[host] = nil
        return ["certificates of \(machine.name) have ended, and it does not renew them"]
    }

    private func isBusy(_ machine: SimulatedMachine) -> Bool {
        guard let running = machine.agent.running else { return false }
        if case .renewCertificates = running.action.operation { return false }
        return true
    }

    func atRest(in world: SimulatedWorld) -> [String] {
        world.machines.compactMap { machine in
            let end = min(machine.disk.certificatesEnd, machine.disk.kubeletCertificateEnds)
            guard machine.disk.isMember, end < world.now + .seconds(86_400) else { return nil }
            return "certificates of \(machine.name) are left to end"
        }
    }
}

/// Of the hosts of a control plane one renews its certificates at a time, as far as anybody asks it to.
struct OneRenewalLaw: Law {
    let name = "one host renews at a time"

    func observe(_ observation: Observation, in world: SimulatedWorld) -> [String] {
        guard case .renews(let host) = observation, isAsked(world.machines[host]) else { return [] }
        let site = world.sites[world.machines[host].site]
        return site.hosts.compactMap { other in
            let machine = world.machines[other]
            // One that leaves the cluster is missed by nobody.
            let isLeaving = { (host: Int) in site.plane.snapshot[world.machines[host].key]?.isDeleting ?? true }
            guard other != host, !isLeaving(host), !isLeaving(other),
                case .renewCertificates = machine.agent.running?.action.operation, isAsked(machine)
            else { return nil }
            return "\(world.machines[host].name) renews its certificates while \(machine.name) does"
        }
    }

    private func isAsked(_ machine: SimulatedMachine) -> Bool {
        machine.agent.plan.record.current?.task.type == .renewCertificates
    }
}
