public import ControlLoop
public import CorbelAPI

/// Corbel's control plane: the first host begins the cluster, the others join one at a time, and none leaves that
/// etcd's quorum needs.
public struct EdgeControlPlaneReconciler: Reconciler {
    public let name = "edge-control-plane"
    public var primary: GroupKind { EdgeControlPlane.groupKind }

    private let term: LeadershipTerm

    public init(term: LeadershipTerm) { self.term = term }

    public var watches: [WatchedKind] {
        let own = [
            Cluster.groupKind, EdgeCluster.groupKind, ClusterRevision.groupKind, Machine.groupKind,
        ].map { Watching.cluster(of: $0, wakes: EdgeControlPlane.groupKind) }
        let read = [
            Watching.cluster(of: ClusterUpdate.self, wakes: EdgeControlPlane.groupKind) { $0.phase },
            Watching.cluster(of: HostMachine.self, wakes: EdgeControlPlane.groupKind) { host in
                // How far a task has come is told while the host becomes a member only.
                [
                    host.json["status", "etcd"], host.running?.json, host.json["status", "certificates"],
                    host.hasBootstrapped && !host.isAskedForCertificates ? nil : host.json,
                ]
            },
        ]
        return own + read + [Watching.everything(of: Node.groupKind, wakes: EdgeControlPlane.groupKind)]
    }

    public func reconcile(_ key: ObjectKey, in snapshot: Snapshot, now: Timestamp) -> Outcome {
        guard
            let controlPlane: EdgeControlPlane = snapshot.get(
                EdgeControlPlane.self, namespace: key.namespace, name: key.name)
        else { return .done }
        let scope = ClusterScope(snapshot, of: controlPlane)
        guard !scope.isPaused(controlPlane) else { return .done }
        var decision = Decision()
        if controlPlane.isDeleting {
            delete(controlPlane, scope, &decision)
            return decision.outcome
        }
        if let pool = scope.pool(named: controlPlane.pool), let revision = scope.revision {
            let creation = MachineCreation(scope: scope, pool: pool, revision: revision)
            take(ControlPlanePlan(scope, controlPlane, pool, now: now).next, controlPlane, creation, &decision)
        }
        let renewal = CertificateRenewal(scope, term, now)
        renewal.advance(&decision)
        var status = controlPlane
        ControlPlaneStatus(scope).write(into: &status, waits: decision.waits, now: now)
        if let condition = renewal.condition { status.set(condition, now: now) }
        decision.updateStatus(status, from: controlPlane)
        return decision.outcome
    }

    private func take(
        _ step: ControlPlanePlan.Step, _ controlPlane: EdgeControlPlane, _ creation: MachineCreation,
        _ decision: inout Decision
    ) {
        switch step {
        case .create(let host, let mode):
            decision.create(creation.machine(for: host, mode: mode, owner: controlPlane))
            decision.announce(
                EventIntent(about: controlPlane, reason: "HostJoins", message: "\(host) becomes a control-plane host"))
        case .replace(let machine, let spare, let membership):
            HostReplacement(machine: machine, spare: spare, membership: membership).decide(for: controlPlane, &decision)
        case .remove(let machine):
            decision.delete(machine)
            decision.announce(
                EventIntent(
                    about: controlPlane, reason: "HostLeaves", message: "\(machine.hostName) leaves the control plane"))
        case .admit(let host):
            var admitted = host
            admitted.annotations[Annotation.admitted] = ""
            decision.update(admitted, from: host)
        case .wait(let wait, let delay):
            decision.wait(wait)
            if let delay { decision.lookAgain(after: delay) }
        case .none: break
        }
    }

    /// The whole control plane goes: every machine at once, since no quorum has to be kept.
    private func delete(_ controlPlane: EdgeControlPlane, _ scope: ClusterScope, _ decision: inout Decision) {
        let machines = scope.machines.filter(\.isControlPlane)
        for machine in machines { decision.delete(machine) }
        guard let first = machines.first else {
            return decision.removeFinalizer(EdgeControlPlane.finalizer, from: controlPlane)
        }
        decision.wait(
            Wait(
                "DeletingMachines", "\(machines.count) machines of the control plane are being taken down",
                on: first.key,
                since: controlPlane.deletionTimestamp, unblockedBy: "their hosts are reset"))
    }
}

/// A spare takes the place of a failed host: written into the owner of the pool's machines, so that it survives every
/// restart.
struct HostReplacement {
    let machine: Machine
    let spare: String
    let membership: PoolMembership

    func decide<Owner: Resource>(for owner: Owner, _ decision: inout Decision) {
        var changed = owner
        changed.annotations[Annotation.replacements] = membership.replacing(machine.hostName, with: spare)
        decision.update(changed, from: owner)
        var dead = machine
        dead.annotations[Annotation.unreachableHost] = ""
        decision.update(dead, from: machine)
        decision.announce(
            EventIntent(
                about: owner, .warning, reason: "HostReplaced",
                message: "the spare \(spare) takes the place of \(machine.hostName), which has failed"))
    }
}
