/// A write of one copy of the boot variables. Nothing else may be touched by it.
public struct BootWrite: Sendable, Hashable {
    /// 0 or 1.
    public let copy: Int
    /// ``BootVariables/blockSize`` bytes, to be written in place and synced.
    public let bytes: [UInt8]
    public let variables: BootVariables
}

/// The two copies of the boot variables, as bytes.
public struct BootBlocks: Sendable, Hashable {
    private var copies: [Copy]

    /// A block, and what it says where it is whole.
    private struct Copy: Sendable, Hashable {
        let bytes: [UInt8]
        let variables: BootVariables?

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
            variables = BootVariables.decode(bytes)
        }
    }

    public var first: [UInt8] { copies[0].bytes }
    public var second: [UInt8] { copies[1].bytes }

    /// Any bytes may be given: what is no whole block counts as damaged.
    public init(first: [UInt8], second: [UInt8]) {
        copies = [Copy(first), Copy(second)]
    }

    /// Both copies of a new host.
    public static func initial(committed: Slot) -> BootBlocks {
        var blocks = BootBlocks(first: [], second: [])
        blocks.apply(blocks.write(BootVariables(committed: committed)))
        blocks.apply(blocks.write(BootVariables(committed: committed)))
        return blocks
    }

    /// The newer of the copies that are whole; `nil` when none is.
    public var current: BootVariables? { currentIndex.flatMap { copies[$0].variables } }

    /// Whether a copy is damaged or missing.
    public var isDamaged: Bool { copies.contains { $0.variables == nil } }

    /// The write that makes `variables` current. It goes over the copy that does not count, so that the other stays
    /// whole whatever becomes of the write.
    public func write(_ variables: BootVariables) -> BootWrite {
        var next = variables
        next.sequence = (current?.sequence ?? 0) &+ 1
        return BootWrite(copy: currentIndex.map { 1 - $0 } ?? 0, bytes: next.encode(), variables: next)
    }

    /// What a write that succeeded leaves.
    public mutating func apply(_ write: BootWrite) {
        copies[write.copy] = Copy(write.bytes)
    }

    private var currentIndex: Int? {
        copies.indices.filter { copies[$0].variables != nil }
            .max { (copies[$0].variables?.sequence ?? 0) < (copies[$1].variables?.sequence ?? 0) }
    }
}
