import ControlLoop
import CorbelAPI
import HostPlan

/// Power, boots, and the actions of agents.
extension SimulatedWorld {
    // MARK: Power

    mutating func powerOn(_ host: Int) {
        guard machines[host].power == .off else { return }
        tell("\(machines[host].name) gets power")
        boot(host)
    }

    /// What the boot loader does, up to the agent or the watchdog.
    private mutating func boot(_ host: Int) {
        let choice = BootChoice.choose(machines[host].disk.blocks)
        if let write = choice.write { machines[host].disk.apply(write, isTorn: false) }
        machines[host].boots += 1
        machines[host].power = .starting
        machines[host].bootedSlot = choice.slot
        machines[host].bootedAt = now
        let boot = machines[host].boots
        let behaviour = behaviour(on: host)
        tell("\(machines[host].name) boots slot \(choice.slot.rawValue), boot \(boot), \(behaviour.rawValue)")
        observe(.booted(host: host))
        if let watchdog = behaviour.watchdog {
            machines[host].failedBoots += 1
            if machines[host].failedBoots >= 12 { observe(.bricked(host: host)) }
            return plan(.watchdog(host, boot: boot), in: watchdog)
        }
        let start = chance.duration(.seconds(15)...(.seconds(45)))
        plan(.agentStarts(host, boot: boot), in: start)
        if behaviour == .dropsDead { plan(.dropsDead(host, boot: boot), in: start + .seconds(8)) }
    }

    /// Takes the power away, in the midst of what the machine does.
    mutating func cutPower(_ host: Int) {
        guard machines[host].power != .off else { return }
        if let running = machines[host].agent.running, chance.chance(0.5) {
            takeEffect(of: running.action.operation, on: host, isTorn: chance.chance(0.5))
        }
        goDown(host, throughUs: false)
        tell("\(machines[host].name) loses power")
    }

    private mutating func goDown(_ host: Int, throughUs: Bool) {
        let wasServing = machines[host].servesFrom != nil
        machines[host].power = .off
        if wasServing { timeline?.note(.down, of: host, at: now) }
        machines[host].agentIsUp = false
        machines[host].agent = SimulatedAgent()
        machines[host].servesFrom = nil
        machines[host].boots += 1
        stop(.site(host: host))
        machines[host].servicesRestUntil = now
        if machines[host].downSince == nil, wasServing {
            machines[host].downSince = now
            machines[host].wentDownThroughUs = throughUs
        }
    }

    /// A reset without an agent's doing: the power stays.
    mutating func reset(_ host: Int) {
        guard machines[host].power != .off else { return }
        tell("\(machines[host].name) resets itself")
        goDown(host, throughUs: false)
        boot(host)
    }

    private mutating func reboot(_ host: Int) {
        tell("\(machines[host].name) reboots")
        observe(.goesDown(host: host))
        goDown(host, throughUs: true)
        loseWhomThatCosts(host)
        if lostWhenDisturbed[host] != host { boot(host) }
    }

    /// What a rehearsal asks for: a host that does not come back, or another that is lost meanwhile.
    private mutating func loseWhomThatCosts(_ host: Int) {
        guard let lost = lostWhenDisturbed[host] else { return }
        cutPower(lost)
    }

    // MARK: The agent

    func uptime(of host: Int) -> Duration { now - machines[host].bootedAt }

    private func moment(of host: Int) -> HostMoment { HostMoment(uptime: uptime(of: host), now: wallClock(of: host)) }

    mutating func startAgent(on host: Int, _ boot: Int) {
        guard machines[host].boots == boot, machines[host].power == .starting else { return }
        machines[host].power = .running
        machines[host].failedBoots = 0
        machines[host].agentIsUp = true
        if machines[host].disk.isMember { machines[host].servesFrom = now + .seconds(5) }
        let disk = machines[host].disk
        let facts = HostFacts(
            booted: machines[host].bootedSlot, bootID: "boot-\(boot)", slots: disk.slots, bootBlocks: disk.blocks,
            journal: disk.journal, hasEtcdMember: disk.hasEtcdMember)
        tell("\(machines[host].name)'s agent starts")
        feed(host, .started(facts))
        plan(.agentLooks(host, boot: boot), in: .seconds(1))
        plan(.agentFeels(host, boot: boot), in: .seconds(2))
        if machines[host].isControlPlane { plan(.election(host, boot: boot), in: .seconds(6)) }
    }

    /// Hands the host's machine an event, and begins what it asks for.
    mutating func feed(_ host: Int, _ event: HostEvent) {
        let moment = moment(of: host)
        guard machines[host].agentIsUp else { return }
        let actions = machines[host].agent.plan.handle(event, at: moment)
        if actions.isEmpty { return }
        for action in actions {
            switch action.operation {
            case .report(let report): take(report, from: host)
            case .scheduleTick(let uptime):
                machines[host].agent.tick = uptime
                let boot = machines[host].boots
                let delay = max(.zero, uptime - self.uptime(of: host))
                plan(.agentTick(host, boot: boot, at: uptime), in: delay)
            case .cancel(let id): cancel(id, on: host)
            default: machines[host].agent.queue.append(action)
            }
        }
        beginNextAction(on: host)
    }

    private mutating func take(_ report: HostReport, from host: Int) {
        let before = machines[host].agent.report?.task
        machines[host].agent.report = report
        machines[host].agent.reports += 1
        if let task = report.task, task.phase != before?.phase {
            timeline?.note(.phase(task.phase), of: host, at: now)
        }
        if let task = report.task, task.phase != before?.phase || task.id != before?.id {
            let why = [task.reason, task.message].filter { !$0.isEmpty }.joined(separator: ": ")
            tell("\(machines[host].name) \(task.id) \(task.phase.rawValue)\(why.isEmpty ? "" : " (\(why))")")
        }
    }

    mutating func tickAgent(on host: Int, _ boot: Int, _ uptime: Duration) {
        guard machines[host].boots == boot, machines[host].agent.tick == uptime else { return }
        machines[host].agent.tick = nil
        feed(host, .tick)
    }

    private mutating func cancel(_ id: HostAction.ID, on host: Int) {
        let isRunning = machines[host].agent.running?.action.id == id
        let isQueued = machines[host].agent.queue.contains { $0.id == id }
        guard isRunning || isQueued else { return }
        machines[host].agent.running = nil
        machines[host].agent.queue = []
        feed(host, .failed(id, HostFailure(.cancelled, "it was told to end")))
    }

    private mutating func beginNextAction(on host: Int) {
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
            let mayBegin = isFirst(host) || siteAnswers(host)
            return mayBegin ? nil : HostFailure(.unavailable, "the site's API server does not answer")
        case .confirmEtcdQuorum:
            let etcd = sites[machines[host].site].etcd
            if uptime(of: host) < .seconds(120), !siteAnswers(host) || !memberLives(host) {
                return HostFailure(.unavailable, "its member of etcd may still be starting")
            }
            let mayGo = etcd.members.count < 2 || !siteAnswers(host) || !memberLives(host)
            if mayGo || etcd.hasQuorum(where: { $0 != host && memberLives($0) }) { return nil }
            return HostFailure(.unavailable, "etcd would lose its quorum without this host")
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
    private func isFirst(_ host: Int) -> Bool {
        machines[host].agent.seen?.task?.parameters["mode"] == "Init"
    }

    /// What an action changes; a torn one leaves half of it.
    private mutating func takeEffect(of operation: HostAction.Operation, on host: Int, isTorn: Bool) {
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
        default: if !isTorn { takeEffectOnSite(of: operation, from: host) }
        }
    }

    private mutating func takeEffectOnSite(of operation: HostAction.Operation, from host: Int) {
        let site = machines[host].site
        switch operation {
        case .runSteps(.bootstrap):
            machines[host].disk.isMember = true
            if machines[host].isControlPlane {
                machines[host].disk.hasEtcdMember = true
                sites[site].etcd.add(host)
            }
            machines[host].servesFrom = now
            tell("\(machines[host].name) is a member")
        case .runSteps(.upgradeKubernetes), .runSteps(.undoUpgrade):
            observe(.goesDown(host: host))
            timeline?.note(.down, of: host, at: now)
            machines[host].servicesRestUntil = now + .seconds(5)
            timeline?.note(.up, of: host, at: now + .seconds(5))
            loseWhomThatCosts(host)
        case .restartServices: machines[host].servicesRestUntil = now + .seconds(2)
        case .removeEtcdMember(let id): if let member = member(of: id) { sites[site].etcd.remove(member) }
        case .moveEtcdLeader(let wanted):
            var etcd = sites[site].etcd
            etcd.moveLeader(to: wanted.flatMap(index), where: memberLives)
            sites[site].etcd = etcd
        case .resetHost:
            machines[host].disk.isMember = false
            machines[host].disk.hasEtcdMember = false
            machines[host].servesFrom = nil
        default: break
        }
    }

    /// The identity of a member, as the agent reports it.
    static func memberID(of host: String) -> String { "member-\(host)" }
    private func member(of id: String) -> Int? {
        id.hasPrefix("member-") ? index(of: String(id.dropFirst("member-".count))) : nil
    }
}
