import CorbelAPI

/// Judges one change for everybody who watches its kind. Reconcilers share what they leave unread, and trees are
/// compared once for all of them.
struct ChangeVerdicts {
    private let change: CacheChange
    private var verdicts: [(unread: [String], isDecisive: Bool)] = []

    init(_ change: CacheChange) { self.change = change }

    mutating func isDecisive(_ decisive: DecisiveChange) -> Bool {
        switch decisive {
        case .any: return true
        case .those(let concerns): return concerns(change)
        case .beside(let unread):
            if let known = verdicts.first(where: { $0.unread == unread }) { return known.isDecisive }
            let verdict = change.differs(besideStatus: unread)
            verdicts.append((unread, verdict))
            return verdict
        }
    }
}

extension CacheChange {
    fileprivate func differs(besideStatus unread: [String]) -> Bool {
        guard let old = old?.json, let new = new?.json else { return true }
        return Self.differ(old["metadata"], new["metadata"], beside: ["resourceVersion", "managedFields"])
            || Self.differ(old["status"], new["status"], beside: unread)
            || Self.differ(old, new, beside: ["metadata", "status"])
    }

    private static func differ(_ old: JSONValue?, _ new: JSONValue?, beside unread: [String]) -> Bool {
        guard let old = old?.objectValue, let new = new?.objectValue else { return old != new }
        if old == new { return false }
        let (before, after) = (
            old.lazy.filter { !unread.contains($0.key) }, new.lazy.filter { !unread.contains($0.key) }
        )
        return !before.elementsEqual(after) { $0.key == $1.key && $0.value == $1.value }
    }
}
