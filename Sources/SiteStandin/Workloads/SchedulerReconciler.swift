import ControlLoop
import CorbelAPI

/// Assigns pending pods to nodes: ready, schedulable, selected and tolerated ones, the one with the fewest pods first.
///
/// Every pending pod of the snapshot is placed in the order of the keys, and only the one that is asked for is bound:
/// so pods that are decided at the same moment spread as if they had come one by one. Resources, affinities and
/// priorities are left out.
struct SchedulerReconciler: Reconciler {
    let name = "scheduler"
    let primary = Pod.groupKind
    let watches = [
        WatchedKind(Node.groupKind) { _, snapshot in
            snapshot.list(Pod.self).filter(SchedulerReconciler.isPending).map(\.key)
        }
    ]

    private static func isPending(_ pod: Pod) -> Bool { pod.nodeName == nil && !pod.isDeleting && !pod.isFinished }

    func reconcile(_ key: ObjectKey, in snapshot: Snapshot, now: Timestamp) -> Outcome {
        guard let pod = snapshot[key].map(Pod.init(_:)), Self.isPending(pod) else { return .done }
        let nodes = snapshot.list(Node.self)
        guard let node = Self.placement(of: pod, nodes, snapshot) else { return unschedulable(pod, nodes, now) }
        var bound = pod
        bound.nodeName = node
        let event = EventIntent(
            about: pod, reason: "Scheduled", message: "Successfully assigned \(pod.namespace)/\(pod.name) to \(node)")
        return Outcome([.update(Unstructured(bound)), .event(event)])
    }

    private static func placement(of pod: Pod, _ nodes: [Node], _ snapshot: Snapshot) -> String? {
        let pods = snapshot.list(Pod.self)
        var load: [String: Int] = [:]
        for pod in pods where !pod.isFinished { load[pod.nodeName ?? "", default: 0] += 1 }
        for pending in pods where isPending(pending) {
            let fitting = nodes.filter { obstacle(to: pending, on: $0) == nil }.map(\.name)
            let choice = fitting.min { (load[$0] ?? 0, $0) < (load[$1] ?? 0, $1) }
            if pending.key == pod.key { return choice }
            if let choice { load[choice, default: 0] += 1 }
        }
        return nil
    }

    /// Why a node does not take a pod, in Kubernetes' words; `nil` when it does.
    static func obstacle(to pod: Pod, on node: Node) -> String? {
        if node.isUnschedulable { return "node(s) were unschedulable" }
        let tolerations = pod.spec.tolerations
        let repelling = node.taints.first { taint in
            taint.effect != .preferNoSchedule && !tolerations.contains { $0.tolerates(taint) }
        }
        if let repelling { return "node(s) had untolerated taint {\(repelling.key): \(repelling.value)}" }
        if !node.isReady { return "node(s) were not ready" }
        return pod.spec.selects(node) ? nil : "node(s) didn't match Pod's node affinity/selector"
    }

    private func unschedulable(_ pod: Pod, _ nodes: [Node], _ now: Timestamp) -> Outcome {
        let reasons = Dictionary(grouping: nodes.compactMap { Self.obstacle(to: pod, on: $0) }) { $0 }
        let list = reasons.sorted { $0.key < $1.key }.map { "\($0.value.count) \($0.key)" }.joined(separator: ", ")
        let message = "0/\(nodes.count) nodes are available" + (list.isEmpty ? "" : ": \(list)")
        var report = pod
        report.json["status", "phase"] = "Pending"
        report.set(Condition("PodScheduled", .isFalse, reason: "Unschedulable", message: message), now: now)
        let wait = Wait("Unschedulable", message, on: pod.key, unblockedBy: "a node that takes the pod becomes ready")
        return Outcome(Intent.statusChange(from: pod, to: report), waits: [wait])
    }
}
