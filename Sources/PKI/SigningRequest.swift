public import CorbelAPI
import SwiftASN1
import X509

/// A request to be given a certificate (PKCS #10, RFC 2986): a public key, and the proof that the requester has its
/// private half. Who the requester is, it proves nothing of.
public struct SigningRequest: Sendable {
    public static let maximumBytes = 16 * 1024

    public let pem: PEM
    /// What the requester calls itself. Nobody has checked it.
    public let claimedSubject: CertificateSubject
    public let keyType: KeyType
    /// The SHA-256 of the public key (its SubjectPublicKeyInfo) in hexadecimal: what an approval by hand approves.
    public let publicKeyDigest: String
    let publicKey: Certificate.PublicKey

    /// Reads a request from outside.
    ///
    /// Throws `badRequest` for what is too long or no request, for a key of another kind than ``KeyType`` allows, and
    /// for a signature that the key in the request did not make.
    public init(pem: PEM) throws(StatusError) {
        guard pem.text.utf8.count <= Self.maximumBytes else {
            let limit = "at most \(Self.maximumBytes) are allowed"
            throw StatusError(.badRequest, "the signing request holds \(pem.text.utf8.count) bytes, \(limit)")
        }
        let request = try pem.parse("the signing request") { try X509.CertificateSigningRequest(pemDocument: $0) }
        keyType = try KeyType(of: request.publicKey, in: "the key of the signing request")
        guard request.publicKey.isValidSignature(request.signature, for: request) else {
            throw StatusError(.badRequest, "the signing request is not signed with the key that it carries")
        }
        self.pem = pem
        claimedSubject = CertificateSubject(request.subject)
        publicKeyDigest = try request.publicKey.digest()
        publicKey = request.publicKey
    }

    /// A request for a key of our own.
    public init(_ subject: CertificateSubject, key: PrivateKey) throws(StatusError) {
        let request = try StatusError.mapping("cannot make the signing request", to: .internalError) {
            try X509.CertificateSigningRequest(
                version: .v1, subject: subject.distinguishedName, privateKey: key.key,
                attributes: X509.CertificateSigningRequest.Attributes())
        }
        try self.init(pem: PEM("the signing request", try request.serializeAsPEM()))
    }
}
