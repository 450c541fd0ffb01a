public import ControlLoop
public import CorbelAPI

/// A worker pool's deployment over its one MachineSet: machines are updated in place, so there is never a second set.
public struct MachineDeploymentReconciler: Reconciler {
    public let name = "machine-deployment"
    public var primary: GroupKind { MachineDeployment.groupKind }

    public init() {}

    public var watches: [WatchedKind] {
        [Cluster.groupKind, MachineSet.groupKind, Machine.groupKind]
            .map { Watching.cluster(of: $0, wakes: MachineDeployment.groupKind) }
    }

    public func reconcile(_ key: ObjectKey, in snapshot: Snapshot, now: Timestamp) -> Outcome {
        guard
            let deployment: MachineDeployment = snapshot.get(
                MachineDeployment.self, namespace: key.namespace, name: key.name), !deployment.isDeleting
        else { return .done }
        let scope = ClusterScope(snapshot, of: deployment)
        guard !scope.isPaused(deployment), deployment.spec["paused"]?.boolValue != true else { return .done }
        var decision = Decision()
        ensureSet(deployment, scope.find(deployment.name), &decision)
        var status = deployment
        let machines = scope.machines.filter { $0.pool == deployment.label(WellKnown.poolName) }
        ReplicaCounts(machines).write(into: &status)
        let labels = deployment.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        status.json["status", "selector"] = .string(labels.joined(separator: ","))
        status.json["status", "phase"] = .string(phase(of: deployment, machines))
        status.observedGeneration = deployment.generation
        let isAvailable = machines.filter { $0.isTrue("Available") }.count >= deployment.serving
        status.set(
            Condition("Available", .init(isAvailable), reason: isAvailable ? "Available" : "NotAvailable"), now: now)
        decision.updateStatus(status, from: deployment)
        return decision.outcome
    }

    private func phase(of deployment: MachineDeployment, _ machines: [Machine]) -> String {
        if machines.count < deployment.serving { return "ScalingUp" }
        return machines.count > deployment.serving ? "ScalingDown" : "Running"
    }

    private func ensureSet(_ deployment: MachineDeployment, _ present: MachineSet?, _ decision: inout Decision) {
        var set = present ?? MachineSet(namespace: deployment.namespace, name: deployment.name)
        set.labels = set.labels.merging(deployment.labels) { $1 }
        for field in ["clusterName", "selector", "template"] {
            set.json["spec", field] = deployment.spec[field]
        }
        // What nobody may scale to never reaches the machines.
        set.json["spec", "replicas"] = JSONValue(deployment.serving)
        guard let present else {
            set.setController(deployment)
            set.finalizers = [MachineSetReconciler.finalizer]
            return decision.create(set)
        }
        if !present.isDeleting { decision.update(set, from: present) }
    }
}

extension MachineDeployment {
    /// How many machines there shall be: what is asked for, unless that is refused.
    fileprivate var serving: Int { PoolScale.serving(self) ?? replicas }
}
