public import CorbelAPI

/// What each reconciler waits for at each of its objects.
public struct WaitBook: Sendable {
    private var waits: [String: [ObjectKey: [Wait]]] = [:]

    /// What a reconciler waits for, in the order of its objects.
    public func of(_ reconciler: String) -> [(key: ObjectKey, waits: [Wait])] {
        (waits[reconciler] ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    mutating func note(_ new: [Wait], of reconciler: String, at key: ObjectKey) -> Bool {
        guard waits[reconciler]?[key] ?? [] != new else { return false }
        waits[reconciler, default: [:]][key] = new.isEmpty ? nil : new
        return true
    }
}
