import CorbelAPI
import Effects
import ResourceClient

extension Scenario {
    static let crashEverywhere = Scenario(
        "crash-everywhere",
        "Centre and machines are killed at random moments of an upgrade, which completes; nothing is lost."
    ) { run in
        let plan = CrashPlan(seed: run.settings.seed)
        let stage = try await run.openStage(hosts: 3)
        await stage.say("chance has the seed \(plan.seed): --seed \(plan.seed) strikes the same again")
        try await stage.askForCluster()
        try await stage.expectGreenCluster()
        try await stage.writeSiteKubeconfig()
        let before = try await stage.censusOfHosts()
        let records = try await stage.machineRecords()
        let update = try await stage.propose(
            try await stage.operatingSystemDraft(DemoLayout.nextImage, profileVersion: "1.1.0"))
        try await stage.approve(update)
        let ledger = CrashLedger()
        try await stage.playUpgrade(update, plan, ledger)
        try await stage.expectAllStruck(plan, ledger)
        try await stage.expectNobodyBlamed(ledger)
        try await stage.expectGreenCluster()
        try await stage.expectSoundSite()
        try await stage.expectOperatingSystem(DemoLayout.nextImage)
        try await stage.expectOtherSlots(since: records)
        try await stage.expectSameHosts(as: before)
        try await stage.expectSiteAloneWrites()
        try await stage.expectAccess()
    }
}

/// What was done to the stage while the update was under way, and how often it needed a hand.
private actor CrashLedger {
    /// A halt of the rollout, as the update told it.
    struct Halt: Sendable {
        /// Of each host that went back or failed.
        var causes: [String]
        var message: String
    }

    private(set) var isOver = false
    private(set) var strikes: [String] = []
    private(set) var halts: [Halt] = []

    func end() { isOver = true }
    func note(strike: String) { strikes.append(strike) }
    func note(halt: Halt) { halts.append(halt) }
}

// MARK: The upgrade, and what is done to it

extension Stage {
    fileprivate func playUpgrade(_ update: ProposedUpdate, _ plan: CrashPlan, _ ledger: CrashLedger) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await strikeCentre(plan.centre, update, ledger) }
            group.addTask { try await strikeMachines(plan.machines, update, ledger) }
            group.addTask { try await expectSeenThrough(update, ledger) }
            try await group.waitForAll()
        }
    }

    /// Waits until the update has completed. Where it halts, a person lets it try again.
    private func expectSeenThrough(_ proposed: ProposedUpdate, _ ledger: CrashLedger) async throws {
        try await require("the update completes", within: .seconds(360)) {
            let update = try await update(proposed)
            if update.phase == .halted { try await resume(update, ledger) }
            let halts = await ledger.halts.count
            return Sighting(update.phase == .completed, "\(update.phase.rawValue), halted \(halts) times")
        }
        await ledger.end()
    }

    private func resume(_ update: ClusterUpdate, _ ledger: CrashLedger) async throws {
        let attempt = update.json["status", "attempt"]?.intValue ?? 1
        // The site has yet to hear that it may.
        if update.annotation("corbel.dev/retry") == String(attempt + 1) { return }
        let causes = (update.json["status", "hosts"]?.arrayValue ?? []).compactMap { $0["cause"]?.stringValue }
        let why = update.condition("Halted")?.message ?? "no reason"
        try await corbel(["rollout", "resume", update.name, "--no-wait"])
        await ledger.note(halt: CrashLedger.Halt(causes: causes, message: why))
        await say("the rollout has halted (\(why)) and may try again")
    }

    private func strikeCentre(
        _ strikes: [CrashPlan.Strike], _ update: ProposedUpdate, _ ledger: CrashLedger
    ) async throws {
        for strike in strikes {
            try await time.sleep(for: strike.after)
            if await ledger.isOver { return }
            await killCentre()
            await ledger.note(strike: DemoProcesses.centre)
            try await time.sleep(for: strike.away)
            try await startCentre()
            try await expect("the centre still knows of the approval") {
                let update = try await self.update(update)
                return Sighting(update.isApproved, "approved: \(update.isApproved), \(update.phase.rawValue)")
            }
        }
    }

    private func strikeMachines(
        _ strikes: [CrashPlan.MachineStrike], _ update: ProposedUpdate, _ ledger: CrashLedger
    ) async throws {
        for planned in strikes {
            try await time.sleep(for: planned.strike.after)
            guard let victim = try await victim(planned, update, ledger) else { return }
            await say("\(layout.hostName(victim.number)) is \(victim.doing)")
            await kill(host: victim.number)
            await ledger.note(strike: "\(planned.role.rawValue) \(layout.hostName(victim.number)), \(victim.doing)")
            try await time.sleep(for: planned.strike.away)
            try await start(host: victim.number)
        }
    }

    private struct Victim {
        var number: Int
        /// What it was at when it was chosen.
        var doing: String
    }

    /// Waits until a machine plays the role, and until it has done so for a while.
    private func victim(
        _ planned: CrashPlan.MachineStrike, _ update: ProposedUpdate, _ ledger: CrashLedger
    ) async throws -> Victim? {
        while await !ledger.isOver {
            if try await candidate(planned.role, update) != nil {
                try await time.sleep(for: planned.into)
                if let victim = try await candidate(planned.role, update) { return victim }
            }
            try await time.sleep(for: .milliseconds(100))
        }
        return nil
    }

    /// Who plays the role now; `nil` also while the site cannot tell.
    private func candidate(_ role: CrashPlan.Role, _ update: ProposedUpdate) async throws -> Victim? {
        do {
            let machines = try await site().list(HostMachine.self).sorted { $0.hostName < $1.hostName }
            let upgrading = machines.filter { $0.isDisturbed(by: update) } + machines.filter { $0.isPreparing(update) }
            let chosen: HostMachine?
            switch role {
            case .upgrading: chosen = upgrading.first
            case .leader:
                let leader = layout.hostName(try await siteLeader())
                chosen = machines.first { $0.hostName == leader }
            case .bystander: chosen = machines.first { machine in !upgrading.contains { $0.name == machine.name } }
            }
            return chosen.flatMap(victim)
        } catch {
            try Task.checkCancellation()
            return nil
        }
    }

    private func victim(_ machine: HostMachine) -> Victim? {
        guard let number = allHosts.first(where: { layout.hostName($0) == machine.hostName }) else { return nil }
        let status = machine.taskStatus
        return Victim(number: number, doing: status.map { "at \($0.id) \($0.phase.rawValue)" } ?? "at nothing")
    }
}

extension HostMachine {
    private func isAt(_ update: ProposedUpdate) -> Bool {
        guard let task, task.id.hasPrefix("update-\(update.name)-") else { return false }
        return taskStatus?.id != task.id || taskStatus?.phase.isFinal == false
    }

    /// The rollout has let the host go.
    fileprivate func isDisturbed(by update: ProposedUpdate) -> Bool { isAt(update) && task?.gate == .proceed }

    /// The host fetches or writes the image.
    fileprivate func isPreparing(_ update: ProposedUpdate) -> Bool {
        isAt(update) && (taskStatus?.phase == .downloading || taskStatus?.phase == .writing)
    }
}

// MARK: What must be so afterwards

extension Stage {
    fileprivate func expectAllStruck(_ plan: CrashPlan, _ ledger: CrashLedger) async throws {
        let strikes = await ledger.strikes
        await check(
            "all \(plan.count) kills of the seed \(plan.seed) fell into the upgrade",
            Sighting(strikes.count == plan.count, strikes.joined(separator: "; ")))
    }

    /// A power cut is nobody's fault: no image is marked, and where a rollout halted, no host was the cause.
    fileprivate func expectNobodyBlamed(_ ledger: CrashLedger) async throws {
        let halts = await ledger.halts
        await check(
            "no halt of the rollout was blamed on a host",
            Sighting(
                !halts.contains { $0.causes.contains(HostTaskStatus.Cause.host.rawValue) },
                halts.isEmpty ? "it did not halt" : halts.map(\.message).joined(separator: "; ")))
        try await expect("no image is marked as failed on any host") {
            let marks = try await failedImages()
            return Sighting(marks.isEmpty, "\(marks)")
        }
    }

    fileprivate func expectOtherSlots(since before: [Int: MachineRecord]) async throws {
        let after = try await machineRecords()
        let stayed = allHosts.filter { after[$0]?.slot == before[$0]?.slot }
        let saw = allHosts.map { "\(layout.hostName($0)): \(after[$0].map(\.description) ?? "nothing")" }
        await check("every host has booted its other slot", Sighting(stayed.isEmpty, saw.joined(separator: "; ")))
        try await expect("every host has committed the slot that it has booted") {
            let slots = try await site().list(HostMachine.self).map { machine in
                let slots = machine.json["status", "slots"]
                return (slots?["booted"]?.stringValue ?? "none", slots?["committed"]?.stringValue ?? "none")
            }
            return Sighting(
                slots.allSatisfy { $0.0 == $0.1 }, slots.map { "\($0.0), committed \($0.1)" }.joined(separator: "; "))
        }
    }

    /// Each host's machine at the site, and its registration at the centre: by their UIDs, so that none that is made
    /// anew passes for the old one.
    fileprivate func censusOfHosts() async throws -> [String: String] {
        var census: [String: String] = [:]
        for machine in try await site().list(HostMachine.self) { census["machine \(machine.hostName)"] = machine.uid }
        for host in try await centre.client.list(EdgeHost.self) { census["host \(host.name)"] = host.uid }
        return census
    }

    fileprivate func expectSameHosts(as before: [String: String]) async throws {
        try await expect("no host was lost or made anew, at the centre or at the site") {
            let now = try await censusOfHosts()
            return Sighting(now == before && now.count == 2 * layout.hosts, "\(now.count) of \(before.count) objects")
        }
    }
}
