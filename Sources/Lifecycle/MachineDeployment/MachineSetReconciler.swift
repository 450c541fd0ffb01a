public import ControlLoop
public import CorbelAPI

/// The machines of a worker pool. Hosts join side by side; they leave as many at a time as the pool may miss.
public struct MachineSetReconciler: Reconciler {
    public static let finalizer = "machineset.corbel.dev"

    public let name = "machine-set"
    public var primary: GroupKind { MachineSet.groupKind }

    public init() {}

    public var watches: [WatchedKind] {
        let own = [
            Cluster.groupKind, EdgeCluster.groupKind, ClusterRevision.groupKind, Machine.groupKind,
            MachineDeployment.groupKind,
        ].map { Watching.cluster(of: $0, wakes: MachineSet.groupKind) }
        return own + [Watching.cluster(of: ClusterUpdate.self, wakes: MachineSet.groupKind) { $0.phase }]
    }

    public func reconcile(_ key: ObjectKey, in snapshot: Snapshot, now: Timestamp) -> Outcome {
        guard let set: MachineSet = snapshot.get(MachineSet.self, namespace: key.namespace, name: key.name) else {
            return .done
        }
        let scope = ClusterScope(snapshot, of: set)
        guard !scope.isPaused(set) else { return .done }
        let machines = scope.machines.filter { $0.pool == set.label(WellKnown.poolName) }
        var decision = Decision()
        if set.isDeleting {
            delete(set, machines, &decision)
            return decision.outcome
        }
        if let pool = scope.pool(named: set.label(WellKnown.poolName) ?? "") {
            adjust(set, pool, machines, scope, &decision)
        }
        var status = set
        ReplicaCounts(machines).write(into: &status)
        status.observedGeneration = set.generation
        decision.updateStatus(status, from: set)
        return decision.outcome
    }

    private func delete(_ set: MachineSet, _ machines: [Machine], _ decision: inout Decision) {
        for machine in machines { decision.delete(machine) }
        guard let first = machines.first else { return decision.removeFinalizer(Self.finalizer, from: set) }
        decision.wait(
            Wait(
                "DeletingMachines", "\(machines.count) machines of \(set.name) are being taken down", on: first.key,
                since: set.deletionTimestamp, unblockedBy: "their hosts are reset"))
    }

    private func adjust(
        _ set: MachineSet, _ pool: HostPool, _ machines: [Machine], _ scope: ClusterScope, _ decision: inout Decision
    ) {
        let membership = PoolMembership(pool, owner: set)
        let wanted = Set(membership.hosts)
        let present = Set(machines.map(\.hostName))
        let missing = membership.hosts.filter { !present.contains($0) && !scope.isHandedBack($0) }
        let leaving = machines.filter { !wanted.contains($0.hostName) }
        if replaceFailed(set, membership, machines, scope, &decision) { return }
        guard !missing.isEmpty || !leaving.isEmpty else { return }
        if let wait = preflight(set, scope) { return decision.wait(wait) }
        guard let revision = scope.revision else { return }
        let creation = MachineCreation(scope: scope, pool: pool, revision: revision)
        for host in missing { decision.create(creation.machine(for: host, mode: .join, owner: set)) }
        let marked = leaving.sorted { left, right in
            let (one, other) = (
                left.annotation(WellKnown.deleteMachine) != nil, right.annotation(WellKnown.deleteMachine) != nil
            )
            return one == other ? left.name < right.name : one
        }
        let room = pool.maxUnavailable - machines.filter(\.isDeleting).count
        for machine in marked.filter({ !$0.isDeleting }).prefix(max(0, room)) { decision.delete(machine) }
    }

    /// Whether a spare was put in the place of a failed host; one at a time, since the owner records it.
    private func replaceFailed(
        _ set: MachineSet, _ membership: PoolMembership, _ machines: [Machine], _ scope: ClusterScope,
        _ decision: inout Decision
    ) -> Bool {
        let wanted = Set(membership.hosts)
        let failed = machines.first {
            $0.annotation(Annotation.remediate) != nil && wanted.contains($0.hostName) && !$0.isDeleting
        }
        guard let failed else { return false }
        guard let spare = membership.freeSpares.first(where: { scope.machine(ofHost: $0) == nil }) else {
            decision.wait(
                Wait(
                    "NoSpare",
                    "the host \(failed.hostName) has failed and the pool \(membership.pool.name) has no free spare",
                    on: failed.key, unblockedBy: "the host comes back, or the pool names another spare"))
            return false
        }
        HostReplacement(machine: failed, spare: spare, membership: membership).decide(for: set, &decision)
        return true
    }

    private func preflight(_ set: MachineSet, _ scope: ClusterScope) -> Wait? {
        guard scope.plane == .site, scope.cluster?.controlPlaneInitialized == true else {
            return Wait(
                "WaitingForControlPlane", "workers join when the site runs the cluster's objects",
                on: scope.edgeCluster?.key,
                unblockedBy: "the control plane is initialized and the pivot commits")
        }
        guard let update = scope.activeUpdate, update.phase == .progressing else { return nil }
        return Wait(
            "UpdateUnderWay", "hosts join and leave between updates, not during one", on: update.key,
            unblockedBy: "the update \(update.name) completes, halts or is aborted")
    }
}
