/// SHA-256 (FIPS 180-4) over bytes that name content.
///
/// A pure module may not link a library; digests name revisions within pure decisions. Nothing secret passes through
/// it.
public enum ContentDigest {
    /// `sha256:` and 64 hexadecimal digits.
    public static func sha256(_ bytes: [UInt8]) -> String {
        var state = Words.initial
        let padded = padding(bytes)
        for start in stride(from: 0, to: padded.count, by: 64) {
            compress(padded[start..<start + 64], into: &state)
        }
        let digits = state.inOrder.map { word in
            let text = String(word, radix: 16)
            return String(repeating: "0", count: 8 - text.count) + text
        }
        return "sha256:" + digits.joined()
    }

    private static let roundConstants: InlineArray<64, UInt32> = [
        0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
        0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
        0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
        0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
        0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
        0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
        0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
        0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
    ]

    private static func padding(_ bytes: [UInt8]) -> [UInt8] {
        let bitCount = UInt64(bytes.count) * 8
        let zeros = (119 - bytes.count % 64) % 64
        let length = (0..<8).map { UInt8(truncatingIfNeeded: bitCount >> (56 - 8 * UInt64($0))) }
        return bytes + [0x80] + [UInt8](repeating: 0, count: zeros) + length
    }

    private static func compress(_ block: ArraySlice<UInt8>, into state: inout Words) {
        let schedule = schedule(of: block)
        var words = state
        for round in 0..<64 { words.mix(roundConstants[round] &+ schedule[round]) }
        state.add(words)
    }

    private static func schedule(of block: ArraySlice<UInt8>) -> InlineArray<64, UInt32> {
        var schedule = InlineArray<64, UInt32>(repeating: 0)
        for index in 0..<16 {
            let first = block.startIndex + 4 * index
            let (high, low) = (UInt32(block[first]) << 8 | UInt32(block[first + 1]), UInt32(block[first + 2]))
            schedule[index] = high << 16 | low << 8 | UInt32(block[first + 3])
        }
        for index in 16..<64 {
            let (near, far) = (schedule[index - 2], schedule[index - 15])
            let small = far.rotated(7) ^ far.rotated(18) ^ far &>> 3
            let large = near.rotated(17) ^ near.rotated(19) ^ near &>> 10
            schedule[index] = schedule[index - 16] &+ small &+ schedule[index - 7] &+ large
        }
        return schedule
    }
}

/// The eight working variables of FIPS 180-4, by the names that they have there.
private struct Words {
    var a, b, c, d, e, f, g, h: UInt32

    static let initial = Words(
        a: 0x6a09_e667, b: 0xbb67_ae85, c: 0x3c6e_f372, d: 0xa54f_f53a, e: 0x510e_527f, f: 0x9b05_688c,
        g: 0x1f83_d9ab, h: 0x5be0_cd19)

    var inOrder: [UInt32] { [a, b, c, d, e, f, g, h] }

    mutating func add(_ other: Words) {
        (a, b, c, d) = (a &+ other.a, b &+ other.b, c &+ other.c, d &+ other.d)
        (e, f, g, h) = (e &+ other.e, f &+ other.f, g &+ other.g, h &+ other.h)
    }

    mutating func mix(_ addend: UInt32) {
        let first = h &+ (e.rotated(6) ^ e.rotated(11) ^ e.rotated(25)) &+ ((e & f) ^ (~e & g)) &+ addend
        let second = (a.rotated(2) ^ a.rotated(13) ^ a.rotated(22)) &+ ((a & b) ^ (a & c) ^ (b & c))
        (h, g, f, e) = (g, f, e, d &+ first)
        (d, c, b, a) = (c, b, a, first &+ second)
    }
}

extension UInt32 {
    fileprivate func rotated(_ bits: UInt32) -> UInt32 { self &>> bits | self &<< (32 &- bits) }
}
