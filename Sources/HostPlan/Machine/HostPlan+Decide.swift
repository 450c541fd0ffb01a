import CorbelAPI

/// The effect of each step.
extension HostPlan {
    /// What to do next; `nil` while there is nothing to do but wait.
    mutating func decide() -> Effects? {
        if let variables = neededBootVariables() {
            return Effects(purpose: .bootVariables, operations: writing(variables))
        }
        if !isConfigured, let state = configurationAtStart {
            return Effects(purpose: .configuration, operations: [.applyConfiguration(state)])
        }
        isConfigured = true
        if let renewal = neededRenewal() { return Effects(purpose: .certificates, operations: [renewal]) }
        // Every pass that yields no effect either moves the task on by a step or waits.
        for _ in TaskProgress.Step.allCases {
            guard let progress = record.current else { return nil }
            if let effects = effects(of: progress) { return effects }
            if record.current == progress { return nil }
        }
        return nil
    }

    private mutating func effects(of progress: TaskProgress) -> Effects? {
        switch progress.step {
        case .prepared:
            if progress.task.gate == .proceed { advance() }
            return nil
        case .validating: return effectsOfValidation(progress)
        case .returning: return effectsOfReturning(progress)
        case .settling:
            if health.isGood(for: configuration.settle, at: moment.uptime) { advance() }
            return nil
        default: return Effects(purpose: .step, operations: operations(of: progress))
        }
    }

    private mutating func operations(of progress: TaskProgress) -> [HostAction.Operation] {
        switch progress.step {
        case .downloading: download(progress)
        case .writing: write(progress)
        case .snapshotting: [.snapshotEtcd("before-\(progress.task.id)")]
        case .rebooting: reboot(into: progress.newSlot)
        case .rebootingBack: leaving + [.reboot]
        case .applying: apply(progress)
        case .configuring: (progress.task.target ?? record.running).map { [.applyConfiguration($0)] } ?? []
        case .configuringBack: progress.previous.map { [.applyConfiguration($0)] } ?? []
        case .restarting, .restartingBack: [.restartServices(progress.task.services)]
        case .undoing: undo(progress)
        case .prepared, .validating, .returning, .settling: []
        }
    }

    private func download(_ progress: TaskProgress) -> [HostAction.Operation] {
        guard let target = progress.task.target else { return [] }
        return [.downloadImage(reference: target.osImage, digest: target.osDigest)]
    }

    private mutating func write(_ progress: TaskProgress) -> [HostAction.Operation] {
        guard let world, let target = progress.task.target, let spare = world.spare else {
            preconditionFailure("a slot is written only while there is a spare one")
        }
        self.world?.slots[spare.slot] = nil
        // What was downloaded may have rotten since: an attempt after the first looks again.
        let again = retry.attempts > 0 ? download(progress) : []
        let closed = world.variables.closing(spare)
        let closing = world.variables == closed ? [] : writing(closed)
        return again + closing + [.writeSlot(spare, digest: target.osDigest, version: target.osVersion)]
    }

    private func reboot(into newSlot: Slot?) -> [HostAction.Operation] {
        guard let newSlot, let world else { return leaving + [.reboot] }
        let armed = world.variables.trying(newSlot, tries: configuration.trialBoots)
        return leaving + (world.variables == armed ? [] : writing(armed)) + [.reboot]
    }

    /// What precedes every reboot of the host's own will, and every change that restarts its member of etcd: a leader's
    /// leave may be minutes old, and a host that goes back has asked nobody.
    private var leaving: [HostAction.Operation] { world?.hasEtcdMember == true ? [.confirmEtcdQuorum] : [] }

    private func apply(_ progress: TaskProgress) -> [HostAction.Operation] {
        let task = progress.task
        switch (task.type, task.target) {
        case (.bootstrap, let target?): return [.runSteps(.bootstrap(target))]
        case (.upgradeKubernetes, let target?), (.repave, let target?):
            guard let previous = progress.previous else { return [] }
            // A host that is on trial has asked before its reboot.
            let asks = task.type == .upgradeKubernetes ? leaving : []
            return asks + [.runSteps(.upgradeKubernetes(from: previous, to: target))]
        case (.removeEtcdMember, _): return [.removeEtcdMember(task.parameters["member"] ?? "")]
        case (.moveEtcdLeader, _): return [.moveEtcdLeader(to: task.parameters["to"])]
        case (.snapshotEtcd, _): return [.snapshotEtcd(task.parameters["snapshot"] ?? "")]
        case (.renewCertificates, _):
            let within = task.parameters["withinSeconds"].flatMap { Int($0) }.map { Duration.seconds($0) }
            return progress.previous.map { [.renewCertificates($0, within: within)] } ?? []
        case (.reset, _): return [.resetHost]
        default: return []
        }
    }

    private func undo(_ progress: TaskProgress) -> [HostAction.Operation] {
        if progress.task.type == .bootstrap { return [.resetHost] }
        guard let previous = progress.previous, let target = progress.task.target else { return [] }
        return [.runSteps(.undoUpgrade(from: target, to: previous))]
    }

    private mutating func effectsOfReturning(_ progress: TaskProgress) -> Effects? {
        guard let world, let newSlot = progress.newSlot, newSlot != world.variables.committed else {
            advance()
            return nil
        }
        let returned = world.variables.returning(from: newSlot, isFailed: progress.blamesImage)
        let write = world.variables == returned ? [] : writing(returned)
        if world.isOnTrial { return Effects(purpose: .step, operations: write + leaving + [.reboot]) }
        if write.isEmpty { advance() }
        return write.isEmpty ? nil : Effects(purpose: .step, operations: write)
    }

    /// Boot variables that are to be mended, whatever the task.
    private func neededBootVariables() -> BootVariables? {
        guard let world else { return nil }
        let variables = world.variables
        guard let progress = record.current else {
            // The boot loader came back from a trial that the journal does not know of.
            let isLeftover = !world.isOnTrial && variables.first != variables.committed
            if isLeftover { return variables.returning(from: variables.committed.other, isFailed: true) }
            return world.blocks.isDamaged ? variables : nil
        }
        let isTrial = world.isOnTrial && progress.newSlot == world.booted && !progress.step.isGoingBack
        if isTrial, progress.boots < configuration.validationBoots, variables[world.booted].triesLeft == 0 {
            return variables.trying(world.booted, tries: 1)
        }
        return world.blocks.isDamaged ? variables : nil
    }

    func writing(_ variables: BootVariables) -> [HostAction.Operation] {
        guard let world else { return [] }
        return [.setBootVariables(world.blocks.write(variables))]
    }

    /// What the files follow from when the agent starts; `nil` where there is nothing to render, or a step renders it.
    private var configurationAtStart: HostState? {
        guard let progress = record.current else { return running(record.running) }
        switch progress.step {
        case .downloading, .writing, .prepared, .snapshotting, .applying: return running(progress.previous)
        case .restarting, .validating: return progress.isRecovered ? nil : progress.task.target
        case .restartingBack, .settling: return running(progress.previous)
        case .rebooting, .configuring, .undoing, .configuringBack, .rebootingBack, .returning: return nil
        }
    }

    private func running(_ state: HostState?) -> HostState? {
        state.flatMap { $0.kubernetesVersion.isEmpty ? nil : $0 }
    }
}
