import APIMachinery
import ControlLoop
import CorbelAPI

/// Deployment to Pods, directly: the stand-in has no ReplicaSets, so a rollout cannot be undone by `kubectl rollout
/// undo`.
///
/// `spec.strategy` counts as in Kubernetes; `minReadySeconds` and the progress deadline are left out.
struct DeploymentReconciler: Reconciler {
    let name = "deployment"
    let primary = Deployment.groupKind
    let watches = [WatchedKind.pods(ofOwner: Deployment.groupKind)]

    func reconcile(_ key: ObjectKey, in snapshot: Snapshot, now: Timestamp) -> Outcome {
        guard let deployment = snapshot[key].map(Deployment.init(_:)), !deployment.isDeleting else { return .done }
        let pods = OwnedPods(of: deployment, in: snapshot)
        let isPaused = deployment.spec["paused"]?.boolValue ?? false
        let writes = isPaused ? [] : DeploymentRollout(deployment, pods).intents
        let status = Intent.statusChange(from: deployment, to: reporting(deployment, pods, now))
        return Outcome(writes + status)
    }

    private func reporting(_ deployment: Deployment, _ pods: OwnedPods, _ now: Timestamp) -> Deployment {
        let ready = pods.active.filter(\.isReady).count
        let updated = pods.active.filter(pods.isCurrent)
        let wanted = deployment.replicas
        var report = deployment
        report.observedGeneration = deployment.generation
        let counts = [
            "replicas": pods.active.count, "updatedReplicas": updated.count, "readyReplicas": ready,
            "availableReplicas": ready, "unavailableReplicas": max(0, wanted - ready),
        ]
        for (field, count) in counts { report.json["status", field] = JSONValue(count) }
        let needed = wanted - DeploymentRollout.maxUnavailable(deployment)
        let isAvailable = ready >= needed
        report.set(
            Condition(
                "Available", .init(isAvailable),
                reason: isAvailable ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
                message: "\(ready) pods are available and \(needed) must be"), now: now)
        let isComplete = updated.filter(\.isReady).count == wanted && pods.active.count == wanted
        report.set(
            Condition(
                "Progressing", .isTrue, reason: isComplete ? "NewReplicaSetAvailable" : "ReplicaSetUpdated",
                message: "\(updated.count) of \(wanted) pods are of the current template"), now: now)
        return report
    }
}

/// The next writes of a rollout: new pods within `maxSurge`, old ones removed within `maxUnavailable`.
struct DeploymentRollout {
    private let deployment: Deployment
    private let pods: OwnedPods

    init(_ deployment: Deployment, _ pods: OwnedPods) {
        self.deployment = deployment
        self.pods = pods
    }

    private static func rolling(_ deployment: Deployment, _ field: String) -> IntOrPercent {
        IntOrPercent(deployment.spec["strategy", "rollingUpdate", field]) ?? .percent(25)
    }

    private static func maxSurge(_ deployment: Deployment) -> Int {
        rolling(deployment, "maxSurge").value(of: deployment.replicas, rounding: .up)
    }

    /// How many of the wanted pods may be missing. One, where both limits would be none: a rollout must be able to
    /// move.
    static func maxUnavailable(_ deployment: Deployment) -> Int {
        if deployment.spec["strategy", "type"]?.stringValue == "Recreate" { return deployment.replicas }
        let count = rolling(deployment, "maxUnavailable").value(of: deployment.replicas, rounding: .down)
        return min(deployment.replicas, count == 0 && maxSurge(deployment) == 0 ? 1 : count)
    }

    var intents: [Intent] {
        pods.finished.map { Intent.delete($0) } + (isRecreating ? recreation : rolling)
    }

    private var isRecreating: Bool { deployment.spec["strategy", "type"]?.stringValue == "Recreate" }
    private var current: [Pod] { pods.active.filter(pods.isCurrent) }
    private var old: [Pod] { pods.active.filter { !pods.isCurrent($0) } }

    /// Nothing new before everything old is gone.
    private var recreation: [Intent] {
        if !old.isEmpty { return old.map { Intent.delete($0) } }
        let hasEndingOnes = pods.all.contains { $0.isDeleting && !pods.isCurrent($0) }
        return hasEndingOnes ? [] : scaling(to: deployment.replicas)
    }

    private var rolling: [Intent] {
        let limit = deployment.replicas + Self.maxSurge(deployment)
        let room = max(0, limit - pods.active.count)
        let target = old.isEmpty ? deployment.replicas : min(deployment.replicas, current.count + room)
        return scaling(to: target) + removals
    }

    /// Old pods that may go. One that is not ready serves nobody.
    private var removals: [Intent] {
        let kept = min(current.count, deployment.replicas)
        let available = current.filter(\.isReady).prefix(kept).count + old.filter(\.isReady).count
        let spare = max(0, available - (deployment.replicas - Self.maxUnavailable(deployment)))
        let idle = old.filter { !$0.isReady }
        return (idle + old.filter(\.isReady).prefix(spare)).map { Intent.delete($0) }
    }

    /// Creates what is missing of the current template, or removes what is too much: the idle ones and the last names
    /// first.
    private func scaling(to count: Int) -> [Intent] {
        if current.count <= count {
            return pods.freeNames(count - current.count).map { .create(Unstructured(pods.make(named: $0))) }
        }
        let order = current.filter { !$0.isReady } + current.filter(\.isReady).reversed()
        return order.prefix(current.count - count).map { Intent.delete($0) }
    }
}
