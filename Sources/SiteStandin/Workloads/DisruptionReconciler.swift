import APIMachinery
import ControlLoop
import CorbelAPI

/// The status of a PodDisruptionBudget: how many pods there should be, how many are healthy, and how many may go.
///
/// A pod that the API server has let go counts as gone although the cache still shows it (`status.disruptedPods`), for
/// two minutes at most: one eviction never uses the allowance of another.
struct DisruptionReconciler: Reconciler {
    private static let disruptionLimit: Duration = .seconds(120)

    let name = "disruption"
    let primary = PodDisruptionBudget.groupKind
    let watches = [
        WatchedKind(Pod.groupKind) { pod, snapshot in
            snapshot.list(PodDisruptionBudget.self, namespace: pod.namespace).map(\.key)
        },
        WatchedKind(Deployment.groupKind) { deployment, snapshot in
            snapshot.list(PodDisruptionBudget.self, namespace: deployment.namespace).map(\.key)
        },
    ]

    func reconcile(_ key: ObjectKey, in snapshot: Snapshot, now: Timestamp) -> Outcome {
        guard let budget = snapshot[key].map(PodDisruptionBudget.init(_:)), !budget.isDeleting else { return .done }
        let pods = snapshot.list(Pod.self, namespace: budget.namespace).filter {
            budget.covers($0) && !$0.isFinished
        }
        let disrupted = Self.disrupted(budget, pods, now)
        let expected = Self.expected(budget, pods, snapshot)
        let healthy = pods.filter { $0.isReady && !$0.isDeleting && disrupted[$0.name] == nil }.count
        let desired = budget.desiredHealthy(of: expected)
        let allowed = expected == 0 ? 0 : max(0, healthy - desired)
        var report = budget
        report.observedGeneration = budget.generation
        let counts = [
            "expectedPods": expected, "currentHealthy": healthy, "desiredHealthy": desired,
            "disruptionsAllowed": allowed,
        ]
        for (field, count) in counts { report.json["status", field] = JSONValue(count) }
        report.json["status", "disruptedPods"] = disrupted.isEmpty ? .none : .some(JSONValue(disrupted))
        let condition = Condition(
            "DisruptionAllowed", .init(allowed > 0), reason: allowed > 0 ? "SufficientPods" : "InsufficientPods",
            message: "\(healthy) pods are healthy and \(desired) must be", observedGeneration: budget.generation)
        report.set(condition, now: now)
        return Outcome(
            Intent.statusChange(from: budget, to: report), requeueAfter: disrupted.isEmpty ? nil : Self.disruptionLimit)
    }

    /// The evicted pods that are still to be seen, by name, and when they were evicted.
    private static func disrupted(_ budget: PodDisruptionBudget, _ pods: [Pod], _ now: Timestamp) -> [String: String] {
        let waiting = Set(pods.filter { !$0.isDeleting }.map(\.name))
        return (budget.status["disruptedPods"]?.stringMap ?? [:]).filter { name, time in
            guard waiting.contains(name), let evicted = Timestamp(rfc3339: time) else { return false }
            return now < evicted + disruptionLimit
        }
    }

    /// How many pods there should be: what the Deployments of the covered pods want, and all other pods as they are. A
    /// plain `minAvailable` counts the pods themselves, as in Kubernetes.
    private static func expected(_ budget: PodDisruptionBudget, _ pods: [Pod], _ snapshot: Snapshot) -> Int {
        if case .count = IntOrPercent(budget.spec["minAvailable"]) { return pods.count }
        let owners = Set(pods.compactMap { deployment(of: $0)?.key })
        let wanted = owners.compactMap { snapshot[$0].map { Deployment($0).replicas } }.reduce(0, +)
        return wanted + pods.filter { deployment(of: $0) == nil }.count
    }

    private static func deployment(of pod: Pod) -> Deployment? {
        guard let owner = pod.controllerReference, owner.groupKind == Deployment.groupKind else { return nil }
        return Deployment(namespace: pod.namespace, name: owner.name)
    }
}
