import HostPlan

/// What a host's agent has committed, and what it may still take for committed: one that was told of an error cannot
/// know whether the commit has happened.
struct CommitRecord {
    private var last = Slot.a
    private var before = Slot.a
    private var isInDoubt = false

    mutating func commits(_ slot: Slot) {
        if slot == last { return }
        (before, last, isInDoubt) = (last, slot, false)
    }

    mutating func fails() { isInDoubt = true }

    func holds(_ slot: Slot) -> Bool { slot == last || isInDoubt && slot == before }
}
