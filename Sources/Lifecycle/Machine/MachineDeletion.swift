import ControlLoop
import CorbelAPI

/// Takes a machine down in Cluster API's order, one step per reconcile.
///
///     step                              done when                          left out when
///     DrainingNode                      no pod that could move is left     the cluster ends, host dead, no node
///     WaitingForVolumeDetach            no volume is attached              as above
///     WaitingForPreTerminateHook        etcd has forgotten the member      a worker, the control plane ends
///     WaitingForInfrastructureDeletion  the host is reset or handed back, its object gone
///     WaitingForBootstrapDeletion       the HostConfig is gone
///     DeletingNode                      the Node is gone
///     DeletionCompleted                 the finalizer is dropped
struct MachineDeletion {
    private let machine: Machine
    private let scope: ClusterScope
    private let term: LeadershipTerm
    private let now: Timestamp
    private let view: MachineView

    init(_ machine: Machine, _ scope: ClusterScope, _ term: LeadershipTerm, _ now: Timestamp) {
        self.machine = machine
        self.scope = scope
        self.term = term
        self.now = now
        view = MachineView(machine, in: scope)
    }

    func advance(_ decision: inout Decision) {
        guard machine.finalizers.contains(Machine.finalizer) else { return }
        let step =
            drain(&decision) ?? detach(&decision) ?? leaveEtcd(&decision) ?? deleteHost(&decision)
            ?? deleteNode(&decision)
        guard let step else { return decision.removeFinalizer(Machine.finalizer, from: machine) }
        var status = machine
        status.json["status", "phase"] = "Deleting"
        status.set(Condition("Deleting", .isTrue, reason: step.reason, message: step.message), now: now)
        if step.reason == Step.draining, status.json["status", "deletion", "nodeDrainStartTime"] == nil {
            status.json["status", "deletion", "nodeDrainStartTime"] = .string(now.rfc3339)
        }
        if let memberID = step.removedMember {
            status.json["status", "deletion", "removedEtcdMember"] = .string(memberID)
        }
        decision.updateStatus(status, from: machine)
    }

    private struct Step {
        static let draining = "DrainingNode"
        var reason: String
        var message: String
        /// Set in the step that learns that etcd has forgotten the member.
        var removedMember: String?
    }

    /// Whether nothing of the cluster has to be spared: it ends as a whole.
    private var clusterEnds: Bool { scope.cluster?.isDeleting ?? true }

    /// A host that was given up, or that has been silent for longer than a health check allows.
    private var hostIsDead: Bool {
        machine.hostIsDead || silentSince.map { now - $0 >= HealthThresholds.unreachableAfter } ?? false
    }

    /// Since when nothing is heard of the host: of its node, or where it has none that is well, of its agent, which was
    /// told to reset it.
    private var silentSince: Timestamp? {
        if let ready = view.node?.condition("Ready"), ready.status == .unknown { return ready.lastTransitionTime }
        guard view.node?.isReady != true, let host = view.hostMachine, host.task?.type == .reset,
            host.currentTaskStatus == nil
        else { return nil }
        return host.deletionTimestamp
    }

    private func drain(_ decision: inout Decision) -> Step? {
        guard !clusterEnds, !hostIsDead, let node = view.node, !isDrainOver else { return nil }
        let start = machine.json["status", "deletion", "nodeDrainStartTime"]?.stringValue.flatMap(
            Timestamp.init(rfc3339:))
        switch NodeDrain(of: node, in: scope.snapshot, author: machine.name, since: start).advance(&decision) {
        case .cordoning: return Step(reason: Step.draining, message: "the node \(node.name) is being cordoned")
        case .drained: return nil
        case .draining(let waits):
            decision.wait(waits)
            decision.lookAgain(after: .seconds(20))
            return Step(reason: Step.draining, message: waits.map(\.message).joined(separator: "; "))
        }
    }

    /// Whether the drain has taken as long as it may: then what is left on the node is given up, as in Cluster API.
    private var isDrainOver: Bool {
        let limit = machine.spec["deletion", "nodeDrainTimeoutSeconds"]?.intValue ?? 0
        let start = machine.json["status", "deletion", "nodeDrainStartTime"]?.stringValue.flatMap(
            Timestamp.init(rfc3339:))
        guard limit > 0, let start else { return false }
        return now - start >= .seconds(limit)
    }

    private func detach(_ decision: inout Decision) -> Step? {
        guard !clusterEnds, !hostIsDead, let node = view.node, node.isReady else { return nil }
        let volumes = node.json["status", "volumesAttached"]?.arrayValue ?? []
        guard !volumes.isEmpty else { return nil }
        let message = "\(volumes.count) volumes are attached to the node \(node.name)"
        decision.wait(
            Wait(
                "VolumesAttached", message, on: node.key, since: machine.deletionTimestamp,
                unblockedBy: "the storage driver detaches them"))
        return Step(reason: "WaitingForVolumeDetach", message: message)
    }

    private func leaveEtcd(_ decision: inout Decision) -> Step? {
        guard machine.isControlPlane, !clusterEnds, scope.controlPlane?.isDeleting != true else { return nil }
        guard let host = view.hostMachine, let member = EtcdMember(of: host) else { return nil }
        if machine.json["status", "deletion", "removedEtcdMember"]?.stringValue == member.id { return nil }
        let removal = EtcdRemoval(of: member, from: host, scope: scope, term: term)
        switch removal.advance(&decision) {
        case .done:
            return Step(
                reason: "WaitingForPreTerminateHook", message: "etcd has removed the member", removedMember: member.id)
        case .waiting(let wait):
            decision.wait(wait)
            return Step(reason: "WaitingForPreTerminateHook", message: wait.message)
        }
    }

    private func deleteHost(_ decision: inout Decision) -> Step? {
        if let host = view.hostMachine {
            if hostIsDead, !machine.hostIsDead { markDead(&decision) }
            decision.delete(host)
            if !hostIsDead, let since = silentSince {
                // Nothing but time tells that the host is gone.
                decision.lookAgain(after: since + HealthThresholds.unreachableAfter - now)
            }
            decision.wait(
                Wait(
                    "HostResetting", "the host \(view.host) is being reset", on: host.key,
                    since: host.deletionTimestamp,
                    unblockedBy:
                        "the agent of \(view.host) finishes its task Reset; one that is silent is handed back to the "
                        + "centre after \(HealthThresholds.unreachableAfter)"))
            return Step(reason: "WaitingForInfrastructureDeletion", message: "the host \(view.host) is being reset")
        }
        guard let config: HostConfig = scope.find(machine.name) else { return nil }
        decision.delete(config)
        return Step(reason: "WaitingForBootstrapDeletion", message: "the HostConfig is being deleted")
    }

    private func markDead(_ decision: inout Decision) {
        var dead = machine
        dead.annotations[Annotation.unreachableHost] = ""
        decision.update(dead, from: machine)
    }

    private func deleteNode(_ decision: inout Decision) -> Step? {
        guard !clusterEnds, let node = view.node else { return nil }
        decision.delete(node)
        return Step(reason: "DeletingNode", message: "the node \(node.name) is being deleted")
    }
}
