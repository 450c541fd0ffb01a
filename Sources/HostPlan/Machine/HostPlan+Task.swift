import CorbelAPI

/// Which task is taken up. One that runs is ended before another begins; before its gate it is dropped, after it
/// finished.
extension HostPlan {
    /// - Returns: Cancellations of what runs for a task that is no longer wanted.
    mutating func considerSpec() -> [HostAction.Operation] {
        guard let spec else { return [] }
        learnRunning(spec)
        guard let task = spec.task else {
            refused = nil
            return record.current.map { supersede($0) } ?? []
        }
        if refused?.id != task.id { refused = nil }
        if record.current?.task.id == task.id {
            updateCurrent(task)
            return []
        }
        if hasEnded(task) { return record.current.map { supersede($0) } ?? [] }
        return takeUp(task)
    }

    /// Whether it is the task that ended last. One that comes again after another is a new one, and so is one that made
    /// way before its gate.
    private func hasEnded(_ task: HostTask) -> Bool {
        guard let last = record.finished.last, last.id == task.id else { return false }
        return last.reason != Self.superseded
    }

    private static let superseded = "Superseded"

    private mutating func takeUp(_ task: HostTask) -> [HostAction.Operation] {
        let authority = Authority(of: task)
        guard authority >= record.authority else {
            refuse(task, "StaleAuthority", staleMessage(authority))
            return []
        }
        if authority > record.authority { note(.seen(authority)) }
        if let current = record.current {
            if adopt(task, insteadOf: current) { return [] }
            let cancellations = supersede(current)
            if record.current != nil { return cancellations }
        }
        accept(task)
        return []
    }

    private func staleMessage(_ authority: Authority) -> String {
        """
        the task carries epoch \(authority.epoch) and lease transitions \(authority.leaseTransitions), and this host \
        has seen \(record.authority.epoch) and \(record.authority.leaseTransitions)
        """
    }

    /// The agent's own last report tells what runs where the journal is lost, as far as it speaks of the slot that is
    /// booted.
    private mutating func learnRunning(_ spec: HostSpec) {
        guard mayLearnRunning, record.running == nil, let reported = spec.reportedRunning, !reported.revision.isEmpty,
            let world, !world.isOnTrial, reported.osDigest == world.slots[world.booted]?.digest
        else { return }
        mayLearnRunning = false
        isConfigured = false
        note(.running(reported))
    }

    /// The same id is the same task: only its gate can open. A leader that has been replaced opens nothing.
    private mutating func updateCurrent(_ task: HostTask) {
        guard var progress = record.current, Authority(of: task) >= record.authority else { return }
        if Authority(of: task) > record.authority { note(.seen(Authority(of: task))) }
        guard task.gate == .proceed, progress.task.gate == .prepare else { return }
        progress.task.gate = .proceed
        set(progress)
    }

    /// Gives a trial that was found without a task the task that it must have come from.
    private mutating func adopt(_ task: HostTask, insteadOf current: TaskProgress) -> Bool {
        guard current.isRecovered, !current.step.isGoingBack, task.type == .repave,
            task.target?.osDigest == current.task.target?.osDigest
        else { return false }
        var progress = current
        progress.task = task
        set(progress)
        return true
    }

    /// Drops a task that has disturbed nobody. What it runs is cancelled first; what it wrote into the spare slot stays
    /// there, closed to the boot loader.
    private mutating func supersede(_ current: TaskProgress) -> [HostAction.Operation] {
        guard current.step.isBeforeGate else { return [] }
        if let batch {
            guard batch.purpose == .step, let id = batch.lastID, cancelled != id else { return [] }
            cancelled = id
            return [.cancel(id)]
        }
        retry = Retry()
        finish(
            .failed, current, cause: nil, reason: Self.superseded,
            message: "the task was replaced before its gate opened")
        return []
    }

    private mutating func accept(_ task: HostTask) {
        guard let world else { return }
        if let problem = problem(with: task) { return refuse(task, "InvalidTask", problem) }
        let changesSlot = changesSlot(task, in: world)
        guard !changesSlot || world.spare != nil else {
            return refuse(
                task, "NoSpareSlot", "slot \(world.booted.rawValue) is on trial, and the other is the only good one")
        }
        if changesSlot, let digest = task.target?.osDigest, record.failedImages.contains(digest) {
            guard task.retriesFailedImage else {
                return refuse(
                    task, "ImageFailedHere",
                    "the image \(digest) has failed on this host, and is not tried again unasked")
            }
            note(.forgivenImage(digest: digest))
        }
        refused = nil
        var progress = TaskProgress(
            task: task, step: .prepared, previous: record.running, newSlot: changesSlot ? world.spare?.slot : nil,
            bootID: world.bootID)
        let isWritten = changesSlot && holdsImage(progress) && !task.retriesFailedImage
        if changesSlot, !isWritten { progress.step = .downloading }
        enter(progress.step, progress)
    }

    private func changesSlot(_ task: HostTask, in world: World) -> Bool {
        guard task.type == .repave || task.type == .bootstrap else { return false }
        return task.target?.osDigest != world.slots[world.booted]?.digest
    }

    private mutating func refuse(_ task: HostTask, _ reason: String, _ message: String) {
        if refused?.id == task.id, refused?.reason == reason { return }
        refused = HostTaskStatus(id: task.id, phase: .refused, reason: reason, message: message, since: moment.now)
    }

    /// What is wrong with a task, naming the field.
    private func problem(with task: HostTask) -> String? {
        switch task.type {
        case .removeEtcdMember: missing("parameters.member", task.parameters["member"])
        case .snapshotEtcd: missing("parameters.snapshot", task.parameters["snapshot"])
        case .moveEtcdLeader, .reset: nil
        case .repave, .bootstrap:
            problem(withImageOf: task) ?? missing("target.kubernetesVersion", task.target?.kubernetesVersion)
        case .upgradeKubernetes:
            missing("target.kubernetesVersion", task.target?.kubernetesVersion)
                ?? (record.running == nil ? "spec.task.type: this host runs no Kubernetes that could be upgraded" : nil)
        case .renewCertificates:
            record.running == nil
                ? "spec.task.type: this host runs no Kubernetes whose certificates it could renew" : nil
        case .reloadConfiguration, .restartServices, .reboot: missing("target.revision", task.target?.revision)
        }
    }

    private func problem(withImageOf task: HostTask) -> String? {
        guard let target = task.target else { return missing("target", nil) }
        if !ImageDigest.isValid(target.osDigest) {
            return "spec.task.target.osDigest: \"\(target.osDigest)\" is not `sha256:` and 64 hexadecimal digits"
        }
        return missing("target.osImage", target.osImage)
    }

    private func missing(_ field: String, _ value: String?) -> String? {
        value.map(\.isEmpty) ?? true ? "spec.task.\(field): a value is required" : nil
    }
}

extension HostTask {
    var retriesFailedImage: Bool { parameters["retryFailedImage"] == "true" }
    var requiresCentreLink: Bool { parameters["requireCentreLink"] == "true" }

    /// The services that the task restarts; kubelet, unless said.
    var services: [String] {
        let named = (parameters["services"] ?? "").split(separator: ",").map { String($0.filter { $0 != " " }) }
        return named.isEmpty ? ["kubelet"] : named
    }
}

extension TaskProgress {
    /// Whether what went wrong speaks against the image. A host without room would have failed with any; and a join
    /// that fails speaks of the cluster as much, and is tried again by itself.
    var blamesImage: Bool {
        if task.type == .bootstrap, reason == HostFailure.Kind.commandFailed.rawValue { return false }
        return cause == .host && reason != HostFailure.Kind.noSpace.rawValue
    }

    /// Whether the task was made up for a trial that the journal did not know of.
    var isRecovered: Bool { task.target?.revision.isEmpty ?? false }
}
