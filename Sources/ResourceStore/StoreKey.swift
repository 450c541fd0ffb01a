/// Where an object stands in a store: `/corbel/<tenant>/<group>/<resource>/<namespace>/<name>`.
///
/// Keys are equal when their bytes are and sort by their bytes in UTF-8, whatever Unicode says about the characters: an
/// `é` in one scalar and an `é` in two are two keys. The same type serves as the prefix of a list or a watch. A prefix
/// selects by bytes alone: `/a/b` selects `/a/bc` too, so a prefix that means a folder ends in a slash.
public struct StoreKey: Sendable {
    public let text: String

    public init(_ text: String) {
        var text = text
        text.makeContiguousUTF8()
        self.text = text
    }

    /// A key from its bytes; `nil` where they are no UTF-8.
    public init?(utf8 bytes: some Sequence<UInt8>) {
        guard let text = String(validating: Array(bytes), as: UTF8.self) else { return nil }
        self.text = text
    }

    public var utf8: String.UTF8View { text.utf8 }

    public var isEmpty: Bool { text.isEmpty }

    public func hasPrefix(_ prefix: StoreKey) -> Bool {
        withBytes { bytes in
            prefix.withBytes { $0.count <= bytes.count && $0.elementsEqual(bytes.prefix($0.count)) }
        }
    }

    /// The first sequence of bytes that sorts behind every key with this prefix, as an exclusive end of a range. `nil`
    /// where there is none: every key has the empty prefix.
    public var prefixEnd: [UInt8]? {
        var end = Array(utf8)
        while let last = end.popLast() {
            if last < 0xFF { return end + [last + 1] }
        }
        return nil
    }

    func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        if let result = text.utf8.withContiguousStorageIfAvailable(body) { return result }
        return Array(text.utf8).withUnsafeBufferPointer(body)
    }
}

extension StoreKey: Hashable {
    public static func == (left: StoreKey, right: StoreKey) -> Bool {
        left.withBytes { left in right.withBytes { left.elementsEqual($0) } }
    }

    public func hash(into hasher: inout Hasher) {
        withBytes { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

extension StoreKey: Comparable {
    public static func < (left: StoreKey, right: StoreKey) -> Bool {
        left.withBytes { left in right.withBytes { left.lexicographicallyPrecedes($0) } }
    }
}

extension StoreKey: ExpressibleByStringInterpolation, CustomStringConvertible {
    public init(stringLiteral value: String) { self.init(value) }

    public var description: String { text }
}
