/// A hash that is the same in every process and on every machine (FNV-1a, 64 bits). It tells contents apart; it
/// protects nothing.
public enum StableHash {
    public static func of(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
