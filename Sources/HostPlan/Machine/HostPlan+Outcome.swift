import CorbelAPI

/// What becomes of an action, and how a task moves on.
extension HostPlan {
    mutating func finished(_ id: HostAction.ID, _ result: HostResult) {
        guard let batch, let action = batch.actions.first(where: { $0.id == id }) else { return }
        switch action.operation {
        case .writeJournal:
            journal.outbox.removeFirst()
            journal.failures = 0
        case .rewriteJournal:
            journal.outbox.removeFirst(batch.covered)
            journal.mustRewrite = false
            journal.failures = 0
        case .setBootVariables(let write), .commit(let write):
            world?.blocks.apply(write)
            world?.variables = write.variables
        default: break
        }
        if let look = result.certificates { certificates.take(look, at: moment.uptime) }
        guard id == batch.lastID else { return }
        self.batch = nil
        percent = nil
        succeeded(batch.purpose, result)
    }

    private mutating func succeeded(_ purpose: Purpose, _ result: HostResult) {
        if purpose != .record, purpose != .certificates { retry = Retry() }
        switch purpose {
        case .record, .bootVariables: break
        case .certificates: renewed()
        case .configuration: isConfigured = true
        case .commit: if let progress = record.current { complete(progress) }
        case .step: if let progress = record.current { stepSucceeded(progress, result) }
        }
    }

    private mutating func stepSucceeded(_ progress: TaskProgress, _ result: HostResult) {
        switch progress.step {
        case .rebooting, .rebootingBack: backOff(attempt: 1)
        case .returning: if world?.isOnTrial ?? false { backOff(attempt: 1) }
        case .writing:
            if let slot = progress.newSlot, let target = progress.task.target {
                world?.slots[slot] = SlotContent(version: target.osVersion, digest: target.osDigest)
            }
            advance()
        case .snapshotting, .applying, .undoing:
            record.current?.cannotBeUndone += result.cannotBeUndone
            if let value = result.value { record.current?.result = value }
            advance()
        default: advance()
        }
    }

    mutating func failed(_ id: HostAction.ID, _ failure: HostFailure) {
        guard let batch, let action = batch.actions.first(where: { $0.id == id }) else { return }
        self.batch = nil
        percent = nil
        if action.isJournal { return journalFailed(batch, failure) }
        if batch.purpose == .certificates { return renewalFailed(failure.message) }
        retry.attempts += 1
        retry.message = failure.message
        // Nothing has been done yet: it waits for as long as etcd needs it.
        if action.operation == .confirmEtcdQuorum { return backOff(attempt: retry.attempts) }
        let isExhausted = retry.attempts >= configuration.attempts
        switch batch.purpose {
        case .step: stepFailed(failure)
        case .commit where isExhausted:
            goBack(.host, "CommitFailed", "the slot could not be committed: \(failure.message)")
        case .configuration where isExhausted:
            // What does not work without its files shows in the host's health.
            isConfigured = true
            retry = Retry()
        case .commit, .configuration, .record, .bootVariables, .certificates: backOff(attempt: retry.attempts)
        }
    }

    /// An append that failed may have left half a line, so the journal is written anew from the record.
    private mutating func journalFailed(_ batch: Batch, _ failure: HostFailure) {
        journal.failures += 1
        journal.mustRewrite = true
        journal.outbox = []
        lastReport = batch.reportBefore
        retry.message = failure.message
        backOff(attempt: journal.failures)
    }

    private mutating func stepFailed(_ failure: HostFailure) {
        guard let progress = record.current else { return }
        let mayRetry =
            retry.attempts < attempts(at: progress.step, failingBy: failure.kind) || progress.step.isUnlimited
            || failure.kind == .unavailable && progress.isJoining && spec?.task?.type != .reset
        if mayRetry || failure.kind == .cancelled { return backOff(attempt: retry.attempts) }
        record.current?.cannotBeUndone += failure.cannotBeUndone
        giveUp(failure)
    }

    private func attempts(at step: TaskProgress.Step, failingBy kind: HostFailure.Kind) -> Int {
        switch (kind, step) {
        // A slot is a place of its own: an image that does not fit will not fit later.
        case (.noSpace, .writing): 1
        case (.noSpace, _): step.isBeforeGate ? configuration.downloadAttempts : configuration.spaceAttempts
        case (_, .downloading) where kind.mayPass: configuration.downloadAttempts
        default: kind.mayPass ? configuration.attempts : 1
        }
    }

    private mutating func giveUp(_ failure: HostFailure) {
        guard let progress = record.current else { return }
        retry = Retry()
        if progress.step.isGoingBack {
            let message = "\(progress.message); going back failed too: \(failure.message)"
            return finish(.failed, progress, cause: progress.cause, reason: failure.kind.rawValue, message: message)
        }
        // What cannot be fetched is the network's or the registry's, unless the host has no room for it.
        let isFetching = progress.step == .downloading && failure.kind != .noSpace
        goBack(isFetching ? .cluster : failure.kind.cause, failure.kind.rawValue, failure.message)
    }
}

extension HostPlan {
    mutating func set(_ progress: TaskProgress) {
        health.checkpointed = progress.clock?.elapsed ?? .zero
        note(.progress(progress))
    }

    mutating func enter(_ step: TaskProgress.Step, _ progress: TaskProgress) {
        var next = progress
        next.step = step
        next.since = moment.now
        next.bootID = world?.bootID ?? ""
        retry = Retry()
        switch step {
        case .configuring, .validating:
            next.clock = next.clock ?? ValidationClock(bootID: next.bootID, uptime: moment.uptime)
        case .settling: next.clock = ValidationClock(bootID: next.bootID, uptime: moment.uptime)
        default: next.clock = nil
        }
        if step == .validating || step == .settling { health = HealthWatch() }
        set(next)
    }

    /// Goes on to the next step of the itinerary, or ends the task.
    mutating func advance() {
        guard let progress = record.current, let world else { return }
        let itinerary = Itinerary(progress: progress, hasEtcdMember: world.hasEtcdMember)
        if let next = itinerary.next { return enter(next, progress) }
        if !progress.step.isGoingBack { return complete(progress) }
        finish(.reverted, progress, cause: progress.cause, reason: progress.reason, message: progress.message)
    }

    /// Turns a task round. A host's failure in a new slot marks its image.
    mutating func goBack(_ cause: HostTaskStatus.Cause, _ reason: String, _ message: String) {
        guard var progress = record.current, let world else { return }
        progress.cause = cause
        progress.reason = reason
        progress.message = message
        let itinerary = Itinerary(progress: progress, hasEtcdMember: world.hasEtcdMember)
        guard let first = itinerary.firstStepBack else {
            return finish(.failed, progress, cause: cause, reason: reason, message: message)
        }
        if progress.blamesImage, progress.newSlot != nil, let digest = progress.task.target?.osDigest {
            noteFailedImage(digest)
        }
        enter(first, progress)
    }

    mutating func complete(_ progress: TaskProgress) {
        if progress.newSlot != nil { note(.committed(committed)) }
        if let digest = progress.task.target?.osDigest, record.failedImages.contains(digest), progress.newSlot != nil {
            note(.forgivenImage(digest: digest))
        }
        if progress.task.type == .reset { return leave(progress) }
        if let target = progress.task.target {
            note(.running(progress.isRecovered ? nil : afterwards(target)))
            // From here on the host knows by itself what it runs.
            mayLearnRunning = progress.isRecovered
        }
        finish(.done, progress, cause: nil, reason: "", message: "")
    }

    private mutating func leave(_ progress: TaskProgress) {
        mayLearnRunning = false
        certificates = CertificateWatch()
        world?.hasEtcdMember = false
        note(.left(HostTaskStatus(id: progress.task.id, phase: .done, since: moment.now)))
    }

    /// The target, with the operating system that is really booted.
    private func afterwards(_ target: HostState) -> HostState {
        var state = target
        guard let content = world?.slots[booted], content.digest != target.osDigest else { return state }
        state.osVersion = content.version
        state.osDigest = content.digest
        state.osImage = record.running?.osImage ?? ""
        return state
    }

    mutating func finish(
        _ phase: HostTaskStatus.Phase, _ progress: TaskProgress, cause: HostTaskStatus.Cause?, reason: String,
        message: String
    ) {
        let lost = progress.cannotBeUndone.joined(separator: "; ")
        let tail = lost.isEmpty || phase == .done ? "" : "; cannot be undone: \(lost)"
        note(
            .finished(
                HostTaskStatus(
                    id: progress.task.id, phase: phase, cause: cause, reason: reason, message: message + tail,
                    since: moment.now, result: progress.result)))
    }
}
