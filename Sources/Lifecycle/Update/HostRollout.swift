import ControlLoop
import CorbelAPI
import Revisions

/// One host on its way through an update, as its HostMachine and its Node show it.
///
///     stage       the host's task                         the node
///     pending     another, or none
///     preparing   this update's, gate Prepare
///     prepared    this update's, gate Prepare, Prepared   may be cordoned: draining
///     applying    this update's, gate Proceed             cordoned where the step disturbs it
///     settling    Done                                    not yet ready, or still cordoned by the update
///     done        Done, or none needed                    ready
///     failed      Reverted, Failed or Refused
struct HostRollout {
    enum Stage: String {
        case pending = "Pending"
        case preparing = "Preparing"
        case prepared = "Prepared"
        case applying = "Applying"
        case settling = "Settling"
        case done = "Done"
        case failed = "Failed"
    }

    let machine: HostMachine
    let node: Node?
    let impact: Impact
    let taskID: String
    let author: String
    let hasTask: Bool
    let taskStatus: HostTaskStatus?
    let isCordoned: Bool
    let stage: Stage

    init(_ machine: HostMachine, impact: Impact, rollout: RolloutContext) {
        self.machine = machine
        self.impact = impact
        node = rollout.scope.node(ofHost: machine.hostName)
        taskID = rollout.taskID
        author = rollout.update.name
        isCordoned = node?.annotation(Annotation.cordonedBy) == author
        let task = machine.task.flatMap { $0.id == rollout.taskID ? $0 : nil }
        hasTask = task != nil
        taskStatus = task.flatMap(machine.status(of:))
        let settled = node?.isReady == true && !isCordoned ? Stage.done : .settling
        stage =
            switch (task, taskStatus?.phase) {
            case _ where !impact.touchesHosts: .done
            case (nil, _): rollout.isAtTarget(machine) ? settled : .pending
            case (_, .done): settled
            case (_, .reverted), (_, .failed), (_, .refused): .failed
            case (let task?, .prepared) where task.gate == .prepare: .prepared
            case (let task?, _): task.gate == .proceed ? .applying : .preparing
            }
    }

    var host: String { machine.hostName }

    /// Whether the host may be missing from its pool through this update.
    var isInFlight: Bool { isCordoned || stage == .applying || stage == .settling }

    /// Whether the host has begun with what its neighbours notice.
    var isDisturbed: Bool {
        switch taskStatus?.phase {
        case .applying, .rebooting, .validating, .done, .reverted: true
        case .accepted, .downloading, .writing, .prepared, .failed, .refused, nil: false
        }
    }

    /// Whether the step takes pods off the node.
    var disturbsNode: Bool { impact >= .rollingUpgrade }

    var taskType: HostTask.TaskType {
        switch impact {
        case .noOp, .workloadRollout, .configReload: .reloadConfiguration
        case .serviceRestart: .restartServices
        case .rollingUpgrade: .upgradeKubernetes
        case .reboot: .reboot
        case .repave: .repave
        }
    }
}

/// What all hosts of an update share.
struct RolloutContext {
    let update: ClusterUpdate
    let scope: ClusterScope
    let target: ClusterRevision
    let term: LeadershipTerm
    let now: Timestamp

    var attempt: Int { update.json["status", "attempt"]?.intValue ?? 1 }
    var taskID: String { "update-\(update.name)-\(attempt)" }

    /// Whether the host runs what the update leads to, under this revision's name or another of the same content.
    func isAtTarget(_ machine: HostMachine) -> Bool {
        guard let running = machine.running else { return false }
        if running.revision == target.name { return true }
        let revision: ClusterRevision? = scope.find(running.revision)
        return revision?.digest == target.digest
    }

    /// The hosts in the order of the plan; those that the plan does not know follow. Etcd's leader is put last of the
    /// control plane as it is now, since it may have moved since the plan was made.
    var hosts: [HostRollout] {
        let planned = Dictionary(
            update.plannedHosts.map { ($0.host.name, $0) }, uniquingKeysWith: { first, _ in first })
        let leaving = Set(scope.machines.filter(\.isDeleting).map(\.name))
        let machines = scope.hostMachines.filter {
            !$0.isDeleting && $0.hasBootstrapped && !leaving.contains($0.name)
        }
        let known = machines.map {
            RolloutHost(
                name: $0.hostName, pool: $0.pool, role: $0.role, isEtcdLeader: EtcdMember(of: $0)?.isLeader ?? false)
        }
        let byName = Dictionary(machines.map { ($0.hostName, $0) }, uniquingKeysWith: { first, _ in first })
        return rolloutOrder(known, pools: scope.pools.map(\.name)).compactMap { host in
            byName[host.name].map { HostRollout($0, impact: impact(on: $0, planned[host.name]), rollout: self) }
        }
    }

    /// A host that is on its way into the cluster with another revision than the update's. Once it is a member it is
    /// one of the hosts; an update that completed before that would leave it behind.
    var joiningHost: HostMachine? {
        guard update.plannedImpact.touchesHosts else { return nil }
        return scope.hostMachines.first { host in
            guard !host.isDeleting, !host.hasBootstrapped else { return false }
            // One that is off, or waits for its turn, starts with what the cluster runs by then.
            guard host.role == .controlPlane ? host.hasBegun : host.isProvisioned || host.hasBegun else {
                return false
            }
            // One that has failed tries again with what the cluster runs by then.
            if host.currentTaskStatus?.phase.isFailure == true { return false }
            let machine: Machine? = scope.find(host.name)
            let revision = host.task?.target?.revision ?? machine?.annotation(Annotation.revision)
            return revision.map { $0 != target.name } ?? false
        }
    }

    /// What the plan does to the host. The plan was made of what was reported then: a host that it does not know, or
    /// that has moved on since, takes the most that the plan does to any.
    private func impact(on machine: HostMachine, _ planned: UpdatePlan.HostImpact?) -> Impact {
        if let planned, runs(machine, planned.from) { return planned.impact }
        return update.plannedImpact.touchesHosts ? update.plannedImpact : .noOp
    }

    /// Whether the host runs the revision, or one that differs from it in nothing that touches hosts.
    private func runs(_ machine: HostMachine, _ name: String?) -> Bool {
        guard let name, let running = machine.running?.revision, running != name, running != target.name else {
            return true
        }
        guard let own: ClusterRevision = scope.find(running), let planned: ClusterRevision = scope.find(name) else {
            return true
        }
        return own.digest == planned.digest || !RevisionDiff(from: own, to: planned).hostImpact.touchesHosts
    }

    /// Whether a name is that of an update of this cluster that does nothing more.
    func isOver(update name: String) -> Bool {
        guard let other: ClusterUpdate = scope.find(name) else { return false }
        return other.clusterName == scope.name && other.isFinal
    }

    var settings: JSONValue { scope.edgeCluster?.spec["update"] ?? [:] }

    func limit(_ field: String, default value: Duration) -> Duration {
        settings[field]?.stringValue.flatMap(Duration.init(goNotation:)) ?? value
    }
}

extension Duration {
    /// Reads Go's notation, such as `1h30m`, `90s` or `500ms`; nil for anything else.
    public init?(goNotation text: String) {
        var rest = Substring(text)
        var total = Duration.zero
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isNumber || $0 == "." }
            guard let amount = Double(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            switch unit {
            case "h": total += .seconds(3600) * amount
            case "m": total += .seconds(60) * amount
            case "s": total += .seconds(1) * amount
            case "ms": total += .milliseconds(1) * amount
            default: return nil
            }
        }
        self = total
    }
}
