import CorbelAPI

/// What is true when the agent starts.
///
///     journal says     | booted        | boot variables       | then
///     nothing          | committed     | quiet                | wait for tasks
///     nothing          | committed     | tried the other slot | the loader came back: that image has failed here
///     nothing          | not committed | not failed           | a trial without a task: validate, commit or return
///     nothing          | not committed | failed               | return
///     before rebooting | old slot      |                      | the step again
///     rebooting        | old slot      | not armed, tries left| arm and reboot again
///     rebooting        | old slot      | no tries left        | the loader came back: settle there, cause Host
///     rebooting        | new slot      | old is committed     | the trial begins
///     trial            | new slot      | old is committed     | go on; a new boot counts
///     trial            | new slot      | new is committed     | Done: the commit was the last thing that happened
///     trial            | old slot      | new slot first       | the loader came back: settle there, cause Host
///     trial            | old slot      | old slot first       | the agent had decided to return: settle there
///     going back       | new slot      |                      | return again
///     going back       | old slot      |                      | settle
extension HostPlan {
    mutating func start(_ facts: HostFacts) {
        readJournal(facts)
        let variables = facts.bootBlocks.current ?? BootVariables(committed: record.committed ?? facts.booted)
        world = World(
            booted: facts.booted, bootID: facts.bootID, slots: facts.slots, blocks: facts.bootBlocks,
            variables: variables,
            hasEtcdMember: facts.hasEtcdMember)
        batch = nil
        retry = Retry()
        health = HealthWatch()
        certificates = CertificateWatch()
        (isConfigured, lastReport, scheduled, percent, cancelled) = (false, nil, nil, nil, nil)
        learnFailedSlots()
        if let progress = record.current { resume(progress) }
        if record.current == nil { resumeWithoutTask() }
    }

    private mutating func readJournal(_ facts: HostFacts) {
        let replay = HostJournal.replay(facts.journal ?? [])
        record = replay.record
        journal = JournalWriter()
        journal.mustRewrite = replay.damage != nil || replay.entries > HostJournal.compactionLimit
        mayLearnRunning = replay.entries == 0 || (replay.damage != nil && replay.damage != .tornTail)
    }

    /// The boot variables remember a failed slot even when the journal is lost.
    private mutating func learnFailedSlots() {
        guard let world else { return }
        for slot in Slot.allCases where world.variables[slot].isFailed && slot != world.variables.committed {
            guard let digest = world.slots[slot]?.digest, !isForgiven(digest) else { continue }
            noteFailedImage(digest)
        }
    }

    /// Whether the task under way was given in order to try the image again.
    private func isForgiven(_ digest: String) -> Bool {
        guard let task = record.current?.task else { return false }
        return task.retriesFailedImage && task.target?.osDigest == digest
    }

    mutating func noteFailedImage(_ digest: String) {
        if !record.failedImages.contains(digest) { note(.failedImage(digest: digest)) }
    }

    private mutating func resume(_ progress: TaskProgress) {
        guard let world else { return }
        guard let newSlot = progress.newSlot else {
            if !world.isOnTrial { return resumeInPlace(progress) }
            return abandonInterrupted(progress)
        }
        switch (world.booted == newSlot, world.isOnTrial) {
        case (true, true): resumeTrial(progress)
        case (true, false): resumeCommitted(progress)
        case (false, false): resumeOnOldSlot(progress, newSlot)
        case (false, true): abandonInterrupted(progress)
        }
    }

    /// The world contradicts the journal, as it can after damage. What is booted is judged by its health instead.
    private mutating func abandonInterrupted(_ progress: TaskProgress) {
        note(
            .finished(
                HostTaskStatus(
                    id: progress.task.id, phase: .failed, cause: .host, reason: "Interrupted",
                    message: "the host found itself on slot \(booted.rawValue), which the task did not lead to",
                    since: moment.now)))
    }

    private mutating func resumeInPlace(_ progress: TaskProgress) {
        let isNewBoot = progress.bootID != world?.bootID
        if isNewBoot, progress.step == .rebooting || progress.step == .rebootingBack { advance() }
    }

    private mutating func resumeTrial(_ progress: TaskProgress) {
        var next = progress
        switch progress.step {
        case .downloading, .writing, .prepared, .snapshotting, .rebooting:
            next.step = .rebooting
            next.boots = 1
            set(next)
            advance()
        case .settling: enter(.returning, next)
        default:
            guard progress.bootID != world?.bootID, !progress.step.isGoingBack else { return }
            next.boots += 1
            next.bootID = world?.bootID ?? ""
            set(next)
        }
    }

    private mutating func resumeCommitted(_ progress: TaskProgress) {
        // A task still before its gate writes the slot that was not committed then; finding it committed means that the
        // journal is behind, and nothing is known of how the commit came about.
        if progress.step.isBeforeGate || progress.step.isGoingBack { return abandonInterrupted(progress) }
        complete(progress)
    }

    private mutating func resumeOnOldSlot(_ progress: TaskProgress, _ newSlot: Slot) {
        guard let variables = world?.variables else { return }
        switch progress.step {
        case .downloading, .writing, .snapshotting: return
        case .prepared:
            if !holdsImage(progress) { enter(.downloading, progress) }
        case .rebooting:
            let wasTried = variables.first == newSlot && variables[newSlot].triesLeft == 0
            if wasTried { bootLoaderReturned(progress) }
        case .undoing, .returning, .settling, .configuringBack, .restartingBack, .rebootingBack: return
        case .applying, .configuring, .restarting, .validating:
            let agentDecided = variables.first != newSlot && !variables[newSlot].isFailed
            if agentDecided {
                goBack(.cluster, "ClusterNotHealthy", "the cluster did not get healthy within the limit")
            }
            if !agentDecided { bootLoaderReturned(progress) }
        }
    }

    private mutating func bootLoaderReturned(_ progress: TaskProgress) {
        goBack(.host, "BootFailed", "the boot loader came back from slot \(progress.newSlot?.rawValue ?? "")")
    }

    /// Whether the new slot holds the whole image of the task.
    func holdsImage(_ progress: TaskProgress) -> Bool {
        guard let slot = progress.newSlot, let content = world?.slots[slot] else { return false }
        return content.isComplete && content.digest == progress.task.target?.osDigest
    }

    private mutating func resumeWithoutTask() {
        guard let world else { return }
        if world.isOnTrial { return adoptTrial(world) }
        let other = world.booted.other
        let wasTried = world.variables.first == other && !world.variables[other].isBootable
        if wasTried, let digest = world.slots[other]?.digest { noteFailedImage(digest) }
    }

    /// A trial that the journal does not know of. It is judged as any other, but a further boot goes back: how many
    /// there were is not known.
    private mutating func adoptTrial(_ world: World) {
        let content = world.slots[world.booted]
        let target = HostState(
            revision: "", osVersion: content?.version ?? "", osImage: "", osDigest: content?.digest ?? "",
            kubernetesVersion: "")
        let task = HostTask(
            id: "recovered-\(world.bootID)", type: .repave, target: target, epoch: record.authority.epoch,
            leaseTransitions: record.authority.leaseTransitions, validateTimeout: configuration.defaultValidateTimeout,
            validateLimit: configuration.defaultValidateLimit)
        var progress = TaskProgress(
            task: task, step: .validating, previous: record.running, newSlot: world.booted, bootID: world.bootID)
        progress.boots = configuration.validationBoots
        enter(.validating, progress)
        if world.variables[world.booted].isFailed { goBack(.host, "BootFailed", "the slot is marked as failed") }
    }
}
