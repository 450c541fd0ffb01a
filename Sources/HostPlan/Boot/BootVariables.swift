/// What the boot loader knows of the slots.
///
/// Kept twice, each copy in a block of its own with a sequence number and a checksum (``BootBlocks``). A write goes
/// over the older copy in place, so that a torn write leaves the newer one whole. Writing in place matters: a boot
/// loader does not replay a file system's journal, and so does not see a file that was just replaced by renaming.
public struct BootVariables: Sendable, Hashable {
    /// What the boot loader may do with one slot.
    public struct SlotFlags: Sendable, Hashable {
        /// How many more times the boot loader may start the slot before it has been found good. It counts down before
        /// each.
        public var triesLeft: Int
        /// Whether the agent has found the slot good. A good slot is started without counting.
        public var isSuccessful: Bool
        /// Whether the agent has found the slot bad. A bad slot is not started.
        public var isFailed: Bool

        public init(triesLeft: Int = 0, isSuccessful: Bool = false, isFailed: Bool = false) {
            self.triesLeft = triesLeft
            self.isSuccessful = isSuccessful
            self.isFailed = isFailed
        }

        /// Whether the boot loader may start the slot.
        var isBootable: Bool { !isFailed && (isSuccessful || triesLeft > 0) }
    }

    /// Rises with every write. The copy with the higher number counts.
    public var sequence: UInt64
    /// The slot that is known to be good, and that is never written.
    public var committed: Slot
    /// The slot that the boot loader tries first.
    public var first: Slot
    public var a: SlotFlags
    public var b: SlotFlags

    /// The variables of a host that has booted `committed` and nothing else yet.
    public init(committed: Slot) {
        sequence = 1
        self.committed = committed
        first = committed
        a = SlotFlags()
        b = SlotFlags()
        self[committed].isSuccessful = true
    }

    init(sequence: UInt64, committed: Slot, first: Slot, a: SlotFlags, b: SlotFlags) {
        self.sequence = sequence
        self.committed = committed
        self.first = first
        self.a = a
        self.b = b
    }

    public subscript(slot: Slot) -> SlotFlags {
        get { slot == .a ? a : b }
        set {
            switch slot {
            case .a: a = newValue
            case .b: b = newValue
            }
        }
    }

    /// The slots in the order in which the boot loader tries them.
    public var order: [Slot] { [first, first.other] }
}

extension BootVariables {
    /// Keeps the boot loader away from a slot that is about to be written.
    func closing(_ spare: SpareSlot) -> BootVariables {
        var next = self
        next.first = committed
        next[spare.slot] = SlotFlags()
        return next
    }

    /// Lets the boot loader try `slot` up to `tries` times; after that it goes back to the committed one by itself.
    func trying(_ slot: Slot, tries: Int) -> BootVariables {
        var next = self
        next.first = slot
        next[slot] = SlotFlags(triesLeft: tries)
        return next
    }

    /// Goes back to the committed slot with the next boot.
    func returning(from slot: Slot, isFailed: Bool) -> BootVariables {
        precondition(slot != committed, "a host cannot go back from its committed slot")
        var next = self
        next.first = committed
        next[slot] = SlotFlags(isFailed: isFailed)
        return next
    }

    /// Makes `slot` the good one.
    func committing(_ slot: Slot) -> BootVariables {
        var next = self
        next.committed = slot
        next.first = slot
        next[slot] = SlotFlags(isSuccessful: true)
        return next
    }
}
