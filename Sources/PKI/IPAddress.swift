/// The bytes of an IP address, for the names in a certificate (RFC 5280, 4.2.1.6).
struct IPAddress: Sendable, Hashable {
    /// Four bytes, or sixteen.
    let bytes: [UInt8]

    init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = Array(bytes)
    }

    /// Reads `192.0.2.1`, `2001:db8::1` or `::ffff:192.0.2.1`; no zone and no leading zeros in decimal numbers.
    init?(_ text: String) {
        guard text.utf8.count <= 45, let bytes = Self.version4(text[...]) ?? Self.version6(text) else { return nil }
        self.bytes = bytes
    }

    private static func version4(_ text: Substring) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let bytes = parts.compactMap { part in
            part.utf8.allSatisfy(\.isDecimalDigit) && (part.count == 1 || part.first != "0") ? UInt8(part) : nil
        }
        return parts.count == 4 && bytes.count == 4 ? bytes : nil
    }

    private static func version6(_ text: String) -> [UInt8]? {
        let halves = text.split(separator: "::", omittingEmptySubsequences: false)
        switch halves.count {
        case 1:
            guard let bytes = groups(halves[0]), bytes.count == 16 else { return nil }
            return bytes
        case 2:
            guard let left = groups(halves[0]), let right = groups(halves[1]), left.count + right.count <= 14 else {
                return nil
            }
            // An IPv4 address is the last part, and never stands before the gap.
            if halves[0].contains(".") { return nil }
            return left + [UInt8](repeating: 0, count: 16 - left.count - right.count) + right
        default: return nil
        }
    }

    /// The bytes of groups between colons; the last one may be an IPv4 address.
    private static func groups(_ text: Substring) -> [UInt8]? {
        if text.isEmpty { return [] }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var bytes: [UInt8] = []
        for (index, part) in parts.enumerated() {
            if index == parts.count - 1, let embedded = version4(part) {
                bytes += embedded
            } else if (1...4).contains(part.utf8.count), !part.hasPrefix("+"), let group = UInt16(part, radix: 16) {
                bytes += [UInt8(group >> 8), UInt8(group & 0xFF)]
            } else {
                return nil
            }
        }
        return bytes
    }
}

extension IPAddress: CustomStringConvertible {
    /// The canonical text (RFC 5952).
    var description: String {
        if bytes.count == 4 { return bytes.map { String($0) }.joined(separator: ".") }
        let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        guard let gap = Self.longestGap(in: groups) else { return Self.joined(groups[...]) }
        return Self.joined(groups[..<gap.lowerBound]) + "::" + Self.joined(groups[gap.upperBound...])
    }

    private static func joined(_ groups: ArraySlice<UInt16>) -> String {
        groups.map { String($0, radix: 16) }.joined(separator: ":")
    }

    /// The first of the longest runs of at least two zero groups.
    private static func longestGap(in groups: [UInt16]) -> Range<Int>? {
        var longest: Range<Int>?
        var start = 0
        while start < groups.count {
            let end = groups[start...].firstIndex { $0 != 0 } ?? groups.count
            if end - start >= 2, end - start > longest?.count ?? 0 { longest = start..<end }
            start = end + 1
        }
        return longest
    }
}

extension UInt8 {
    fileprivate var isDecimalDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
