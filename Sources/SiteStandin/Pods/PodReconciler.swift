import ControlLoop
import CorbelAPI

/// What a kubelet does with the pods that are bound to its node.
///
/// A pod that is deleted ends after as long as its behaviour says, within its grace period and the node's limit; its
/// end is written into its status, and then the object goes.
struct PodReconciler: Reconciler {
    private static let terminationTime: Duration = .seconds(1)

    let settings: PodSettings

    let name = "standin-kubelet"
    let primary = Pod.groupKind
    let watches: [WatchedKind] = []

    func reconcile(_ key: ObjectKey, in snapshot: Snapshot, now: Timestamp) -> Outcome {
        guard let pod = snapshot[key].map(Pod.init(_:)), pod.nodeName == settings.nodeName else { return .done }
        let run = PodRun(pod, settings, now: now)
        if pod.isDeleting { return end(pod, run, now) }
        if pod.isFinished { return .done }
        let (next, holds) = run.next()
        return Outcome(Intent.statusChange(from: pod, to: next), requeueAfter: holds)
    }

    private func end(_ pod: Pod, _ run: PodRun, _ now: Timestamp) -> Outcome {
        if pod.isFinished { return Outcome([.delete(pod)]) }
        let grace = Duration.seconds(pod.json["metadata", "deletionGracePeriodSeconds"]?.intValue ?? 0)
        let asked = (pod.deletionTimestamp ?? now) - grace
        var needed = Self.terminationTime
        if case .slowTermination(let duration) = PodBehaviour(pod) { needed = duration }
        let end = asked + min(needed, grace, settings.terminationLimit)
        if now < end { return Outcome(requeueAfter: end - now) }
        return Outcome([.updateStatus(Unstructured(run.ended()))])
    }
}
