public import CorbelAPI

/// What the plane is told.
extension HostPlan {
    /// The status of the task under way, or else of the task that the plane speaks of, or else of the last one.
    public var status: HostTaskStatus? {
        if let progress = record.current { return status(of: progress) }
        guard let wanted = spec?.task?.id else { return record.finished.last }
        return refused ?? record.finished.first { $0.id == wanted } ?? record.finished.last
    }

    func changedReport() -> HostReport? {
        let report = journal.failures > 0 ? troubledReport() : makeReport()
        return report == lastReport ? nil : report
    }

    /// What was last known to be durable, and why no more is. What does not stand in the journal is told as it is.
    private func troubledReport() -> HostReport? {
        var report = lastReport
        if let world {
            report?.committed = world.variables.committed
            report?.slots = world.slots
        }
        report?.certificates = certificates.told
        if report?.task == nil {
            report?.task = record.current.map { HostTaskStatus(id: $0.task.id, phase: .accepted) }
        }
        report?.task?.reason = "JournalNotWritable"
        report?.task?.message = "the journal cannot be written: \(retry.message)"
        return report
    }

    /// A long action's progress is shown on top of what was reported when it began.
    mutating func progressReport() -> HostReport? {
        guard let percent, var report = lastReport, report.task != nil, report.task?.progress != percent else {
            return nil
        }
        report.task?.progress = percent
        lastReport = report
        return report
    }

    private func makeReport() -> HostReport? {
        guard let world else { return nil }
        return HostReport(
            task: status, running: runningState(world), booted: world.booted, committed: world.variables.committed,
            slots: world.slots, failedImages: record.failedImages, authority: record.authority, bootID: world.bootID,
            certificates: certificates.told)
    }

    /// What runs now: on trial it is what the task leads to.
    func runningState(_ world: World) -> HostState? {
        if world.isOnTrial, let progress = record.current, !progress.isRecovered { return progress.task.target }
        let content = world.slots[world.booted]
        var state =
            record.running
            ?? HostState(revision: "", osVersion: "", osImage: "", osDigest: "", kubernetesVersion: "")
        if let content, content.digest != state.osDigest {
            state.osVersion = content.version
            state.osDigest = content.digest
            state.osImage = ""
        }
        return state
    }

    private func status(of progress: TaskProgress) -> HostTaskStatus {
        let (phase, message) = progress.step.shown
        let isBack = progress.step.isGoingBack
        var status = HostTaskStatus(
            id: progress.task.id, phase: phase, cause: progress.cause,
            reason: isBack ? "Reverting" : reason(of: progress),
            message: isBack ? "\(message), because: \(progress.message)" : message, since: progress.since, progress: nil
        )
        if !retry.message.isEmpty, retry.attempts > 0 {
            status.message += " (attempt \(retry.attempts) failed: \(retry.message))"
        }
        if progress.clock != nil, health.verdict != nil { status.message += " (\(health.text))" }
        return status
    }

    private func reason(of progress: TaskProgress) -> String { progress.step == .prepared ? "WaitingForGate" : "" }
}

extension TaskProgress.Step {
    fileprivate var shown: (HostTaskStatus.Phase, String) {
        switch self {
        case .downloading: (.downloading, "fetching the image")
        case .writing: (.writing, "writing the image into the spare slot")
        case .prepared: (.prepared, "everything that disturbs nobody is done")
        case .snapshotting: (.applying, "saving etcd before the Kubernetes minor moves")
        case .rebooting: (.rebooting, "rebooting")
        case .applying: (.applying, "applying")
        case .configuring: (.applying, "rendering the configuration")
        case .restarting: (.applying, "restarting services")
        case .validating: (.validating, "waiting for the host to be healthy")
        case .undoing: (.applying, "taking back what can be taken back")
        case .configuringBack: (.applying, "rendering the previous configuration")
        case .restartingBack: (.applying, "restarting services with the previous configuration")
        case .rebootingBack: (.rebooting, "rebooting with the previous configuration")
        case .returning: (.rebooting, "going back to the committed slot")
        case .settling: (.validating, "waiting for the host to be well on what it ran before")
        }
    }
}
