public import Effects

/// A token that a host registers with: `<id>.<secret>`, six and sixteen lower-case letters and digits, in the form of
/// Kubernetes' bootstrap tokens. The secret is worth 82 bits.
///
/// The id names the RegistrationToken and is no secret; of the secret only ``secretDigest`` is kept anywhere.
public struct RegistrationSecret: Sendable, CustomStringConvertible {
    public let id: String
    private let secret: String

    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789".utf8)

    /// A new token.
    public init(from random: some RandomSource) {
        id = Self.word(6, from: random)
        secret = Self.word(16, from: random)
    }

    /// Reads a token; `nil` for a text of another form.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 23, bytes[6] == UInt8(ascii: "."),
            bytes.enumerated().allSatisfy({ $0 == 6 || Self.alphabet.contains($1) })
        else { return nil }
        id = String(decoding: bytes[..<6], as: UTF8.self)
        secret = String(decoding: bytes[7...], as: UTF8.self)
    }

    /// The whole token: for the eyes of the one who asked for it, once.
    public var text: String { "\(id).\(secret)" }

    /// The SHA-256 of the secret in hexadecimal: what `RegistrationToken.spec.secretDigest` holds.
    public var secretDigest: String { SHA256Digest.hexadecimal(of: Array(secret.utf8)) }

    /// Whether the secret is the one behind a digest. Takes the same time wherever the two differ.
    public func matches(secretDigest expected: String) -> Bool {
        let left = Array(secretDigest.utf8)
        let right = Array(expected.utf8)
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// The id alone, so that no log shows the secret.
    public var description: String { "\(id).…" }

    /// Draws again where a byte would prefer some letters: 252 is the greatest multiple of 36 below 256.
    private static func word(_ count: Int, from random: some RandomSource) -> String {
        var letters: [UInt8] = []
        while letters.count < count {
            letters += random.bytes(count).filter { $0 < 252 }.map { alphabet[Int($0) % 36] }
        }
        return String(decoding: letters.prefix(count), as: UTF8.self)
    }
}
