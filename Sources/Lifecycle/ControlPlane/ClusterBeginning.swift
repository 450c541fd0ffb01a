import ControlLoop
import CorbelAPI

/// Which host begins a cluster: the first one of the pool that is there.
///
///     situation, first match                              step
///     a candidate that the pool names no more             remove it
///     a candidate's agent has taken its machine           admit it, and nobody else
///     no candidate, or the last one has been silent       name the next host of the pool a candidate
///     all are silent                                      wait for any of them
struct ClusterBeginning {
    /// How long a candidate may be silent before the next host is asked too.
    private static let patience = Duration.seconds(60)

    private let membership: PoolMembership
    private let candidates: [MachineView]
    private let controlPlane: EdgeControlPlane
    private let scope: ClusterScope
    private let now: Timestamp

    init(
        _ membership: PoolMembership, _ candidates: [MachineView], _ controlPlane: EdgeControlPlane,
        _ scope: ClusterScope, now: Timestamp
    ) {
        self.scope = scope
        self.membership = membership
        self.candidates = candidates
        self.controlPlane = controlPlane
        self.now = now
    }

    var next: ControlPlanePlan.Step {
        let hosts = membership.hosts
        let unwanted = candidates.first { !hosts.contains($0.host) && !$0.machine.isDeleting }
        if let unwanted { return .remove(unwanted.machine) }
        let inOrder = hosts.compactMap { host in candidates.first { $0.host == host } }
        if let machine = inOrder.first(where: \.canBegin)?.hostMachine { return .admit(machine) }
        let asked = Set(candidates.map(\.host))
        let youngest = candidates.compactMap(\.machine.creationTimestamp).max()
        let next = hosts.first { !asked.contains($0) && !scope.isHandedBack($0) }
        if let youngest, now - youngest < Self.patience {
            // A clock that was set back must not let the next host wait for longer.
            let rest = min(Self.patience, Self.patience - (now - youngest))
            return .wait(silence(of: inOrder), lookAgainAfter: next == nil ? nil : rest)
        }
        if let next { return .create(host: next, .initialize) }
        return .wait(inOrder.isEmpty ? noHosts : silence(of: inOrder))
    }

    private func silence(of asked: [MachineView]) -> Wait {
        let names = asked.map(\.host).joined(separator: ", ")
        return Wait(
            "NoHostHeard", "the cluster begins on the first host whose agent is there; asked so far: \(names)",
            on: asked.first?.machine.key ?? controlPlane.key,
            unblockedBy: "the agent of one of \(membership.hosts.joined(separator: ", ")) reaches this plane")
    }

    private var noHosts: Wait {
        Wait(
            "NoHosts", "the control plane's pool \(membership.pool.name) has no host", on: controlPlane.key,
            unblockedBy:
                "the pool \(membership.pool.name) of the EdgeCluster names hosts that are registered and approved")
    }
}
