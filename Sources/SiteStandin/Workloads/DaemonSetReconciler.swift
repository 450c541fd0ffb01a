import APIMachinery
import ControlLoop
import CorbelAPI

/// DaemonSet to one Pod for every node that the template's selector and tolerations take, ready or not.
///
/// The controller binds its pods itself, as Kubernetes' did before the default scheduler took that over. A changed
/// template rolls node by node within `maxUnavailable`; the old pod is gone before the new one is made (`maxSurge` is
/// left out).
struct DaemonSetReconciler: Reconciler {
    let name = "daemon-set"
    let primary = DaemonSet.groupKind
    let watches = [
        WatchedKind.pods(ofOwner: DaemonSet.groupKind),
        WatchedKind(Node.groupKind) { _, snapshot in snapshot.list(DaemonSet.self).map(\.key) },
    ]

    /// What every daemon tolerates (`AddOrUpdateDaemonPodTolerations`).
    private static let tolerations: [JSONValue] = [
        ["key": .string(Taint.notReady), "operator": "Exists", "effect": "NoExecute"],
        ["key": .string(Taint.unreachable), "operator": "Exists", "effect": "NoExecute"],
        ["key": .string(Taint.notReady), "operator": "Exists", "effect": "NoSchedule"],
        ["key": .string(Taint.unreachable), "operator": "Exists", "effect": "NoSchedule"],
        ["key": "node.kubernetes.io/unschedulable", "operator": "Exists", "effect": "NoSchedule"],
        ["key": "node.kubernetes.io/disk-pressure", "operator": "Exists", "effect": "NoSchedule"],
        ["key": "node.kubernetes.io/memory-pressure", "operator": "Exists", "effect": "NoSchedule"],
    ]

    func reconcile(_ key: ObjectKey, in snapshot: Snapshot, now: Timestamp) -> Outcome {
        guard let daemonSet = snapshot[key].map(DaemonSet.init(_:)), !daemonSet.isDeleting else { return .done }
        let pods = OwnedPods(of: daemonSet, in: snapshot)
        let nodes = snapshot.list(Node.self).filter { Self.takes($0, daemonSet) }.map(\.name)
        let misplaced = pods.active.filter { !nodes.contains($0.nodeName ?? "") }
        let missing = nodes.filter { node in !pods.all.contains { $0.nodeName == node } }
        let writes =
            (pods.finished + misplaced).map { Intent.delete($0) }
            + missing.map { .create(Unstructured(Self.pod(pods, daemonSet, on: $0))) }
            + Self.outdated(pods, daemonSet, nodes).map { Intent.delete($0) }
        return Outcome(writes + Intent.statusChange(from: daemonSet, to: Self.report(daemonSet, pods, nodes)))
    }

    private static func takes(_ node: Node, _ daemonSet: DaemonSet) -> Bool {
        let spec = daemonSet.spec["template", "spec"] ?? [:]
        let allowed = spec.tolerations + tolerations.map(Toleration.init(json:))
        return spec.selects(node)
            && node.taints.allSatisfy { taint in
                taint.effect == .preferNoSchedule || allowed.contains { $0.tolerates(taint) }
            }
    }

    private static func pod(_ pods: OwnedPods, _ daemonSet: DaemonSet, on node: String) -> Pod {
        var pod = pods.make(named: "\(daemonSet.name)-\(node)")
        pod.nodeName = node
        pod.json["spec", "tolerations"] = .array((pod.spec["tolerations"]?.arrayValue ?? []) + tolerations)
        return pod
    }

    /// Pods of an older template that go now: those that are not ready, and of the others as many as may be down.
    private static func outdated(_ pods: OwnedPods, _ daemonSet: DaemonSet, _ nodes: [String]) -> [Pod] {
        let strategy = daemonSet.spec["updateStrategy"]
        if strategy?["type"]?.stringValue == "OnDelete" { return [] }
        let placed = pods.active.filter { nodes.contains($0.nodeName ?? "") }
        let old = placed.filter { !pods.isCurrent($0) }
        let limit = IntOrPercent(strategy?["rollingUpdate", "maxUnavailable"]) ?? .count(1)
        let down = nodes.count - placed.filter(\.isReady).count
        let spare = max(0, max(1, limit.value(of: nodes.count, rounding: .up)) - down)
        return old.filter { !$0.isReady } + old.filter(\.isReady).prefix(spare)
    }

    private static func report(_ daemonSet: DaemonSet, _ pods: OwnedPods, _ nodes: [String]) -> DaemonSet {
        let placed = pods.active.filter { nodes.contains($0.nodeName ?? "") }
        let ready = placed.filter(\.isReady).count
        let counts = [
            "desiredNumberScheduled": nodes.count, "currentNumberScheduled": placed.count,
            "numberMisscheduled": pods.active.count - placed.count, "numberReady": ready, "numberAvailable": ready,
            "numberUnavailable": nodes.count - ready, "updatedNumberScheduled": placed.filter(pods.isCurrent).count,
        ]
        var report = daemonSet
        report.observedGeneration = daemonSet.generation
        for (field, count) in counts { report.json["status", field] = JSONValue(count) }
        return report
    }
}
