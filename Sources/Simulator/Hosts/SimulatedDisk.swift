import CorbelAPI
import HostPlan

/// What of a machine outlives its power: two slots, the boot loader's blocks, the agent's journal, and whether
/// Kubernetes has been set up.
struct SimulatedDisk {
    var slots: HostSlots
    var blocks = BootBlocks.initial(committed: .a)
    var journal: [UInt8] = HostJournal.encode([.committed(.a)])
    /// Whether the host holds what makes it a node, so that its services come up with it.
    var isMember = false
    var hasEtcdMember = false
    /// The version of Kubernetes that was set up last; empty where none was.
    var kubernetes = ""
    /// Whether a step that changes Kubernetes has ended halfway: its kubelet does not run.
    var isHalfChanged = false

    /// When the first of the certificates ends that its part of the control plane has, and its kubelet's own.
    var certificatesEnd = Timestamp(microseconds: .max)
    var kubeletCertificateEnds = Timestamp(microseconds: .max)

    /// A machine as it leaves the workshop.
    init(image: SlotContent) { slots = HostSlots(a: image) }

    /// The digest of what a slot holds whole.
    func digest(of slot: Slot) -> String? { slots[slot].flatMap { $0.isComplete ? $0.digest : nil } }

    /// Writes a copy of the boot variables; a torn write leaves half of it.
    mutating func apply(_ write: BootWrite, isTorn: Bool) {
        // With the other copy rotten, a torn one would leave none: two mishaps at once that no code survives.
        guard isTorn, !blocks.isDamaged else { return blocks.apply(write) }
        let half = BootVariables.blockSize / 2
        let old = write.copy == 0 ? blocks.first : blocks.second
        let torn = Array(write.bytes.prefix(half)) + old.dropFirst(half)
        blocks =
            write.copy == 0
            ? BootBlocks(first: torn, second: blocks.second) : BootBlocks(first: blocks.first, second: torn)
    }

    /// Lets a stored part rot; a `choice` picks which byte of it.
    mutating func rot(_ part: StoredPart, inUse: Slot, choice: Int) {
        switch part {
        case .variables:
            guard !blocks.isDamaged else { return }
            var copies = [blocks.first, blocks.second]
            copies[choice % 2][choice % BootVariables.blockSize] ^= 0x10
            blocks = BootBlocks(first: copies[0], second: copies[1])
        case .journal: if !journal.isEmpty { journal[choice % journal.count] ^= 0x10 }
        case .slot:
            let spare = inUse.other
            if blocks.current?.committed != spare { slots[spare]?.isComplete = false }
        }
    }

    mutating func setUp(_ state: HostState) {
        kubernetes = state.kubernetesVersion
        isHalfChanged = false
    }

    mutating func wipeKubernetes() {
        isMember = false
        hasEtcdMember = false
        kubernetes = ""
        isHalfChanged = false
        certificatesEnd = Timestamp(microseconds: .max)
        kubeletCertificateEnds = Timestamp(microseconds: .max)
    }

    mutating func append(_ entry: JournalEntry, isTorn: Bool) {
        let line = HostJournal.encode([entry])
        journal += isTorn ? Array(line.prefix(line.count / 2)) : line
    }

    mutating func write(_ content: SlotContent, to slot: Slot, isTorn: Bool) {
        var written = content
        written.isComplete = !isTorn
        slots[slot] = written
    }
}
