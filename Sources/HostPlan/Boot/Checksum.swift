/// CRC-32C (Castagnoli), as iSCSI (RFC 3720) and ext4 use it: finds torn and rotten records, and is no defence against
/// malice.
enum Checksum {
    static func crc32c(_ bytes: [UInt8]) -> UInt32 {
        let table = table
        var remainder: UInt32 = ~0
        var index = 0
        while index < bytes.count {
            remainder = table[Int((remainder ^ UInt32(bytes[index])) & 0xFF)] ^ (remainder &>> 8)
            index += 1
        }
        return ~remainder
    }

    /// Eight lower-case hexadecimal digits.
    static func text(of bytes: [UInt8]) -> String {
        let digits = String(crc32c(bytes), radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? (value >> 1) ^ 0x82F6_3B78 : value >> 1 }
    }
}
