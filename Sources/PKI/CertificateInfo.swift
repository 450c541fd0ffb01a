public import CorbelAPI
import SwiftASN1
import X509

/// What a certificate says, read and ready to be checked.
public struct CertificateInfo: Sendable, Hashable {
    public let subject: CertificateSubject
    public let issuer: CertificateSubject
    public let dnsNames: [String]
    /// In canonical text (RFC 5952).
    public let addresses: [String]
    public let validity: CertificateValidity
    /// In lower-case hexadecimal.
    public let serialNumber: String
    /// The SHA-256 of the whole certificate in hexadecimal.
    public let fingerprint: String
    /// The SHA-256 of the public key, as in ``SigningRequest/publicKeyDigest``.
    public let publicKeyDigest: String
    /// Whether the certificate may issue others.
    public let isAuthority: Bool
    public let usages: [CertificateUsage]
    let certificate: Certificate

    /// Reads the one certificate of the text. Throws `badRequest` for anything else.
    public init(pem: PEM) throws(StatusError) {
        try self.init(pem.parse("the certificate") { try Certificate(pemDocument: $0) })
    }

    /// Reads DER, as a TLS connection hands over its peer's certificate. Throws `badRequest` for anything else.
    public init(der: [UInt8]) throws(StatusError) {
        guard der.count <= PEM.maximumBytes else {
            throw StatusError(.badRequest, "the certificate holds \(der.count) bytes")
        }
        try self.init(StatusError.mapping("the certificate cannot be read") { try Certificate(derEncoded: der) })
    }

    private init(_ certificate: Certificate) throws(StatusError) {
        let fields = try StatusError.mapping("the certificate cannot be read") { try Fields(certificate) }
        self.certificate = certificate
        subject = CertificateSubject(certificate.subject)
        issuer = CertificateSubject(certificate.issuer)
        validity = CertificateValidity(
            notBefore: Timestamp(certificate.notValidBefore), notAfter: Timestamp(certificate.notValidAfter))
        serialNumber = certificate.serialNumber.bytes.hexadecimal
        publicKeyDigest = try certificate.publicKey.digest()
        dnsNames = fields.dnsNames
        addresses = fields.addresses
        fingerprint = fields.fingerprint
        isAuthority = fields.isAuthority
        usages = fields.usages
    }
}

extension CertificateInfo {
    /// What stands in the extensions.
    private struct Fields {
        var dnsNames: [String] = []
        var addresses: [String] = []
        var fingerprint: String
        var isAuthority = false
        var usages: [CertificateUsage] = []

        init(_ certificate: Certificate) throws {
            var serializer = DER.Serializer()
            try serializer.serialize(certificate)
            fingerprint = SHA256Digest.hexadecimal(of: serializer.serializedBytes)
            for name in try certificate.extensions.subjectAlternativeNames ?? SubjectAlternativeNames() {
                switch name {
                case .dnsName(let name): dnsNames.append(name)
                case .ipAddress(let octets): IPAddress(bytes: octets.bytes).map { addresses.append($0.description) }
                default: break
                }
            }
            if case .isCertificateAuthority = try certificate.extensions.basicConstraints {
                isAuthority = try certificate.extensions.keyUsage?.keyCertSign ?? false
            }
            let listed = try certificate.extensions.extendedKeyUsage
            usages = CertificateUsage.allCases.filter { listed?.contains($0.extendedUsage) ?? false }
        }
    }
}
