import ControlLoop
import CorbelAPI

/// Removes the pods of nodes that are gone, and pods that ended on no node (Kubernetes' pod garbage collector).
///
/// No kubelet will say that such a pod has ended, so the collector says it: a pod in phase Failed needs no grace
/// period.
struct PodCollector: Reconciler {
    /// How long a pod is left alone: the pod may be seen before its node is.
    static let quarantine: Duration = .seconds(10)

    let name = "pod-collector"
    let primary = Pod.groupKind
    let watches = [
        WatchedKind(Node.groupKind) { node, snapshot in
            snapshot.list(Pod.self).filter { $0.nodeName == node.name }.map(\.key)
        }
    ]

    func reconcile(_ key: ObjectKey, in snapshot: Snapshot, now: Timestamp) -> Outcome {
        guard let pod = snapshot[key].map(Pod.init(_:)), let node = pod.nodeName,
            snapshot.get(Node.self, name: node) == nil
        else { return .done }
        let end = (pod.creationTimestamp ?? now) + Self.quarantine
        if now < end { return Outcome(requeueAfter: end - now) }
        if pod.isFinished { return Outcome([.delete(pod)]) }
        var failed = pod
        failed.json["status", "phase"] = "Failed"
        failed.json["status", "reason"] = "NodeLost"
        failed.set(
            Condition(
                "DisruptionTarget", .isTrue, reason: "DeletionByPodGC", message: "PodGC: node no longer exists"),
            now: now)
        failed.set(Condition("Ready", .isFalse, reason: "PodFailed", message: "the node \(node) is gone"), now: now)
        return Outcome([.updateStatus(Unstructured(failed))])
    }
}
