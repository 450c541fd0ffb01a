import Crypto

/// SHA-256 (FIPS 180-4), at once or piece by piece.
public struct SHA256Digest: Sendable {
    private var state = SHA256()

    public init() {}

    public mutating func update(_ bytes: [UInt8]) { state.update(data: bytes) }

    /// The digest of what was given so far: 64 lower-case hexadecimal digits.
    public var hexadecimal: String { state.finalize().hexadecimal }

    /// The digest of `bytes`: 64 lower-case hexadecimal digits.
    public static func hexadecimal(of bytes: [UInt8]) -> String { SHA256.hash(data: bytes).hexadecimal }
}

extension Sequence<UInt8> {
    /// Two lower-case digits a byte.
    var hexadecimal: String { map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
}
