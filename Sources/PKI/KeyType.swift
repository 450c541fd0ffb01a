import CorbelAPI
import Crypto
import SwiftASN1
import X509

/// The kinds of keys that are accepted from outside.
public enum KeyType: Sendable, Hashable {
    case p256
    case p384
    case ed25519
    /// At least 2048 bits.
    case rsa(bits: Int)

    /// Throws `badRequest` for every other kind; `holder` stands for what the key was found in.
    init(of key: Certificate.PublicKey, in holder: String) throws(StatusError) {
        if P256.Signing.PublicKey(key) != nil {
            self = .p256
        } else if P384.Signing.PublicKey(key) != nil {
            self = .p384
        } else if Curve25519.Signing.PublicKey(key) != nil {
            self = .ed25519
        } else if P521.Signing.PublicKey(key) == nil, let bits = Self.bitsOfRSA(key), bits >= 2048 {
            self = .rsa(bits: bits)
        } else {
            throw StatusError(
                .badRequest, "\(holder) is of the kind \(key); allowed are P-256, P-384, Ed25519 and RSA from 2048 bits"
            )
        }
    }

    /// The length of the modulus, the first number of an `RSAPublicKey` (RFC 8017, A.1.1).
    private static func bitsOfRSA(_ key: Certificate.PublicKey) -> Int? {
        guard let node = try? DER.parse(key.subjectPublicKeyInfoBytes),
            case .constructed(let parts) = node.content,
            let first = parts.first(where: { $0.identifier == .integer }), case .primitive(let bytes) = first.content
        else { return nil }
        let modulus = bytes.drop { $0 == 0 }
        return modulus.first.map { modulus.count * 8 - $0.leadingZeroBitCount }
    }
}
