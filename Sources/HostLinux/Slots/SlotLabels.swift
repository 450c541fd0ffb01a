import Effects

/// The two copies of a slot's label, in the last two blocks of its device.
///
/// A write goes over the copy that does not count, so that a torn one leaves the other whole.
struct SlotLabels: Sendable {
    private var copies: [SlotLabel?]
    private let start: Int64

    /// How long an image may be: what is left of a device before its labels.
    static func capacity(of device: any BlockDevice) -> Int64 {
        let block = Int64(SlotLabel.blockSize)
        return max(0, device.byteCount / block * block - 2 * block)
    }

    /// - Throws: `invalid` when the device has no room for labels.
    init(reading device: any BlockDevice) async throws {
        start = Self.capacity(of: device)
        copies = []
        for copy in 0..<2 {
            let block = try await device.read(at: offset(of: copy), count: SlotLabel.blockSize)
            copies.append(SlotLabel.decode(block))
        }
    }

    /// What the newer of the whole copies says; `empty` without one.
    var state: SlotState { current.flatMap { copies[$0]?.state } ?? .empty }

    /// Writes a state over the copy that does not count, and answers what is there then. A write that fails leaves this
    /// value as true as before: the copy that counts was not touched.
    func writing(_ state: SlotState, to device: any BlockDevice) async throws -> SlotLabels {
        let newest = current
        let target = newest.map { 1 - $0 } ?? 0
        let label = SlotLabel(generation: (newest.flatMap { copies[$0]?.generation } ?? 0) &+ 1, state: state)
        try await device.write(label.encoded, at: offset(of: target))
        var written = self
        written.copies[target] = label
        return written
    }

    /// Writes a state over both copies, one after the other: no damage to one of them brings the old state back.
    func writingBoth(_ state: SlotState, to device: any BlockDevice) async throws -> SlotLabels {
        try await writing(state, to: device).writing(state, to: device)
    }

    private var current: Int? {
        copies.indices.filter { copies[$0] != nil }
            .max { (copies[$0]?.generation ?? 0) < (copies[$1]?.generation ?? 0) }
    }

    private func offset(of copy: Int) -> Int64 { start + Int64(copy * SlotLabel.blockSize) }
}
