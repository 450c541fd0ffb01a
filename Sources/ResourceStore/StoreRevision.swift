/// A moment in the life of a store: the number of the write that made it.
///
/// Revisions are one strictly increasing order over the whole store. An empty store stands at 1, so that 0, which
/// Kubernetes gives a meaning of its own, is never the revision of anything. A revision in decimal digits is the
/// `resourceVersion` of the object that its write stored.
public struct StoreRevision: RawRepresentable, Sendable, Hashable, Comparable {
    public var rawValue: Int64

    public init(rawValue: Int64) { self.rawValue = rawValue }

    public init(_ rawValue: Int64) { self.rawValue = rawValue }

    /// Reads a `resourceVersion`: decimal digits without a sign, and above zero.
    public init?(resourceVersion text: some StringProtocol) {
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let value = Int64(text), value > 0
        else { return nil }
        rawValue = value
    }

    /// Where a store without any write stands.
    public static let initial = StoreRevision(1)

    public var next: StoreRevision { StoreRevision(rawValue + 1) }

    public var resourceVersion: String { String(rawValue) }

    public static func < (left: StoreRevision, right: StoreRevision) -> Bool { left.rawValue < right.rawValue }
}

extension StoreRevision: ExpressibleByIntegerLiteral, CustomStringConvertible {
    public init(integerLiteral value: Int64) { self.init(value) }

    public var description: String { String(rawValue) }
}
