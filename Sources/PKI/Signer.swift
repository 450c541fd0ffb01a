public import CorbelAPI
import Crypto
import SwiftASN1
import X509

/// Signs ClusterRevisions with Ed25519 (RFC 8032). A description never shows the key.
public struct Signer: Sendable, CustomStringConvertible {
    private let key: Certificate.PrivateKey

    /// A new key, from the kernel's randomness.
    public init() { key = Certificate.PrivateKey(Curve25519.Signing.PrivateKey()) }

    /// Reads a key as ``pem`` wrote it. Throws `badRequest` for anything but an Ed25519 key.
    public init(pem: PEM) throws(StatusError) {
        key = try pem.parse("the signing key") { try Certificate.PrivateKey(pemDocument: $0) }
        _ = try SignatureVerifier(key.publicKey)
    }

    /// The private key in PKCS #8, for a file that nobody else may read.
    public var pem: PEM {
        get throws(StatusError) { try PEM("the signing key", try key.serializeAsPEM()) }
    }

    /// The public half.
    public var verifier: SignatureVerifier {
        get throws(StatusError) { try SignatureVerifier(key.publicKey) }
    }

    /// The signature over `bytes`: 64 bytes.
    public func sign(_ bytes: [UInt8]) throws(StatusError) -> [UInt8] {
        try StatusError.mapping("cannot sign", to: .internalError) {
            try key.sign(bytes: bytes, signatureAlgorithm: .ed25519).rawRepresentation
        }
    }

    public var description: String { "signing key" }
}

/// Checks what a ``Signer`` has signed.
public struct SignatureVerifier: Sendable, Hashable {
    private let key: Certificate.PublicKey
    /// The SHA-256 of the public key in hexadecimal: names the key beside a signature.
    public let keyID: String

    /// Reads a public key. Throws `badRequest` for anything but an Ed25519 key.
    public init(pem: PEM) throws(StatusError) {
        try self.init(pem.parse("the verification key") { try Certificate.PublicKey(pemDocument: $0) })
    }

    fileprivate init(_ key: Certificate.PublicKey) throws(StatusError) {
        guard Curve25519.Signing.PublicKey(key) != nil else {
            throw StatusError(.badRequest, "the key is of the kind \(key); Ed25519 is needed")
        }
        self.key = key
        keyID = try key.digest()
    }

    /// The public key as a SubjectPublicKeyInfo.
    public var pem: PEM {
        get throws(StatusError) { try PEM("the verification key", try key.serializeAsPEM()) }
    }

    public func isValid(_ signature: [UInt8], for bytes: [UInt8]) -> Bool {
        key.isValidSignature(signature, for: bytes, signatureAlgorithm: .ed25519)
    }
}
