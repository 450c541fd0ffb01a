import ControlLoop
import CorbelAPI
import HostPlan

/// Power, boots, and agents while they run.
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
        let start = chance.duration(bootTime)
        plan(.agentStarts(host, boot: boot), in: start)
        if behaviour == .dropsDead { plan(.dropsDead(host, boot: boot), in: start + .seconds(45)) }
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

    mutating func reboot(_ host: Int) {
        tell("\(machines[host].name) reboots")
        observe(.goesDown(host: host))
        goDown(host, throughUs: true)
        loseWhomThatCosts(host)
        if lostWhenDisturbed[host] != host { boot(host) }
    }

    /// What a rehearsal asks for: a host that does not come back, or another that is lost meanwhile.
    mutating func loseWhomThatCosts(_ host: Int) {
        guard let lost = lostWhenDisturbed[host] else { return }
        cutPower(lost)
    }

    // MARK: The agent

    func bootID(of host: Int) -> String { "boot-\(machines[host].boots)" }

    func uptime(of host: Int) -> Duration { now - machines[host].bootedAt }

    private func moment(of host: Int) -> HostMoment { HostMoment(uptime: uptime(of: host), now: wallClock(of: host)) }

    mutating func startAgent(on host: Int, _ boot: Int) {
        guard machines[host].boots == boot, machines[host].power == .starting else { return }
        machines[host].power = .running
        machines[host].failedBoots = 0
        machines[host].agentIsUp = true
        machines[host].agent.plan = HostPlan(configuration: configuration.hosts)
        if machines[host].disk.isMember { machines[host].servesFrom = now + settlingTime() }
        let disk = machines[host].disk
        let facts = HostFacts(
            booted: machines[host].bootedSlot, bootID: bootID(of: host), slots: disk.slots, bootBlocks: disk.blocks,
            journal: disk.journal, hasEtcdMember: disk.hasEtcdMember)
        tell("\(machines[host].name)'s agent starts")
        feed(host, .started(facts))
        if let look = certificates(of: host) { feed(host, .certificates(look)) }
        plan(.agentLooks(host, boot: boot), in: .seconds(1))
        plan(.agentFeels(host, boot: boot), in: .seconds(2))
        if machines[host].disk.hasEtcdMember { beginStanding(host) }
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
        observe(.reports(host: host, report))
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
}
