import ControlLoop
import CorbelAPI
import HostPlan
import Lifecycle

/// What an agent does beside carrying out actions: it follows its HostMachine, reports, feels its pulse, and on a
/// control-plane host stands for election.
extension SimulatedWorld {
    private static let lookInterval = Duration.seconds(3)
    /// While the host is nobody's.
    private static let idleInterval = Duration.seconds(5)
    private static let feelInterval = Duration.seconds(5)
    /// While nothing is decided by it.
    private static let restingFeelInterval = Duration.seconds(15)

    // MARK: The machine's object

    /// Looks for the host's machine in the site's plane first, then in the centre's.
    mutating func look(from host: Int, _ boot: Int) {
        guard machines[host].boots == boot, machines[host].agentIsUp else { return }
        if answers(.centre, to: host) { beat(from: host) }
        var answered = false
        for plane in [PlaneID.site(machines[host].site), .centre] where answers(plane, to: host) {
            answered = true
            guard let found = machine(of: host, in: plane) else { continue }
            plan(.agentLooks(host, boot: boot), in: Self.lookInterval + chance.duration(.zero...(.milliseconds(500))))
            take(HostMachine(json: found.json), from: plane, on: host)
            return deliver(from: host, to: plane)
        }
        plan(.agentLooks(host, boot: boot), in: Self.idleInterval + chance.duration(.zero...(.milliseconds(500))))
        // A machine that no plane has any more was let go.
        if answered { machines[host].agent.seen = nil }
    }

    private func machine(of host: Int, in plane: PlaneID) -> Unstructured? {
        let snapshot = self[plane].snapshot
        return snapshot[machines[host].key] ?? (plane == .centre ? snapshot[machines[host].resetKey] : nil)
    }

    private mutating func take(_ found: HostMachine, from plane: PlaneID, on host: Int) {
        let seen = machines[host].agent.seen
        if let seen, seen.uid == found.uid, seen.resourceVersion == found.resourceVersion,
            machines[host].agent.seenPlane == plane
        {
            return
        }
        if seen?.uid != found.uid { machines[host].agent.delivered = nil }
        machines[host].agent.seen = found
        machines[host].agent.seenPlane = plane
        let spec = HostSpec(found)
        if seen.map({ HostSpec($0) }) != spec { feed(host, .specChanged(spec)) }
    }

    /// Writes the newest report over the machine as it was last seen; a conflict is mended by the next look.
    private mutating func deliver(from host: Int, to plane: PlaneID) {
        let site = machines[host].site
        guard !sites[site].isPivoting, let seen = machines[host].agent.seen else { return }
        // The centre refuses it from the commit on, but of hosts that were handed back.
        let isOfCluster = seen.label(WellKnown.clusterName) != nil
        if plane == .centre, isOfCluster, centresCluster(site).isAtSite { return trace.mix(4) }
        var delivery = SimulatedAgent.Delivery(
            plane: plane, version: seen.resourceVersion, report: machines[host].agent.reports,
            isEtcdLeader: sites[site].etcd.leader == host, isEtcdHealthy: isUp(site: site) && memberLives(host),
            isLearner: sites[site].etcd.learners.contains(host))
        guard machines[host].agent.delivered != delivery else { return }
        var updated = seen
        updated.isProvisioned = true
        updated.json["status", "addresses"] = [
            ["type": "InternalIP", "address": .string("10.0.0.\(host + 1)")]
        ]
        updated.json["status", "etcd"] =
            machines[host].disk.hasEtcdMember ? etcdStatus(of: machines[host].name, delivery) : nil
        machines[host].agent.report?.write(into: &updated)
        if updated != seen {
            do {
                let author = "agent \(machines[host].name)"
                guard let stored = try perform(.updateStatus(Unstructured(updated)), on: plane, author) else { return }
                machines[host].agent.seen = HostMachine(json: stored.json)
                delivery.version = stored.resourceVersion
            } catch {
                return trace.mix(1)
            }
        }
        machines[host].agent.delivered = delivery
    }

    private func answers(_ plane: PlaneID, to host: Int) -> Bool {
        plane == .centre
            ? linkIsUp(to: machines[host].site) && !isCutOffFromCentre(host) : siteAnswers(host)
    }

    private func etcdStatus(of name: String, _ delivery: SimulatedAgent.Delivery) -> JSONValue {
        [
            "id": .string(Self.memberID(of: name)), "name": .string(name), "leader": .bool(delivery.isEtcdLeader),
            "healthy": .bool(delivery.isEtcdHealthy), "learner": .bool(delivery.isLearner),
        ]
    }

    // MARK: Health

    mutating func feel(on host: Int, _ boot: Int) {
        guard machines[host].boots == boot, machines[host].agentIsUp else { return }
        watchCertificates(of: host)
        let isUrgent = machines[host].agent.plan.wantsHealth
        if isUrgent || machines[host].disk.isMember { feed(host, .health(health(of: host))) }
        plan(.agentFeels(host, boot: boot), in: isUrgent ? Self.feelInterval : Self.restingFeelInterval)
    }

    private func health(of host: Int) -> HealthReport {
        let site = machines[host].site
        var report = HealthReport(network: .healthy, agent: .healthy)
        report.kubelet = serves(host) && kubeletIsWell(host) ? .healthy : .failing("it is inactive")
        let siteAnswers = siteAnswers(host)
        report.apiServer = siteAnswers ? .healthy : .failing("it does not answer")
        report.centreLink = answers(.centre, to: host) ? .healthy : .failing("the centre does not answer")
        if siteAnswers {
            let node = sites[site].plane.get(Node.self, name: machines[host].name)
            report.node = node?.isReady == true ? .healthy : .failing("its Node is not Ready")
        }
        if machines[host].disk.hasEtcdMember {
            report.etcdMember =
                siteAnswers && serves(host) && certificatesHold(on: host) ? .healthy : .failing("it does not answer")
            report.quorum = siteAnswers ? .healthy : .failing("etcd does not answer for the cluster")
            report.etcdMembers = sites[site].etcd.members.count
        }
        return report
    }

    // MARK: The site's leader

    /// Takes the election one step further; as the agent does it, requests are answered within the step.
    mutating func standForElection(_ host: Int, _ boot: Int) {
        guard machines[host].boots == boot, machines[host].agentIsUp else { return }
        guard machines[host].disk.hasEtcdMember else {
            return endStanding(host)
        }
        if machines[host].agent.election == nil {
            let identity = machines[host].name
            machines[host].agent.election = LeaderElection(
                .init(identity: identity, lease: Lease.key(namespace: "kube-system", name: "corbel")))
        }
        elect(host, .tick)
        let wake = machines[host].agent.election?.nextWake ?? now + .seconds(2)
        plan(.election(host, boot: boot), in: max(.milliseconds(100), wake - now))
    }

    /// Lets a control-plane host's agent stand for election while it runs, and the host is one.
    mutating func beginStanding(_ host: Int) {
        guard !machines[host].agent.isStanding else { return }
        machines[host].agent.isStanding = true
        plan(.election(host, boot: machines[host].boots), in: .seconds(6))
    }

    private mutating func endStanding(_ host: Int) {
        machines[host].agent.election = nil
        machines[host].agent.isStanding = false
        stop(.site(host: host))
    }

    private mutating func elect(_ host: Int, _ first: LeaderElection.Event) {
        var events = [first]
        while !events.isEmpty {
            let draw = chance.fraction()
            let event = events.removeFirst()
            let clock = wallClock(of: host)
            guard
                let actions = machines[host].agent.election?.handle(event, now: now, wallClock: clock, random: draw)
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
                    let lease = sites[machines[host].site].plane.snapshot[key].map { Lease(json: $0.json) }
                    events.append(
                        siteAnswers(host) && certificatesHold(on: host)
                            ? .read(lease) : .failed(StatusError(.serviceUnavailable, "no quorum")))
                case .write(let intent): events.append(written(intent, by: host))
                }
            }
        }
    }

    private mutating func written(_ intent: Intent, by host: Int) -> LeaderElection.Event {
        guard siteAnswers(host), certificatesHold(on: host) else {
            return .failed(StatusError(.serviceUnavailable, "no quorum"))
        }
        do {
            guard let stored = try sites[machines[host].site].plane.perform(intent, now: now) else {
                return .failed(StatusError(.internalError, "a lease was not stored"))
            }
            return .written(Lease(json: stored.json))
        } catch {
            return .failed(error)
        }
    }

    /// The host that leads a site, where one does.
    func leader(of site: Int) -> Int? { sites[site].hosts.first { siteProcesses[$0] != nil } }
}
