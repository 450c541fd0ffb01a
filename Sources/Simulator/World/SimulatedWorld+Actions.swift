import ControlLoop
import CorbelAPI
import HostPlan
import Revisions

/// What agents do to their machines, and what keeps them from it.
extension SimulatedWorld {
    mutating func cancel(_ id: HostAction.ID, on host: Int) {
        let isRunning = machines[host].agent.running?.action.id == id
        let isQueued = machines[host].agent.queue.contains { $0.id == id }
        guard isRunning || isQueued else { return }
        machines[host].agent.running = nil
        machines[host].agent.queue = []
        feed(host, .failed(id, HostFailure(.cancelled, "it was told to end")))
    }

    mutating func beginNextAction(on host: Int) {
        guard machines[host].agent.running == nil, let action = machines[host].agent.queue.first else { return }
        machines[host].agent.queue.removeFirst()
        machines[host].agent.performed += 1
        let number = machines[host].agent.performed
        machines[host].agent.running = .init(action: action, number: number)
        let slowness = now < machines[host].diskIsSlowUntil ? machines[host].diskSlowness : 1
        plan(
            .actionEnds(host, boot: machines[host].boots, number: number),
            in: chance.duration(time(for: action.operation)) * slowness)
    }

    /// From the call until the services are gone.
    private static let shutdown = Duration.seconds(2)...Duration.seconds(5)

    /// From the power, or the end of the shutdown, until the agent runs.
    var bootTime: ClosedRange<Duration> {
        let restart = configuration.durations[.restart]
        let least = max(.seconds(1), restart.atLeast - Self.shutdown.lowerBound)
        return least...max(least, restart.atMost - Self.shutdown.upperBound)
    }

    /// From the agent's start until the services of a member are up.
    mutating func settlingTime() -> Duration {
        let probation = HostPlan.Configuration().trial
        let validate = configuration.durations[.validate]
        let (least, most) = (validate.atLeast - probation, validate.atMost - probation)
        // Most worlds leave nothing to chance here: it is not asked.
        return least == most ? least : chance.duration(max(.seconds(1), least)...max(.seconds(1), most))
    }

    /// How long an action takes.
    private func time(for operation: HostAction.Operation) -> ClosedRange<Duration> {
        switch operation {
        case .writeJournal, .rewriteJournal, .setBootVariables, .commit: .milliseconds(2)...(.milliseconds(50))
        case .downloadImage: configuration.durations[.download].range
        case .writeSlot: configuration.durations[.write].range
        case .reboot: Self.shutdown
        case .applyConfiguration: .milliseconds(100)...(.seconds(2))
        case .restartServices: .seconds(1)...(.seconds(3))
        case .runSteps: configuration.durations[.upgrade].range
        case .confirmEtcdQuorum, .removeEtcdMember, .moveEtcdLeader: .milliseconds(100)...(.seconds(1))
        case .snapshotEtcd: .seconds(1)...(.seconds(5))
        case .renewCertificates: .seconds(5)...(.seconds(20))
        case .resetHost: .seconds(5)...(.seconds(10))
        case .report, .scheduleTick, .cancel: .zero...(.zero)
        }
    }

    mutating func endAction(on host: Int, _ boot: Int, _ number: Int) {
        guard machines[host].boots == boot, let running = machines[host].agent.running, running.number == number
        else { return }
        machines[host].agent.running = nil
        let operation = running.action.operation
        if let failure = obstacle(to: operation, on: host) ?? failure(of: operation, on: host) {
            machines[host].agent.queue = []
            return feed(host, .failed(running.action.id, failure))
        }
        if operation == .reboot { return reboot(host) }
        takeEffect(of: operation, on: host, isTorn: false)
        feed(host, .finished(running.action.id, HostResult(certificates: look(after: operation, on: host))))
        beginNextAction(on: host)
    }

    /// Why an action cannot be done now.
    private mutating func obstacle(to operation: HostAction.Operation, on host: Int) -> HostFailure? {
        if now < machines[host].diskIsFullUntil, Self.needsRoom(operation) {
            return HostFailure(.noSpace, "the disk is full")
        }
        switch operation {
        case .downloadImage:
            let isUp = now >= registryIsDownUntil && !isCutOffFromCentre(host)
            return isUp ? nil : HostFailure(.network, "the registry does not answer")
        case .runSteps(.bootstrap):
            return obstacleToMembership(of: host)
        case .confirmEtcdQuorum:
            let members = sites[machines[host].site].etcd.members
            return EtcdDeparture(
                isWell: siteAnswers(host) && memberLives(host), uptime: uptime(of: host), voters: members.count,
                healthyOthers: members.filter { $0 != host && memberLives($0) }.count
            ).refusal
        case .removeEtcdMember, .moveEtcdLeader, .snapshotEtcd:
            // Agents ask the member of their own host.
            let isServed = siteAnswers(host) && memberLives(host)
            return isServed ? nil : HostFailure(.unavailable, "etcd has no leader")
        case .renewCertificates: return obstacleToRenewal(on: host)
        default: return nil
        }
    }

    /// Slots and boot variables have places of their own.
    private static func needsRoom(_ operation: HostAction.Operation) -> Bool {
        switch operation {
        case .writeJournal, .rewriteJournal, .downloadImage, .snapshotEtcd: true
        default: false
        }
    }

    /// Whether the host is told to begin the cluster.
    func isFirst(_ host: Int) -> Bool {
        machines[host].agent.seen?.task?.parameters["mode"] == "Init"
    }

    /// What an action changes; a torn one leaves half of it.
    mutating func takeEffect(of operation: HostAction.Operation, on host: Int, isTorn: Bool) {
        switch operation {
        case .writeJournal(let entry): machines[host].disk.append(entry, isTorn: isTorn)
        case .rewriteJournal(let entries): if !isTorn { machines[host].disk.journal = HostJournal.encode(entries) }
        case .writeSlot(let spare, let digest, let version):
            observe(.writesSlot(host: host, slot: spare.slot, digest: digest))
            machines[host].disk.write(
                SlotContent(version: version, digest: digest), to: spare.slot, isTorn: isTorn)
        case .setBootVariables(let write):
            observe(.writesVariables(host: host, write, isCommit: false))
            machines[host].disk.apply(write, isTorn: isTorn)
        case .commit(let write):
            observe(.writesVariables(host: host, write, isCommit: true))
            machines[host].disk.apply(write, isTorn: isTorn)
        case .runSteps(.bootstrap) where isTorn: leaveLearner(host)
        default: if !isTorn { takeEffectOnSite(of: operation, from: host) }
        }
    }

    private mutating func takeEffectOnSite(of operation: HostAction.Operation, from host: Int) {
        let site = machines[host].site
        switch operation {
        case .runSteps(.bootstrap(let state)):
            machines[host].disk.setUp(state)
            becomeMember(host)
        case .runSteps(.upgradeKubernetes(_, let state)), .runSteps(.undoUpgrade(_, let state)):
            machines[host].disk.setUp(state)
            restForAChange(of: host)
        case .restartServices: restServices(of: host, for: .seconds(2))
        case .removeEtcdMember(let id):
            guard let member = member(of: id) else { return }
            observe(.removesMember(member))
            tell("\(machines[host].name) removes the member of \(machines[member].name)")
            sites[site].etcd.remove(member)
        case .moveEtcdLeader(let wanted):
            var etcd = sites[site].etcd
            etcd.moveLeader(to: wanted.flatMap(index), where: memberLives)
            sites[site].etcd = etcd
        case .renewCertificates(_, let time): renewCertificates(of: host, within: time)
        case .resetHost: becomeFree(host)
        default: break
        }
    }

    /// Services are away for a moment while a step changes Kubernetes.
    mutating func restForAChange(of host: Int) {
        observe(.goesDown(host: host))
        restServices(of: host, for: .seconds(5))
    }

    private mutating func restServices(of host: Int, for duration: Duration) {
        timeline?.note(.down, of: host, at: now)
        machines[host].servicesRestUntil = now + duration
        timeline?.note(.up, of: host, at: now + duration)
        loseWhomThatCosts(host)
    }

    /// The identity of a member, as the agent reports it.
    static func memberID(of host: String) -> String { "member-\(host)" }
    private func member(of id: String) -> Int? {
        id.hasPrefix("member-") ? index(of: String(id.dropFirst("member-".count))) : nil
    }
}
