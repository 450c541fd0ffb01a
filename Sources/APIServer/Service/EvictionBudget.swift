import APIMachinery
import CorbelAPI
import Effects
import ResourceClient

extension ResourceService {
    /// Deletes a pod if the PodDisruptionBudgets that cover it allow (policy/v1 Eviction).
    ///
    /// - Throws: `tooManyRequests` while one forbids it.
    func evict(_ target: Target, _ options: DeleteOptions, _ context: WriteContext) async throws {
        var context = context
        context.isDryRun = context.isDryRun || options.isDryRun
        context.subresource = ""
        let pod = try await get(target)
        try ObjectWriting.check(options.preconditions, of: pod, definition: target.definition)
        try await EvictionBudget(service: self, isDryRun: context.isDryRun).consume(for: Pod(pod))
        _ = try await delete(target, options, context)
    }
}

/// Whether PodDisruptionBudgets let a pod go.
///
/// The allowance stands in the budget's status, where the disruption controller keeps it. An eviction takes one of it
/// by a write over the revision that it read, so two evictions never take the same one.
private struct EvictionBudget: Sendable {
    let service: ResourceService
    let isDryRun: Bool

    func consume(for pod: Pod) async throws {
        if pod.isFinished || !pod.isReady || pod.isDeleting { return }
        for _ in 0..<ResourceService.attempts {
            guard let budget = try await budget(of: pod) else { return }
            if try await take(from: budget, for: pod) { return }
        }
        throw StatusError(
            .tooManyRequests, "Cannot evict pod: its disruption budget changes too often.", retryAfter: .seconds(10))
    }

    private func budget(of pod: Pod) async throws -> Unstructured? {
        let page = try await service.list(
            ListQuery(definition: PodDisruptionBudget.definition, namespace: pod.namespace))
        let budgets = try page.items.filter { budget in
            try LabelSelector(object: budget.spec["selector"] ?? [:], at: "spec.selector").matches(pod.labels)
        }
        guard budgets.count <= 1 else {
            throw StatusError(
                .internalError,
                "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.")
        }
        return budgets.first
    }

    /// False where somebody else wrote the budget in the meantime.
    private func take(from budget: Unstructured, for pod: Pod) async throws -> Bool {
        var budget = budget
        let allowed = budget.status["disruptionsAllowed"]?.intValue ?? 0
        guard allowed > 0 else { throw refusal(by: budget) }
        budget.json["status", "disruptionsAllowed"] = JSONValue(allowed - 1)
        // The disruption controller may still see the pod as healthy when it counts next, and must not give this one
        // back.
        budget.json["status", "disruptedPods", pod.name] = .string(service.clock.now.rfc3339)
        let context = WriteContext(
            user: UserInfo(name: "system:apiserver", groups: []), manager: "eviction", isDryRun: isDryRun,
            subresource: "status")
        let target = Target(
            definition: PodDisruptionBudget.definition, namespace: budget.namespace, name: budget.name)
        do {
            _ = try await service.update(budget, at: target, context)
            return true
        } catch let error as StatusError where error.reason == .conflict {
            return false
        }
    }

    private func refusal(by budget: Unstructured) -> StatusError {
        StatusError(
            .tooManyRequests, "Cannot evict pod as it would violate the pod's disruption budget.",
            causes: [
                .init(
                    reason: "DisruptionBudget",
                    message: "The disruption budget \(budget.name) does not allow another pod to go.")
            ], retryAfter: .seconds(10))
    }
}
