import APIMachinery
import CorbelAPI
import ResourceClient

/// Whether PodDisruptionBudgets let a pod go (policy/v1).
///
/// The allowance stands in the budget's status, where the disruption controller keeps it. An eviction takes one of it by a
/// write over the revision that it read, so two evictions never take the same one.
struct EvictionBudget: Sendable {
    let service: ResourceService

    func consume(for pod: Pod) async throws {
        if pod.isFinished || !pod.isReady { return }
        let page = try await service.list(
            ListQuery(definition: PodDisruptionBudget.definition, namespace: pod.namespace))
        let budgets = try page.items.filter { budget in
            try LabelSelector(object: budget.spec["selector"] ?? [:], at: "spec.selector").matches(pod.labels)
        }
        guard budgets.count <= 1 else {
            throw StatusError(
                .internalError, "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.")
        }
        guard var budget = budgets.first else { return }
        let allowed = budget.status["disruptionsAllowed"]?.intValue ?? 0
        guard allowed > 0 else { throw refusal(by: budget) }
        budget.json["status", "disruptionsAllowed"] = JSONValue(allowed - 1)
        let context = WriteContext(
            user: UserInfo(name: "system:apiserver", groups: []), manager: "eviction", subresource: "status")
        let target = Target(
            definition: PodDisruptionBudget.definition, namespace: budget.namespace, name: budget.name)
        _ = try await service.update(budget, at: target, context)
    }

    private func refusal(by budget: Unstructured) -> StatusError {
        StatusError(
            .tooManyRequests, "Cannot evict pod as it would violate the pod's disruption budget.",
            causes: [
                .init(
                    reason: "DisruptionBudget", message: "The disruption budget \(budget.name) does not allow another pod to go.")
            ], retryAfter: .seconds(10))
    }
}
