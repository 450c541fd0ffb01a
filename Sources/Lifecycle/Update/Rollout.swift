import ControlLoop
import CorbelAPI
import Revisions

/// Takes the steps of an approved update, host by host. What it decides on stands in HostMachines and Nodes alone, so
/// a new leader goes on where the last one stopped.
struct Rollout {
    private let context: RolloutContext
    let hosts: [HostRollout]

    init(_ context: RolloutContext) {
        self.context = context
        hosts = context.hosts
    }

    private var scope: ClusterScope { context.scope }
    private var isSingleHost: Bool { hosts.count == 1 }

    var failures: [HostRollout] { hosts.filter { $0.stage == .failed } }
    var isComplete: Bool { hosts.allSatisfy { $0.stage == .done } }

    /// Lifts the cordon of every host that is through, whichever way it went, and what an update that is over has left.
    ///
    /// A host that has failed is opened before its node is ready, since nobody looks again once the update is over:
    /// until then the node's own taint keeps pods away.
    func finish(_ decision: inout Decision) {
        for host in hosts {
            guard let node = host.node else { continue }
            if host.stage == .failed || host.stage == .settling && node.isReady {
                uncordon(node, author: host.author, &decision)
            } else if let former = node.annotation(Annotation.cordonedBy), context.isOver(update: former) {
                uncordon(node, author: former, &decision)
            }
        }
        for host in hosts where host.stage == .failed { restoreDesired(host, &decision) }
    }

    /// What the host should run is what it went back to.
    private func restoreDesired(_ host: HostRollout, _ decision: inout Decision) {
        guard let running = host.machine.running, host.machine.desired != running, running != host.machine.task?.target
        else { return }
        var changed = host.machine
        changed.desired = running
        decision.update(changed, from: host.machine)
    }

    /// Tells every host to prepare: that disturbs nobody.
    func prepare(_ decision: inout Decision) {
        for host in hosts where host.stage == .pending && host.machine.canTakeUpdateTask {
            if removal(by: host) != nil { continue }
            var told = host.machine
            told.task = task(for: host)
            decision.update(told, from: host.machine)
        }
    }

    /// The host that this one removes from etcd: what that has come to is read from the task, which stays until then.
    private func removal(by host: HostRollout) -> Machine? {
        guard host.machine.task?.type == .removeEtcdMember else { return nil }
        return scope.machines.first { $0.isControlPlane && $0.isDeleting }
    }

    private func task(for host: HostRollout) -> HostTask {
        // Another attempt at an image that failed here is one that a person has asked for.
        let retries = context.attempt > 1 && host.machine.failedImages.contains(context.target.hostState.osDigest)
        return HostTask(
            id: context.taskID, type: host.taskType, target: context.target.hostState, gate: .prepare,
            epoch: scope.epoch,
            leaseTransitions: context.term.transitions,
            validateTimeout: context.limit("validateTimeout", default: .seconds(600)),
            validateLimit: context.limit("validateLimit", default: .seconds(3600)),
            parameters: retries ? ["retryFailedImage": "true"] : [:])
    }

    enum Progress {
        case going
        /// A drain took longer than it may.
        case halted(reason: String, message: String)
    }

    /// Goes on with hosts that are in flight, and begins with the next where the gates allow it.
    func proceed(_ decision: inout Decision) -> Progress {
        let gates = RolloutGates(context: context, hosts: hosts)
        var begun: Set<String> = []
        for host in hosts where host.stage != .done {
            switch host.stage {
            case .preparing, .applying, .settling, .pending: decision.wait(wait(for: host))
            case .failed, .done: break
            case .prepared:
                let hasBegun = host.isCordoned
                // One decision begins with one host: the next sees what this one did.
                if !hasBegun, !begun.isEmpty { continue }
                if hasBegun, let node = host.node, let wait = gates.waitForNewcomer(before: host) {
                    uncordon(node, author: host.author, &decision)
                    decision.wait(wait)
                    continue
                }
                if !hasBegun, let wait = gates.wait(before: host) {
                    decision.wait(wait)
                    continue
                }
                begun.insert(host.host)
                if case .halted(let reason, let message) = take(host, gates, &decision) {
                    return .halted(reason: reason, message: message)
                }
            }
        }
        return .going
    }

    private func take(_ host: HostRollout, _ gates: RolloutGates, _ decision: inout Decision) -> Progress {
        if let leadership = moveLeadership(from: host, &decision) {
            decision.wait(leadership)
            return .going
        }
        if host.disturbsNode, !isSingleHost, let node = host.node {
            let since = drainStart(of: host)
            switch NodeDrain(of: node, in: scope.snapshot, author: host.author, since: since).advance(&decision) {
            case .cordoning: return .going
            case .drained: break
            case .draining(let waits): return continueDrain(of: host, waits, since: since, &decision)
            }
            // The world may have changed while the node was emptied.
            if let wait = gates.wait(before: host) {
                decision.wait(wait)
                return .going
            }
        }
        open(host, &decision)
        return .going
    }

    private func continueDrain(
        of host: HostRollout, _ waits: [Wait], since: Timestamp?, _ decision: inout Decision
    ) -> Progress {
        let limit = context.limit("drainTimeout", default: .seconds(900))
        decision.wait(waits)
        decision.lookAgain(after: .seconds(10))
        guard let since, context.now - since >= limit else { return .going }
        let held = waits.map(\.message).joined(separator: "; ")
        return .halted(reason: "DrainTimeout", message: "\(host.host) was not empty after \(limit): \(held)")
    }

    /// When the drain began, as the update's status remembers it.
    private func drainStart(of host: HostRollout) -> Timestamp? {
        let entry = (context.update.json["status", "hosts"]?.arrayValue ?? []).first {
            $0["name"]?.stringValue == host.host
        }
        guard entry?["phase"]?.stringValue == "Draining" else { return nil }
        return entry?["since"]?.stringValue.flatMap(Timestamp.init(rfc3339:))
    }

    /// Hands etcd's leadership to another member before the host goes down. The host has one task at a time: it takes
    /// up the update again, prepared as it is, when leadership has moved.
    private func moveLeadership(from host: HostRollout, _ decision: inout Decision) -> Wait? {
        guard host.impact.interruptsHosts, EtcdMember(of: host.machine)?.isLeader == true,
            EtcdQuorum(hosts.map(\.machine)).voters.count > 1
        else { return nil }
        var told = host.machine
        told.task = HostTask(
            id: "\(context.taskID)-move-leader", type: .moveEtcdLeader, epoch: scope.epoch,
            leaseTransitions: context.term.transitions)
        decision.update(told, from: host.machine)
        return Wait(
            "MovingLeader", "\(host.host) leads etcd and hands leadership over", on: host.machine.key,
            unblockedBy: "the agent of \(host.host) finishes its task MoveEtcdLeader")
    }

    /// Lets the host go.
    private func open(_ host: HostRollout, _ decision: inout Decision) {
        guard var task = host.machine.task else { return }
        task.gate = .proceed
        task.epoch = scope.epoch
        task.leaseTransitions = context.term.transitions
        var told = host.machine
        told.task = task
        told.desired = context.target.hostState
        decision.update(told, from: host.machine)
        decision.announce(
            EventIntent(
                about: context.update, reason: "HostProceeds",
                message: "\(host.host) begins its \(host.impact.rawValue)"))
    }

    private func wait(for host: HostRollout) -> Wait {
        if host.stage == .pending, let leaving = removal(by: host) {
            return Wait(
                "MachineDeleting", "\(host.host) is told when \(leaving.hostName) has left the control plane",
                on: leaving.key, since: leaving.deletionTimestamp,
                unblockedBy: "the deletion of \(leaving.name) ends")
        }
        let status = host.taskStatus
        let doing = status?.message.isEmpty == false ? ": \(status?.message ?? "")" : ""
        return Wait(
            "Host\(host.stage.rawValue)", "\(host.host) is at \(status?.phase.rawValue ?? host.stage.rawValue)\(doing)",
            on: host.machine.key, since: status?.since, unblockedBy: unblocking(host))
    }

    private func unblocking(_ host: HostRollout) -> String {
        switch host.stage {
        case .settling: "the node \(host.host) is ready and open for pods"
        case .pending: "the host \(host.host) finishes its task \(host.machine.task?.type.rawValue ?? "")"
        default: "the agent of \(host.host) goes on"
        }
    }

    /// Takes back what has not begun: tasks that wait at the gate, and cordons of hosts that are still up.
    func withdraw(tasks: Bool, _ decision: inout Decision) {
        for host in hosts where host.stage == .preparing || host.stage == .prepared {
            if let node = host.node { uncordon(node, author: host.author, &decision) }
            guard tasks else { continue }
            var told = host.machine
            told.task = nil
            decision.update(told, from: host.machine)
        }
    }

    var hasHostsUnderWay: Bool { hosts.contains { $0.stage == .applying || $0.stage == .settling } }
}
