public import CorbelAPI
import SwiftASN1
import X509

/// Why a certificate is not accepted.
public enum CertificateRejection: Sendable, Hashable {
    /// Another authority has issued it, or somebody who pretended to be this one.
    case notIssuedByAuthority(String)
    case notYetValid(notBefore: Timestamp)
    case expired(notAfter: Timestamp)
    case authorityNotValid(CertificateValidity)
    case wrongUsage(CertificateUsage)
    /// It restricts itself in a way that this code does not know.
    case unknownCriticalExtension(String)
}

extension CertificateRejection: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notIssuedByAuthority(let name): "the certificate is not issued by \(name)"
        case .notYetValid(let notBefore): "the certificate holds from \(notBefore) on"
        case .expired(let notAfter): "the certificate expired at \(notAfter)"
        case .authorityNotValid(let validity):
            "the authority's certificate holds from \(validity.notBefore) to \(validity.notAfter)"
        case .wrongUsage(let usage): "the certificate is not for \(usage.rawValue)"
        case .unknownCriticalExtension(let identifier):
            "the certificate has the unknown critical extension \(identifier)"
        }
    }
}

extension CertificateInfo {
    /// Checks a chain of two: this certificate, issued by `authority`, shown at `now` for `usage`.
    ///
    /// Answers the first reason to refuse it, or `nil` when it is good. Whether the holder has the private key is for
    /// the TLS handshake to find out, and revocation for the caller.
    public func rejection(
        by authority: CertificateInfo, for usage: CertificateUsage, at now: Timestamp
    ) -> CertificateRejection? {
        guard authority.isAuthority, authority.certificate.subject == certificate.issuer,
            authority.certificate.publicKey.isValidSignature(certificate.signature, for: certificate)
        else { return .notIssuedByAuthority(authority.subject.commonName) }
        guard authority.validity.contains(now) else { return .authorityNotValid(authority.validity) }
        if now < validity.notBefore { return .notYetValid(notBefore: validity.notBefore) }
        if now > validity.notAfter { return .expired(notAfter: validity.notAfter) }
        if let unknown = certificate.extensions.first(where: { $0.critical && !Self.known.contains($0.oid) }) {
            return .unknownCriticalExtension("\(unknown.oid)")
        }
        return usages.contains(usage) ? nil : .wrongUsage(usage)
    }

    /// The extensions that are read here.
    private static let known: [ASN1ObjectIdentifier] = [
        .X509ExtensionID.basicConstraints, .X509ExtensionID.keyUsage, .X509ExtensionID.extendedKeyUsage,
        .X509ExtensionID.subjectAlternativeName, .X509ExtensionID.subjectKeyIdentifier,
        .X509ExtensionID.authorityKeyIdentifier,
    ]
}
