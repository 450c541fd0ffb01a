import ControlLoop
import CorbelAPI
import HostPlan

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
            in: chance.duration(Self.time(for: action.operation)) * slowness)
    }

    /// How long an action takes.
    private static func time(for operation: HostAction.Operation) -> ClosedRange<Duration> {
        switch operation {
        case .writeJournal, .rewriteJournal, .setBootVariables, .commit: .milliseconds(2)...(.milliseconds(50))
        case .downloadImage: .seconds(20)...(.seconds(120))
        case .writeSlot: .seconds(20)...(.seconds(60))
        case .reboot: .seconds(2)...(.seconds(5))
        case .applyConfiguration: .milliseconds(100)...(.seconds(2))
        case .restartServices: .seconds(1)...(.seconds(3))
        case .runSteps: .seconds(10)...(.seconds(40))
        case .confirmEtcdQuorum, .removeEtcdMember, .moveEtcdLeader: .milliseconds(100)...(.seconds(1))
        case .snapshotEtcd: .seconds(1)...(.seconds(5))
        case .resetHost: .seconds(5)...(.seconds(10))
        case .report, .scheduleTick, .cancel: .zero...(.zero)
        }
    }

    mutating func endAction(on host: Int, _ boot: Int, _ number: Int) {
        guard machines[host].boots == boot, let running = machines[host].agent.running, running.number == number
        else { return }
        machines[host].agent.running = nil
        if running.action.operation == .reboot { return reboot(host) }
        if let failure = obstacle(to: running.action.operation, on: host) {
            machines[host].agent.queue = []
            return feed(host, .failed(running.action.id, failure))
        }
        takeEffect(of: running.action.operation, on: host, isTorn: false)
        feed(host, .finished(running.action.id, HostResult()))
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
            return siteAnswers(host) ? nil : HostFailure(.unavailable, "etcd has no leader")
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
        case .runSteps(.bootstrap): becomeMember(host)
        case .runSteps(.upgradeKubernetes), .runSteps(.undoUpgrade):
            observe(.goesDown(host: host))
            timeline?.note(.down, of: host, at: now)
            machines[host].servicesRestUntil = now + .seconds(5)
            timeline?.note(.up, of: host, at: now + .seconds(5))
            loseWhomThatCosts(host)
        case .restartServices: machines[host].servicesRestUntil = now + .seconds(2)
        case .removeEtcdMember(let id):
            guard let member = member(of: id) else { return }
            observe(.removesMember(member))
            tell("\(machines[host].name) removes the member of \(machines[member].name)")
            sites[site].etcd.remove(member)
        case .moveEtcdLeader(let wanted):
            var etcd = sites[site].etcd
            etcd.moveLeader(to: wanted.flatMap(index), where: memberLives)
            sites[site].etcd = etcd
        case .resetHost: becomeFree(host)
        default: break
        }
    }

    /// The identity of a member, as the agent reports it.
    static func memberID(of host: String) -> String { "member-\(host)" }
    private func member(of id: String) -> Int? {
        id.hasPrefix("member-") ? index(of: String(id.dropFirst("member-".count))) : nil
    }
}
