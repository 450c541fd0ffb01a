import CorbelAPI
import Effects
import HostPlan

/// What a machine has before any operating system runs: the boot variables and the decision which slot to start.
struct SimulatedFirmware: BootLoader {
    let files: any FileStore
    let directory: String

    func readBlock(_ index: Int) async throws -> [UInt8] {
        let path = path(index)
        return try await files.exists(path) ? files.read(path, limit: 4096) : []
    }

    func writeBlock(_ index: Int, _ bytes: [UInt8]) async throws {
        // A block is preallocated, as it is on a disk; what is written in place keeps its length.
        if try await !files.exists(path(index)) {
            try await files.writeDurably(path(index), [UInt8](repeating: 0, count: bytes.count), mode: 0o644)
        }
        try await files.writeInPlace(path(index), bytes)
    }

    private func path(_ index: Int) -> String { "\(directory)/block\(index)" }

    /// Chooses a slot as the boot loader does: what it writes is durable before the slot starts.
    func choose() async throws -> SlotName {
        let blocks = BootBlocks(first: try await readBlock(0), second: try await readBlock(1))
        let choice = BootChoice.choose(blocks)
        if let write = choice.write { try await writeBlock(write.copy, write.bytes) }
        return choice.slot == .a ? .a : .b
    }

    func initialize() async throws {
        let blocks = BootBlocks.initial(committed: .a)
        try await files.makeDirectory(directory, mode: 0o755)
        try await writeBlock(0, blocks.first)
        try await writeBlock(1, blocks.second)
    }
}
