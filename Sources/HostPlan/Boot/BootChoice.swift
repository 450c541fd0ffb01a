/// What the boot loader does with the boot variables. The boot loader's own script and the simulated one both follow
/// this.
///
///     copies           | slot started                                    | written before
///     both damaged     | A                                               | nothing
///     at least one     | the first in order that is good                 | nothing
///                      | the first in order that has tries left          | tries minus one
///                      | the committed one, when no slot may be started  | nothing
public struct BootChoice: Sendable, Hashable {
    public let slot: Slot
    /// What must be durable before the slot is started: without it a slot that never comes up would be tried for ever.
    public let write: BootWrite?

    public static func choose(_ blocks: BootBlocks) -> BootChoice {
        guard let variables = blocks.current else { return BootChoice(slot: .a, write: nil) }
        let slot = variables.order.first { variables[$0].isBootable } ?? variables.committed
        guard !variables[slot].isSuccessful, variables[slot].triesLeft > 0 else {
            return BootChoice(slot: slot, write: nil)
        }
        var next = variables
        next[slot].triesLeft -= 1
        return BootChoice(slot: slot, write: blocks.write(next))
    }
}
