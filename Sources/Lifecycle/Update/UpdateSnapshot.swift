import ControlLoop
import CorbelAPI

/// The etcd snapshot that is taken before a step that moves a storage format on: another minor of Kubernetes.
struct UpdateSnapshot {
    let context: RolloutContext
    let hosts: [HostRollout]

    private var name: String { "\(context.update.name)-before" }

    private var isNeeded: Bool {
        guard let from: ClusterRevision = context.scope.find(context.update.fromRevision),
            let old = SemanticVersion(from.kubernetesVersion),
            let new = SemanticVersion(context.target.kubernetesVersion)
        else { return false }
        return (old.major, old.minor) != (new.major, new.minor)
    }

    /// What the rollout waits for before any host is prepared; nil once the snapshot is there, or none is needed.
    func ensure(_ decision: inout Decision) -> Wait? {
        guard isNeeded else { return nil }
        let present: EtcdSnapshot? = context.scope.find(name)
        if present?.json["status", "completedAt"] != nil { return nil }
        let healthy = hosts.first { $0.machine.role == .controlPlane && EtcdMember(of: $0.machine)?.isHealthy == true }
        guard let present else { return create(on: healthy, &decision) }
        let hostName = present.spec["hostName"]?.stringValue ?? ""
        guard let machine = context.scope.hostMachine(ofHost: hostName), !isLeaving(machine) else {
            // Another member is asked when this one is out of the way.
            decision.delete(present)
            return wait(on: present.key, hostName)
        }
        let base = "snapshot-\(present.uid)"
        let told = Self.attempt(in: machine.task?.id ?? "", of: base)
        var id = Self.id(of: base, attempt: told ?? 1)
        if let told, let status = machine.currentTaskStatus, status.phase.isFinal {
            if status.phase == .done {
                // The host's next task takes this one's status away: what it brought is kept where it belongs.
                complete(present, status.result, &decision)
            } else if let rest = BootstrapAttempt.rest(since: status.since, after: told, now: context.now) {
                decision.lookAgain(after: rest)
                return failed(status, machine)
            } else {
                id = Self.id(of: base, attempt: told + 1)
            }
        }
        if machine.task?.id != id, machine.isIdle {
            var told = machine
            told.task = HostTask(
                id: id, type: .snapshotEtcd, epoch: context.scope.epoch, leaseTransitions: context.term.transitions,
                parameters: ["snapshot": present.name])
            decision.update(told, from: machine)
        }
        return wait(on: machine.key, hostName)
    }

    /// Whether the host is on its way out of the control plane, and may never answer.
    private func isLeaving(_ machine: HostMachine) -> Bool {
        let owner: Machine? = context.scope.find(machine.name)
        return machine.isDeleting || owner?.isDeleting ?? true
    }

    /// Notes that the snapshot is there, with what etcd says of it.
    private func complete(_ present: EtcdSnapshot, _ result: JSONValue?, _ decision: inout Decision) {
        var completed = present
        completed.json["status", "path"] = result?["path"]
        completed.json["status", "revision"] = result?["revision"]
        completed.json["status", "bytes"] = result?["totalSize"]
        completed.json["status", "completedAt"] = .string(context.now.rfc3339)
        decision.updateStatus(completed, from: present)
    }

    private func create(on host: HostRollout?, _ decision: inout Decision) -> Wait {
        guard let host else {
            return Wait(
                "NoHealthyEtcdMember", "no etcd member is healthy enough to be saved", on: context.update.key,
                unblockedBy: "an etcd member becomes healthy")
        }
        var snapshot = EtcdSnapshot(namespace: context.scope.namespace, name: name)
        snapshot.labels = [WellKnown.clusterName: context.scope.name]
        snapshot.ownerReferences = [OwnerReference(to: context.update, isController: true)]
        snapshot.spec = [
            "clusterName": .string(context.scope.name), "hostName": .string(host.host),
            "reason": .string("before the update to \(context.target.name)"),
        ]
        decision.create(snapshot)
        return wait(on: host.machine.key, host.host)
    }

    private func wait(on key: ObjectKey, _ host: String) -> Wait {
        Wait(
            "TakingSnapshot", "etcd is saved on \(host) before Kubernetes changes its minor version", on: key,
            unblockedBy: "the agent of \(host) finishes its task SnapshotEtcd")
    }

    /// The first attempt bears the plain name.
    private static func id(of base: String, attempt: Int) -> String { attempt == 1 ? base : "\(base)-\(attempt)" }

    private static func attempt(in id: String, of base: String) -> Int? {
        if id == base { return 1 }
        return id.hasPrefix(base + "-") ? Int(id.dropFirst(base.count + 1)) : nil
    }

    private func failed(_ status: HostTaskStatus, _ machine: HostMachine) -> Wait {
        Wait(
            "SnapshotFailed", "etcd could not be saved on \(machine.hostName): \(status.message)", on: machine.key,
            since: status.since,
            unblockedBy: "it is tried again at most \(BootstrapAttempt.longestDelayInMinutes) minutes after a failure")
    }
}
