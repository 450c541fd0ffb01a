/// One of the two places that hold an operating system.
public enum SlotName: String, Sendable, Hashable, CaseIterable, Comparable {
    case a = "A"
    case b = "B"

    public var other: SlotName { self == .a ? .b : .a }

    public static func < (left: SlotName, right: SlotName) -> Bool { left.rawValue < right.rawValue }
}

/// What a slot holds, or is to hold.
public struct SlotImage: Sendable, Hashable {
    /// The version of the operating system.
    public var version: String
    /// `sha256:` and the digest of the content in lower-case hexadecimal.
    public var digest: String
    public var byteCount: Int64

    public init(version: String, digest: String, byteCount: Int64) {
        self.version = version
        self.digest = digest
        self.byteCount = byteCount
    }
}

/// How a slot's content is. Whether it boots, and is good, is known to the boot variables and not to the store.
public enum SlotState: Sendable, Hashable {
    case empty
    /// Being written; of the image, this many first bytes are durable. Nothing may boot it.
    case partial(SlotImage, durableBytes: Int64)
    /// Written completely, read back and found to have the image's digest.
    case complete(SlotImage)
}

/// The slots of a host.
///
/// The slot that is booted cannot be written: no call names the slot to write, and the store always takes the other
/// one.
public protocol SlotStore: Sendable {
    /// The slot that this boot came from.
    func bootedSlot() async throws -> SlotName

    func content(of slot: SlotName) async throws -> SlotState

    /// How many bytes an image for the slot that is not booted may have; `nil` where only the file system limits it.
    func inactiveSlotCapacity() async throws -> Int64?

    /// Opens the slot that is not booted for this image. A partial content of the same image is continued; anything
    /// else in the slot is given up first, durably, so that a crash from here on leaves `empty` or `partial`.
    ///
    /// Throws `busy` while another writer is open, and `noSpace` when the image does not fit into the slot.
    func openInactiveSlot(for image: SlotImage) async throws -> any SlotWriter
}

/// Writes an image into the slot that is not booted. Used by one task at a time.
public protocol SlotWriter: Sendable {
    var slot: SlotName { get }

    /// How many first bytes of the image are durable: where to go on.
    func durableBytes() async throws -> Int64

    /// Writes the next bytes of the image; they are durable when the call returns. A crash leaves `partial`.
    func write(_ bytes: [UInt8]) async throws

    /// Reads the slot back from the disk, compares its digest with the image's and marks the content `complete`.
    ///
    /// A crash leaves `partial` or `complete`. Throws `invalid` when bytes are missing, and `corrupt` when the digest
    /// differs; the slot is `empty` then.
    func finish() async throws

    /// Closes the writer and keeps what is durable. Does nothing after ``finish()``.
    func close() async
}
