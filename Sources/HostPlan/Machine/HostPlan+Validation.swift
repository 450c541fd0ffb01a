import CorbelAPI

/// Health, deadlines and the commit.
extension HostPlan {
    /// What is known of the host's health since the present step began.
    struct HealthWatch: Sendable {
        var verdict: HealthVerdict?
        /// Since when, in uptime, the health has been what the step asks for.
        var goodSince: Duration?
        /// How much of the clock is in the journal.
        var checkpointed: Duration = .zero

        func isGood(for span: Duration, at uptime: Duration) -> Bool { goodSince.map { uptime - $0 >= span } ?? false }
    }

    mutating func observe(_ report: HealthReport) {
        // A host may have become a member since its agent started.
        if report.etcdMember != nil { world?.hasEtcdMember = true }
        guard let progress = record.current else { return }
        let requiresLink = progress.task.requiresCentreLink && !progress.step.isGoingBack
        let verdict = HealthVerdict.judge(report, requiringCentreLink: requiresLink)
        let isGood = progress.step == .settling ? verdict.isHostWell : verdict == .healthy
        health.verdict = verdict
        health.goodSince = isGood ? health.goodSince ?? moment.uptime : nil
    }

    mutating func advanceClock() {
        guard var progress = record.current, var clock = progress.clock, let world else { return }
        clock.advance(bootID: world.bootID, uptime: moment.uptime, isExcused: health.isClusterFailing)
        progress.clock = clock
        if clock.elapsed - health.checkpointed >= configuration.checkpoint { return set(progress) }
        record.current = progress
    }

    /// Turns a task round that has had its time. A host that is healthy at the moment is given the time to settle.
    mutating func judgeDeadlines() {
        guard let progress = record.current, let clock = progress.clock, health.verdict != .healthy else { return }
        if progress.step == .settling { return judgeSettling(progress, clock) }
        let isOverLimit = clock.elapsed >= progress.task.validateLimit
        switch health.verdict {
        case .hostFailing(let findings):
            guard isOverLimit || clock.charged >= progress.task.validateTimeout else { return }
            goBack(.host, "NotHealthy", "not healthy in time: \(findings.text)")
        case .clusterFailing(let findings):
            if isOverLimit {
                goBack(.cluster, "ClusterNotHealthy", "the cluster did not get healthy in time: \(findings.text)")
            }
        case .unknown(let subjects):
            if isOverLimit {
                goBack(.cluster, "HealthUnknown", "not known in time: \(subjects.joined(separator: ", "))")
            }
        case .healthy: break
        case nil:
            if isOverLimit { goBack(.cluster, "HealthUnknown", "the health was not seen in time") }
        }
    }

    private mutating func judgeSettling(_ progress: TaskProgress, _ clock: ValidationClock) {
        let isWell = health.verdict?.isHostWell ?? false
        guard clock.elapsed >= progress.task.validateLimit, !isWell else { return }
        let message = "\(progress.message); the host is not well on what it ran before either: \(health.text)"
        finish(.failed, progress, cause: progress.cause, reason: "UnhealthyAfterRevert", message: message)
    }

    mutating func effectsOfValidation(_ progress: TaskProgress) -> Effects? {
        guard health.isGood(for: probation, at: moment.uptime) else { return nil }
        guard let world, world.isOnTrial else {
            complete(progress)
            return nil
        }
        precondition(progress.newSlot == world.booted, "only the slot that is booted and validated is committed")
        let write = world.blocks.write(world.variables.committing(world.booted))
        return Effects(purpose: .commit, operations: [.commit(write)])
    }

    /// The next uptime at which something is due although nothing happens.
    func nextWake() -> Duration? {
        var due: [Duration] = []
        if let until = retry.until { due.append(until) }
        if let until = certificates.retry.until { due.append(until) }
        if let progress = record.current, let clock = progress.clock {
            let uptime = moment.uptime
            due.append(uptime + progress.task.validateTimeout - clock.charged)
            due.append(uptime + progress.task.validateLimit - clock.elapsed)
            due.append(uptime + configuration.checkpoint - (clock.elapsed - health.checkpointed))
            if let since = health.goodSince { due.append(since + probation) }
        }
        return due.filter { $0 > moment.uptime }.min()
    }
}

extension HostPlan.HealthWatch {
    var isClusterFailing: Bool { if case .clusterFailing = verdict { true } else { false } }

    /// The verdict as the end of a sentence.
    var text: String {
        switch verdict {
        case nil: "its health has not been seen"
        case .healthy: "healthy"
        case .hostFailing(let findings), .clusterFailing(let findings): findings.text
        case .unknown(let subjects): "not known: " + subjects.joined(separator: ", ")
        }
    }
}

extension [HealthVerdict.Finding] {
    fileprivate var text: String { map(\.description).joined(separator: "; ") }
}
