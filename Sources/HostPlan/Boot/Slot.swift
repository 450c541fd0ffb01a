public import CorbelAPI

/// One of the two places that hold an operating system with its Kubernetes binaries.
public enum Slot: String, Sendable, Hashable, CaseIterable {
    case a = "A"
    case b = "B"

    public var other: Slot { self == .a ? .b : .a }
}

/// The slot that may be written: neither booted nor committed.
///
/// Only this module makes one, and only while there is such a slot. An action that writes a slot carries a `SpareSlot`,
/// so that writing the only good slot cannot be expressed.
public struct SpareSlot: Sendable, Hashable {
    public let slot: Slot

    /// - Returns: `nil` while the booted slot is on trial: then one slot is in use and the other is the only good one.
    init?(booted: Slot, committed: Slot) {
        guard booted == committed else { return nil }
        slot = committed.other
    }
}

/// What a slot holds, as the label says that is written after everything else in the slot.
public struct SlotContent: Sendable, Hashable {
    public var version: String
    /// The digest of the image that the slot was written from, `sha256:` and 64 hexadecimal digits.
    public var digest: String
    /// Whether the slot was written to its end.
    public var isComplete: Bool

    public init(version: String, digest: String, isComplete: Bool = true) {
        self.version = version
        self.digest = digest
        self.isComplete = isComplete
    }

    public init?(json: JSONValue) {
        guard let digest = json["digest"]?.stringValue else { return nil }
        self.init(
            version: json["version"]?.stringValue ?? "", digest: digest,
            isComplete: json["state"]?.stringValue == Self.completeState)
    }

    public var json: JSONValue {
        [
            "version": .string(version), "digest": .string(digest),
            "state": .string(isComplete ? Self.completeState : "Incomplete"),
        ]
    }

    private static let completeState = "Complete"
}

/// What both slots hold; nothing where a slot has no readable label.
public struct HostSlots: Sendable, Hashable {
    public var a: SlotContent?
    public var b: SlotContent?

    public init(a: SlotContent? = nil, b: SlotContent? = nil) {
        self.a = a
        self.b = b
    }

    public subscript(slot: Slot) -> SlotContent? {
        get { slot == .a ? a : b }
        set {
            switch slot {
            case .a: a = newValue
            case .b: b = newValue
            }
        }
    }
}
