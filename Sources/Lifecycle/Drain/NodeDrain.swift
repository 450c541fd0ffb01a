import ControlLoop
import CorbelAPI

/// Empties a node without breaking a PodDisruptionBudget: cordon, then evict what may go, and name what may not.
///
/// DaemonSet pods, mirror pods and finished pods stay, as with `kubectl drain --ignore-daemonsets`.
struct NodeDrain {
    enum State {
        case cordoning
        /// Pods are still there; the waits name those that a budget holds, with the budget.
        case draining([Wait])
        case drained
    }

    private let node: Node
    private let snapshot: Snapshot
    private let author: String
    private let since: Timestamp?

    /// `author` marks the cordon, so that nobody lifts another's.
    init(of node: Node, in snapshot: Snapshot, author: String, since: Timestamp? = nil) {
        self.node = node
        self.snapshot = snapshot
        self.author = author
        self.since = since
    }

    /// Takes the next step of the drain.
    func advance(_ decision: inout Decision) -> State {
        guard node.isUnschedulable else {
            var cordoned = node
            cordoned.isUnschedulable = true
            cordoned.annotations[Annotation.cordonedBy] = author
            decision.update(cordoned, from: node)
            return .cordoning
        }
        let pods = snapshot.list(Pod.self).filter(mustLeave)
        if pods.isEmpty { return .drained }
        var budgets = DisruptionBudgets(snapshot)
        var waits: [Wait] = []
        for pod in pods {
            if pod.isDeleting {
                waits.append(wait("PodTerminating", "the pod \(pod.namespace)/\(pod.name) is ending", pod, "it ends"))
            } else if let refusal = budgets.take(pod) {
                waits.append(
                    wait(
                        "EvictionRefused", "the pod \(pod.namespace)/\(pod.name) may not be evicted: \(refusal)", pod,
                        "another pod of the budget becomes ready, or somebody changes the budget"))
            } else {
                decision.evict(pod)
                waits.append(
                    wait("PodEvicting", "the pod \(pod.namespace)/\(pod.name) is being evicted", pod, "it ends"))
            }
        }
        return .draining(waits)
    }

    private func mustLeave(_ pod: Pod) -> Bool {
        pod.nodeName == node.name && !pod.isFinished && !pod.isMirror && !pod.isFromDaemonSet
    }

    private func wait(_ reason: String, _ message: String, _ pod: Pod, _ unblockedBy: String) -> Wait {
        Wait(reason, message, on: pod.key, since: since, unblockedBy: unblockedBy)
    }
}

/// Lifts the cordon that `author` set, and no other.
func uncordon(_ node: Node, author: String, _ decision: inout Decision) {
    guard node.annotation(Annotation.cordonedBy) == author else { return }
    var open = node
    open.isUnschedulable = false
    open.annotations[Annotation.cordonedBy] = nil
    decision.update(open, from: node)
}

/// The budgets of a snapshot, and how much of each one decision has used.
struct DisruptionBudgets {
    private var budgets: [(budget: PodDisruptionBudget, selector: PodSelector, left: Int)]

    init(_ snapshot: Snapshot) {
        budgets = snapshot.list(PodDisruptionBudget.self).map {
            ($0, PodSelector($0.spec["selector"]), $0.json["status", "disruptionsAllowed"]?.intValue ?? 0)
        }
    }

    /// Uses one disruption for the pod, or answers why there is none.
    mutating func take(_ pod: Pod) -> String? {
        let matching = budgets.indices.filter {
            budgets[$0].budget.namespace == pod.namespace && budgets[$0].selector.matches(pod.labels)
        }
        if matching.count > 1 {
            let names = matching.map { budgets[$0].budget.name }.joined(separator: ", ")
            return "it has more than one PodDisruptionBudget, which Kubernetes does not support: \(names)"
        }
        guard let index = matching.first else { return nil }
        guard budgets[index].left > 0 else {
            let status = budgets[index].budget.status
            let healthy = status["currentHealthy"]?.intValue ?? 0
            let needed = status["desiredHealthy"]?.intValue ?? 0
            return "the PodDisruptionBudget \(pod.namespace)/\(budgets[index].budget.name) allows no disruption: "
                + "\(healthy) pods are healthy and \(needed) must be"
        }
        budgets[index].left -= 1
        return nil
    }
}

/// A label selector (`metav1.LabelSelector`) as budgets have it: an empty one selects every pod, none selects no pod.
struct PodSelector {
    private let selector: JSONValue?

    init(_ selector: JSONValue?) { self.selector = selector }

    func matches(_ labels: [String: String]) -> Bool {
        guard let selector else { return false }
        let equal = selector["matchLabels"]?.stringMap ?? [:]
        let expressions = selector["matchExpressions"]?.arrayValue ?? []
        return equal.allSatisfy { labels[$0.key] == $0.value } && expressions.allSatisfy { holds($0, labels) }
    }

    private func holds(_ expression: JSONValue, _ labels: [String: String]) -> Bool {
        let value = labels[expression["key"]?.stringValue ?? ""]
        let values = expression["values"]?.stringList ?? []
        switch expression["operator"]?.stringValue {
        case "In": return value.map(values.contains) ?? false
        case "NotIn": return value.map { !values.contains($0) } ?? true
        case "Exists": return value != nil
        case "DoesNotExist": return value == nil
        default: return false
        }
    }
}
