public import CorbelAPI

extension PodDisruptionBudget {
    /// Whether the budget is about the pod. A selector that cannot be read covers nothing.
    public func covers(_ pod: Pod) -> Bool { pod.namespace == namespace && selects(pod.labels) }

    /// Whether the budget is about pods of its namespace with these labels.
    public func selects(_ labels: [String: String]) -> Bool {
        guard let selector = spec["selector"] else { return false }
        do {
            return try LabelSelector(object: selector, at: "spec.selector").matches(labels)
        } catch {
            return false
        }
    }

    /// How many of the pods that there should be have to stay healthy. Shares are rounded up, as in Kubernetes.
    public func desiredHealthy(of expected: Int) -> Int {
        if let least = IntOrPercent(spec["minAvailable"]) { return least.value(of: expected, rounding: .up) }
        let most = IntOrPercent(spec["maxUnavailable"]) ?? .count(0)
        return max(0, expected - most.value(of: expected, rounding: .up))
    }
}
