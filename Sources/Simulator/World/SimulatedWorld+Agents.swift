import ControlLoop
import CorbelAPI
import HostPlan
import Lifecycle

/// What an agent does beside carrying out actions: it follows its HostMachine, reports, feels its pulse, and on a
/// control-plane host stands for election.
extension SimulatedWorld {
    private static let lookInterval = Duration.seconds(2)
    private static let feelInterval = Duration.seconds(5)

    // MARK: The machine's object

    /// Looks for the host's machine in the site's plane first, then in the centre's.
    mutating func look(from host: Int, _ boot: Int) {
        guard machines[host].boots == boot, machines[host].agent != nil else { return }
        plan(.agentLooks(host, boot: boot), in: Self.lookInterval + chance.duration(.zero...(.milliseconds(500))))
        let name = machines[host].name
        var answered = false
        for plane in [PlaneID.site, .centre] where answers(plane, to: host) {
            answered = true
            let held = plane == .site ? site : centre
            let key = HostMachine.key(
                namespace: Self.namespace, name: ObjectName.machine(name, of: Self.clusterName))
            guard let found: HostMachine = held.snapshot[key].map({ HostMachine(json: $0.json) }) else { continue }
            let isNew = machines[host].agent?.seen.map { HostSpec($0) } != HostSpec(found)
            machines[host].agent?.seen = found
            machines[host].agent?.seenPlane = plane
            if isNew { feed(host, .specChanged(HostSpec(found))) }
            return deliver(from: host)
        }
        // A machine that no plane has any more was let go.
        if answered, machines[host].agent?.seen != nil { machines[host].agent?.seen = nil }
    }

    /// Writes the newest report over the machine as it was last seen; a conflict is mended by the next look.
    private mutating func deliver(from host: Int) {
        guard !isPivoting, let agent = machines[host].agent, let plane = agent.seenPlane, let seen = agent.seen,
            answers(plane, to: host)
        else { return }
        var updated = seen
        let name = machines[host].name
        updated.isProvisioned = true
        updated.json["status", "addresses"] = [
            ["type": "InternalIP", "address": .string("10.0.0.\(host + 1)")]
        ]
        updated.json["status", "etcd"] = machines[host].disk.hasEtcdMember ? etcdStatus(of: name) : nil
        agent.report?.write(into: &updated)
        guard updated != seen else { return }
        do {
            let stored = try perform(.updateStatus(Unstructured(updated)), on: plane, "agent \(name)")
            machines[host].agent?.seen = stored.map { HostMachine(json: $0.json) }
        } catch {
            trace.mix(1)
        }
    }

    private func answers(_ plane: PlaneID, to host: Int) -> Bool {
        plane == .site ? siteAnswers(host) : linkIsUp && !isIsolated(host)
    }

    private func etcdStatus(of name: String) -> JSONValue {
        [
            "id": .string(Self.memberID(of: name)), "name": .string(name),
            "leader": .bool(etcd.leader == name), "healthy": .bool(siteIsUp && livingMembers.contains(name)),
        ]
    }

    // MARK: Health

    mutating func feel(on host: Int, _ boot: Int) {
        guard machines[host].boots == boot, let agent = machines[host].agent else { return }
        plan(.agentFeels(host, boot: boot), in: Self.feelInterval)
        guard agent.plan.wantsHealth || machines[host].disk.isMember else { return }
        feed(host, .health(health(of: host)))
    }

    private func health(of host: Int) -> HealthReport {
        var report = HealthReport(network: .healthy, agent: .healthy)
        let isSick = behaviour(on: host) == .sick
        report.kubelet = serves(host) && !isSick ? .healthy : .failing("it is inactive")
        let siteAnswers = siteAnswers(host)
        report.apiServer = siteAnswers ? .healthy : .failing("it does not answer")
        report.centreLink = answers(.centre, to: host) ? .healthy : .failing("the centre does not answer")
        if siteAnswers {
            let node = site.get(Node.self, name: machines[host].name)
            report.node = node?.isReady == true ? .healthy : .failing("its Node is not Ready")
        }
        if machines[host].disk.hasEtcdMember {
            report.etcdMember = siteAnswers && serves(host) ? .healthy : .failing("it does not answer")
            report.quorum = siteAnswers ? .healthy : .failing("etcd does not answer for the cluster")
            report.etcdMembers = etcd.members.count
        }
        return report
    }

    // MARK: The site's leader

    /// Takes the election one step further; as the agent does it, requests are answered within the step.
    mutating func standForElection(_ host: Int, _ boot: Int) {
        guard machines[host].boots == boot, machines[host].agent != nil else { return }
        guard machines[host].disk.hasEtcdMember else {
            machines[host].agent?.election = nil
            stop(.site(host: host))
            return plan(.election(host, boot: boot), in: .seconds(5))
        }
        if machines[host].agent?.election == nil {
            let identity = machines[host].name
            machines[host].agent?.election = LeaderElection(
                .init(identity: identity, lease: Lease.key(namespace: "kube-system", name: "corbel")))
        }
        elect(host, .tick)
        let wake = machines[host].agent?.election?.nextWake ?? now + .seconds(2)
        plan(.election(host, boot: boot), in: max(.milliseconds(100), wake - now))
    }

    private mutating func elect(_ host: Int, _ first: LeaderElection.Event) {
        var events = [first]
        while !events.isEmpty {
            let draw = chance.fraction()
            let event = events.removeFirst()
            let clock = wallClock(of: host)
            guard
                let actions = machines[host].agent?.election?.handle(event, now: now, wallClock: clock, random: draw)
            else { return }
            for action in actions {
                switch action {
                case .startLeading(let transitions):
                    tell("\(machines[host].name) leads the site, after \(transitions) transitions")
                    start(
                        .site(host: host), configuration.siteReconcilers(LeadershipTerm(transitions: transitions)))
                case .stopLeading(let reason):
                    tell("\(machines[host].name) leads no longer: \(reason)")
                    stop(.site(host: host))
                case .read(let key):
                    let lease = site.snapshot[key].map { Lease(json: $0.json) }
                    events.append(
                        siteAnswers(host) ? .read(lease) : .failed(StatusError(.serviceUnavailable, "no quorum")))
                case .write(let intent): events.append(written(intent, by: host))
                }
            }
        }
    }

    private mutating func written(_ intent: Intent, by host: Int) -> LeaderElection.Event {
        guard siteAnswers(host) else { return .failed(StatusError(.serviceUnavailable, "no quorum")) }
        do {
            guard let stored = try site.perform(intent, now: now) else {
                return .failed(StatusError(.internalError, "a lease was not stored"))
            }
            return .written(Lease(json: stored.json))
        } catch {
            return .failed(error)
        }
    }

    /// The host that leads the site, where one does.
    var siteLeader: Int? { machines.indices.first { processes[.site(host: $0)] != nil } }
}
