import ControlLoop
import CorbelAPI

/// Removes a host's etcd member by a task on another member's host.
struct EtcdRemoval {
    enum State {
        case waiting(Wait)
        case done
    }

    private let member: EtcdMember
    private let host: HostMachine
    private let scope: ClusterScope
    private let term: LeadershipTerm

    init(of member: EtcdMember, from host: HostMachine, scope: ClusterScope, term: LeadershipTerm) {
        self.member = member
        self.host = host
        self.scope = scope
        self.term = term
    }

    private var taskID: String { "remove-etcd-member-\(member.id)" }

    func advance(_ decision: inout Decision) -> State {
        let quorum = scope.quorum
        let healthy = Set(quorum.voters.filter(\.isHealthy).map(\.host))
        let others = scope.hostMachines.filter { $0.hostName != host.hostName && healthy.contains($0.hostName) }
        if let helper = others.first(where: { $0.task?.id == taskID }) { return state(of: helper, &decision) }
        if let busy = scope.hostMachines.first(where: { $0.hostName != host.hostName && $0.mayBeDown }) {
            return .waiting(
                Wait(
                    "WaitingForHost",
                    "the etcd member of \(host.hostName) stays while \(busy.hostName) may be down with its own",
                    on: busy.key, since: busy.currentTaskStatus?.since,
                    unblockedBy: "the agent of \(busy.hostName) finishes its task \(busy.task?.type.rawValue ?? "")"))
        }
        guard quorum.survivesRemoval(of: host.hostName) else {
            let message = quorum.refusal(of: "removing", host: host.hostName)
            return .waiting(
                Wait("QuorumAtRisk", message, on: host.key, unblockedBy: "the unhealthy members become healthy"))
        }
        // One that an update has prepared is prepared anew afterwards.
        guard let helper = others.first(where: \.isIdle) ?? others.first(where: \.canTakeUpdateTask) else {
            return .waiting(
                Wait(
                    "NoHelper", "no other control-plane host is free to remove the etcd member of \(host.hostName)",
                    on: host.key,
                    unblockedBy: "another control-plane host finishes its task"))
        }
        var told = helper
        told.task = HostTask(
            id: taskID, type: .removeEtcdMember, epoch: scope.epoch, leaseTransitions: term.transitions,
            parameters: ["member": member.id])
        decision.update(told, from: helper)
        return .waiting(wait(on: helper))
    }

    private func state(of helper: HostMachine, _ decision: inout Decision) -> State {
        guard let status = helper.currentTaskStatus, status.phase.isFinal else { return .waiting(wait(on: helper)) }
        if status.phase == .done { return .done }
        return .waiting(
            Wait(
                "EtcdRemovalFailed",
                "\(helper.hostName) could not remove the etcd member of \(host.hostName): \(status.message)",
                on: helper.key, since: status.since,
                unblockedBy: "etcd's cause is mended and the task of \(helper.name) is cleared"))
    }

    private func wait(on helper: HostMachine) -> Wait {
        Wait(
            "RemovingEtcdMember", "\(helper.hostName) removes the etcd member of \(host.hostName)", on: helper.key,
            since: helper.currentTaskStatus?.since, unblockedBy: "the agent of \(helper.hostName) finishes its task")
    }
}

extension HostMachine {
    /// Whether a step that its host was let go to may take its etcd member down.
    fileprivate var mayBeDown: Bool {
        guard role == .controlPlane, hasBootstrapped, let task, task.target != nil, task.gate == .proceed else {
            return false
        }
        return currentTaskStatus?.phase.isFinal != true
    }
}
