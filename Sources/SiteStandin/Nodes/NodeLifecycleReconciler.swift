import ControlLoop
import CorbelAPI

/// Judges nodes by their leases: a node whose lease is not renewed becomes Unknown and tainted, its pods stop counting
/// as ready, and leave it after a while (Kubernetes' node lifecycle and taint eviction controllers).
///
///     lease                     Ready      taints                pods
///     renewed                   kubelet's  not-ready where False as the kubelet says
///     not renewed for 40 s      Unknown    unreachable           not ready; deleted 60 s after the taint
///
/// A pod that tolerates a NoExecute taint stays, for `tolerationSeconds` where it says so.
struct NodeLifecycleReconciler: Reconciler {
    static let leaseNamespace = "kube-node-lease"
    static let silenceLimit: Duration = .seconds(40)
    /// How long pods without a word about it stay on a node that is not ready.
    static let evictionDelay: Duration = .seconds(60)

    let name = "node-lifecycle"
    let primary = Node.groupKind
    let watches = [
        WatchedKind(Lease.groupKind) { lease, _ in
            lease.namespace == NodeLifecycleReconciler.leaseNamespace ? [Node.key(name: lease.name)] : []
        },
        WatchedKind(Pod.groupKind) { pod, _ in Pod(pod).nodeName.map { [Node.key(name: $0)] } ?? [] },
    ]

    func reconcile(_ key: ObjectKey, in snapshot: Snapshot, now: Timestamp) -> Outcome {
        guard let node = snapshot[key].map(Node.init(_:)), !node.isDeleting else { return .done }
        let lease = snapshot.get(Lease.self, namespace: Self.leaseNamespace, name: node.name)
        let silence = now - (lease?.renewTime ?? node.creationTimestamp ?? now)
        if silence >= Self.silenceLimit, node.condition("Ready")?.status != .unknown {
            return Outcome([.updateStatus(Unstructured(Self.silent(node, now)))])
        }
        if let retainted = Self.retainted(node, now) { return Outcome([.update(Unstructured(retainted))]) }
        let pods = snapshot.list(Pod.self).filter { $0.nodeName == node.name && !$0.isDeleting }
        var outcome = evictions(from: node, pods, now)
        let untilSilent = Self.silenceLimit - silence
        if untilSilent > .zero { outcome.requeueAfter = min(untilSilent, outcome.requeueAfter ?? untilSilent) }
        return outcome
    }

    /// The node with every condition of the kubelet's Unknown.
    private static func silent(_ node: Node, _ now: Timestamp) -> Node {
        var silent = node
        let types = Set(node.conditions.map(\.type)).union(["Ready"])
        for type in types.sorted() {
            silent.set(
                Condition(type, .unknown, reason: "NodeStatusUnknown", message: "Kubelet stopped posting node status."),
                now: now)
        }
        return silent
    }

    /// The node with the taints that its Ready condition asks for, where it has others.
    private static func retainted(_ node: Node, _ now: Timestamp) -> Node? {
        let wanted: String? =
            switch node.condition("Ready")?.status {
            case .isTrue: nil
            case .unknown: Taint.unreachable
            default: Taint.notReady
            }
        let present = node.taints.filter(\.isOfCondition)
        let kept = present.filter { $0.key == wanted }
        let missing = [Taint.Effect.noSchedule, .noExecute].filter { effect in !kept.contains { $0.effect == effect } }
        let added = wanted.map { key in missing.map { Taint(key, $0, timeAdded: now) } } ?? []
        if added.isEmpty && kept.count == present.count { return nil }
        var retainted = node
        retainted.taints = node.taints.filter { !$0.isOfCondition } + kept + added
        return retainted
    }

    private func evictions(from node: Node, _ pods: [Pod], _ now: Timestamp) -> Outcome {
        var outcome = Outcome()
        for pod in pods {
            if node.condition("Ready")?.status == .unknown, pod.isReady {
                var lost = pod
                lost.set(Condition("Ready", .isFalse, reason: "NodeLost", message: "the node is unreachable"), now: now)
                outcome.intents.append(.updateStatus(Unstructured(lost)))
                continue
            }
            guard let departure = Self.departure(of: pod, from: node) else { continue }
            if departure <= now {
                outcome.intents.append(.delete(pod))
            } else {
                outcome.requeueAfter = min(departure - now, outcome.requeueAfter ?? departure - now)
            }
        }
        return outcome
    }

    /// When the pod leaves because of a NoExecute taint; `nil` where it stays.
    private static func departure(of pod: Pod, from node: Node) -> Timestamp? {
        if pod.isMirror || pod.isFinished { return nil }
        let tolerations = pod.spec.tolerations
        return node.taints.filter { $0.effect == .noExecute }.compactMap { taint -> Timestamp? in
            let start = taint.timeAdded ?? Timestamp(microseconds: 0)
            let matching = tolerations.filter { $0.tolerates(taint) }
            if matching.isEmpty { return start + (taint.isOfCondition ? evictionDelay : .zero) }
            return matching.compactMap(\.seconds).min().map { start + .seconds($0) }
        }.min()
    }
}
