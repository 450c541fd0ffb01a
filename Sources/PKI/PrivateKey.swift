public import CorbelAPI
import Crypto
import SwiftASN1
import X509

/// The private half of a key for TLS: P-256 when it is made here, and of any kind that ``KeyType`` allows when it is
/// read.
///
/// A description never shows the key.
public struct PrivateKey: Sendable, CustomStringConvertible {
    let key: Certificate.PrivateKey

    /// A new key, from the kernel's randomness.
    public init() { key = Certificate.PrivateKey(P256.Signing.PrivateKey()) }

    /// Reads PKCS #8, SEC 1 or PKCS #1.
    public init(pem: PEM) throws(StatusError) {
        key = try pem.parse("the private key") { try Certificate.PrivateKey(pemDocument: $0) }
        _ = try KeyType(of: key.publicKey, in: "the private key")
    }

    /// PKCS #8.
    public var pem: PEM {
        get throws(StatusError) { try PEM("the private key", try key.serializeAsPEM()) }
    }

    /// The SHA-256 of the public half (its SubjectPublicKeyInfo) in hexadecimal: by it a holder is known again.
    public var publicKeyDigest: String {
        get throws(StatusError) { try key.publicKey.digest() }
    }

    public var description: String { "private key" }
}

extension Certificate.PublicKey {
    func digest() throws(StatusError) -> String {
        try StatusError.mapping("cannot write the public key", to: .internalError) {
            SHA256Digest.hexadecimal(of: try serializeAsPEM().derBytes)
        }
    }
}
