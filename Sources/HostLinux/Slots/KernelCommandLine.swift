import Effects

/// What the boot loader told the kernel.
struct KernelCommandLine: Sendable, Hashable {
    static let slotParameter = "corbel.slot"

    /// The slot that was booted. Of several the last counts, as for the kernel; another value than `A` or `B` is none.
    let slot: SlotName?

    init(_ line: String) {
        slot = line.split(whereSeparator: \.isWhitespace).last { $0.hasPrefix("\(Self.slotParameter)=") }
            .flatMap { SlotName(rawValue: String($0.dropFirst(Self.slotParameter.count + 1))) }
    }
}
