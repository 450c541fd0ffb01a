/// The place where the running system and the boot loader keep what they tell each other: two blocks, each written in
/// place.
///
/// What the blocks say is decided elsewhere. They are two so that a write that a power cut tears leaves the other
/// whole.
public protocol BootLoader: Sendable {
    /// The bytes of block 0 or 1, as the boot loader would read them if the machine were reset now; empty for a block
    /// that was never written.
    func readBlock(_ index: Int) async throws -> [UInt8]

    /// Overwrites block 0 or 1 in place; durable when the call returns. A crash leaves the old bytes, the new ones, or
    /// a mixture.
    func writeBlock(_ index: Int, _ bytes: [UInt8]) async throws
}
