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
    public var first: [UInt8]
    public var second: [UInt8]

    /// Any bytes may be given: what is no whole block counts as damaged.
    public init(first: [UInt8], second: [UInt8]) {
        self.first = first
        self.second = second
    }

    /// Both copies of a new host.
    public static func initial(committed: Slot) -> BootBlocks {
        var blocks = BootBlocks(first: [], second: [])
        blocks.apply(blocks.write(BootVariables(committed: committed)))
        blocks.apply(blocks.write(BootVariables(committed: committed)))
        return blocks
    }

    /// The newer of the copies that are whole; `nil` when none is.
    public var current: BootVariables? { currentCopy?.variables }

    /// Whether a copy is damaged or missing.
    public var isDamaged: Bool { [first, second].contains { BootVariables.decode($0) == nil } }

    /// The write that makes `variables` current. It goes over the copy that does not count, so that the other stays whole
    /// whatever becomes of the write.
    public func write(_ variables: BootVariables) -> BootWrite {
        var next = variables
        next.sequence = (current?.sequence ?? 0) &+ 1
        let copy = currentCopy.map { 1 - $0.index } ?? 0
        return BootWrite(copy: copy, bytes: next.encode(), variables: next)
    }

    /// What a write that succeeded leaves.
    public mutating func apply(_ write: BootWrite) {
        if write.copy == 0 { first = write.bytes } else { second = write.bytes }
    }

    private var currentCopy: (index: Int, variables: BootVariables)? {
        let copies = [first, second].enumerated().compactMap { index, bytes in
            BootVariables.decode(bytes).map { (index: index, variables: $0) }
        }
        return copies.max { $0.variables.sequence < $1.variables.sequence }
    }
}
