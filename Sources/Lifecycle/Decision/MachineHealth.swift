import ControlLoop
import CorbelAPI

/// A machine with its host and its node, and what can be said of the three together.
struct MachineView {
    let machine: Machine
    let hostMachine: HostMachine?
    let node: Node?

    init(_ machine: Machine, in scope: ClusterScope) {
        self.machine = machine
        hostMachine = scope.hostMachine(of: machine)
        node = scope.node(ofHost: machine.hostName)
    }

    var host: String { machine.hostName }

    /// Whether the host has become a member of the cluster once.
    var hasBootstrapped: Bool { hostMachine?.hasBootstrapped ?? false }

    /// Whether the host may be in the midst of becoming a member, or is one.
    var hasBegun: Bool { hostMachine?.hasBegun ?? false }

    /// Whether the host is there, and could begin if it were admitted.
    var canBegin: Bool {
        guard let hostMachine, !machine.isDeleting, !hostMachine.isDeleting else { return false }
        return hostMachine.isProvisioned && !hasBegun
    }

    /// Why the machine does not serve; nil when it does.
    var obstacle: Wait? {
        if machine.isDeleting {
            return Wait(
                "MachineDeleting", "the machine \(machine.name) is being deleted", on: machine.key,
                since: machine.deletionTimestamp, unblockedBy: "the deletion of \(machine.name) ends")
        }
        guard hasBootstrapped else { return bootstrapWait }
        guard let node else {
            return Wait(
                "NodeMissing", "the node \(host) has not appeared", on: machine.key,
                unblockedBy: "the kubelet of the host \(host) registers its node")
        }
        guard node.isReady else {
            return Wait(
                "NodeNotReady",
                "the node \(host) is not ready: \(node.condition("Ready")?.message ?? "it has not reported")",
                on: node.key, since: node.condition("Ready")?.lastTransitionTime,
                unblockedBy: "the node \(host) becomes ready, or the host is replaced")
        }
        return etcdObstacle
    }

    private var bootstrapWait: Wait {
        let status = hostMachine?.taskStatus
        let progress = status.map { "its agent is at \($0.phase.rawValue)" } ?? "its agent has not begun"
        return Wait(
            "HostBooting", "the host \(host) is becoming a member: \(progress)", on: hostMachine?.key ?? machine.key,
            since: status?.since, unblockedBy: "the agent of \(host) finishes its task Bootstrap")
    }

    private var etcdObstacle: Wait? {
        guard machine.isControlPlane, let hostMachine else { return nil }
        let member = EtcdMember(of: hostMachine)
        if let member, member.isHealthy, !member.isLearner { return nil }
        let state =
            member == nil ? "has not been reported" : member?.isLearner == true ? "is still a learner" : "is unhealthy"
        return Wait(
            "EtcdMemberUnhealthy", "the etcd member of \(host) \(state)", on: hostMachine.key,
            unblockedBy: "the etcd member of \(host) becomes a healthy voter")
    }
}

extension Machine {
    var hostName: String { annotation(Annotation.host) ?? "" }
    var pool: String { label(WellKnown.poolName) ?? "" }
    var bootstrapMode: HostConfig.Mode { annotation(Annotation.bootstrapMode).flatMap(HostConfig.Mode.init) ?? .join }
    /// Whether its host is given up: nobody waits for an agent that will not answer.
    var hostIsDead: Bool { annotation(Annotation.unreachableHost) != nil }
}

extension HostTaskStatus.Phase {
    /// Whether the task has ended without what it was to bring.
    var isFailure: Bool { self == .failed || self == .refused || self == .reverted }
}

extension HostMachine {
    /// The status of the task that stands in the spec, and of no older one.
    var currentTaskStatus: HostTaskStatus? { task.flatMap(status(of:)) }

    /// The status of `task`, if the agent speaks of it and not of another.
    func status(of task: HostTask) -> HostTaskStatus? {
        guard let taskStatus, taskStatus.id == task.id else { return nil }
        return taskStatus
    }

    /// Whether the host has nothing to do: no task, or one that has ended.
    var isIdle: Bool {
        guard let task else { return true }
        return status(of: task)?.phase.isFinal == true
    }

    /// Whether an update may give the host a task: it has none, or one that waits at a gate that was never opened.
    var canTakeUpdateTask: Bool { isIdle || task?.gate == .prepare }

    /// Whether the host has become a member of the cluster: it runs a Kubernetes version.
    var hasBootstrapped: Bool { !(running?.kubernetesVersion ?? "").isEmpty }

    /// Whether a host of the control plane may become a member.
    var isAdmitted: Bool { annotation(Annotation.admitted) != nil }

    /// Whether the host may have been told to become a member, as far as anybody can tell who reads this.
    var hasBegun: Bool { isAdmitted || task != nil || hasBootstrapped }

    var pool: String { label(WellKnown.poolName) ?? "" }
}
