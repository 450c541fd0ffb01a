public import CorbelAPI
import Crypto
public import Effects
import SwiftASN1
import X509

/// Issues certificates. What it holds is a value: whoever keeps it stores ``certificate`` and ``privateKey`` as files.
///
/// The key is P-256 and never leaves the process but as ``privateKey``. No certificate outlives the authority's own,
/// and none may issue others.
public struct CertificateAuthority: Sendable {
    /// How long before the present a certificate begins to hold, for peers whose clocks are behind.
    public static let backdating = Duration.seconds(300)

    public let info: CertificateInfo
    /// The certificate that clients trust.
    public let certificate: PEM
    private let key: Certificate.PrivateKey

    /// Reads an authority as it was stored.
    ///
    /// Throws `badRequest` where one of the two cannot be read, they do not belong together, or the certificate is
    /// not that of an authority.
    public init(certificate: PEM, privateKey: PEM) throws(StatusError) {
        let key = try PrivateKey(pem: privateKey)
        let info = try CertificateInfo(pem: certificate)
        guard info.isAuthority else {
            throw StatusError(.badRequest, "the certificate of \(info.subject.commonName) is not that of an authority")
        }
        guard try key.publicKeyDigest == info.publicKeyDigest else {
            throw StatusError(
                .badRequest, "the private key does not belong to the authority \(info.subject.commonName)")
        }
        self.info = info
        self.certificate = certificate
        self.key = key.key
    }

    /// A new authority with a key of its own. `random` gives the serial number.
    public static func selfSigned(
        commonName: String, now: Timestamp, validity: Duration = .seconds(3650 * 86_400), random: some RandomSource
    ) throws(StatusError) -> CertificateAuthority {
        let key = PrivateKey()
        let subject = CertificateSubject(commonName: commonName)
        let certificate = try issuing(subject) {
            try Certificate(
                version: .v3, serialNumber: serialNumber(random), publicKey: key.key.publicKey,
                notValidBefore: (now - backdating).date, notValidAfter: (now + validity).date,
                issuer: subject.distinguishedName, subject: subject.distinguishedName,
                extensions: Certificate.Extensions {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                    Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                    SubjectKeyIdentifier(hash: key.key.publicKey)
                },
                issuerPrivateKey: key.key)
        }
        return try CertificateAuthority(
            certificate: PEM("the certificate", try certificate.serializeAsPEM()), privateKey: key.pem)
    }

    /// The private key in PKCS #8, for a file that nobody else may read.
    public var privateKey: PEM {
        get throws(StatusError) { try PEM("the authority's key", try key.serializeAsPEM()) }
    }

    /// Issues a certificate with a new key.
    public func issue(
        _ profile: CertificateProfile, now: Timestamp, validity: Duration, random: some RandomSource
    ) throws(StatusError) -> (certificate: PEM, privateKey: PrivateKey) {
        let key = PrivateKey()
        return (try issue(profile, to: key.key.publicKey, now: now, validity: validity, random: random), key)
    }

    /// Issues a certificate for the key of a signing request, and for nothing else of it: `profile` says who the holder
    /// is and what the certificate is for.
    public func sign(
        _ request: SigningRequest, as profile: CertificateProfile, now: Timestamp, validity: Duration,
        random: some RandomSource
    ) throws(StatusError) -> PEM {
        try issue(profile, to: request.publicKey, now: now, validity: validity, random: random)
    }

    private func issue(
        _ profile: CertificateProfile, to publicKey: Certificate.PublicKey, now: Timestamp, validity: Duration,
        random: some RandomSource
    ) throws(StatusError) -> PEM {
        guard info.validity.contains(now) else {
            let name = info.subject.commonName
            throw StatusError(.serviceUnavailable, "the authority \(name) holds until \(info.validity.notAfter) only")
        }
        let end = min(now + validity, info.validity.notAfter)
        let extensions = try extensions(for: profile, publicKey)
        let certificate = try Self.issuing(profile.subject) {
            try Certificate(
                version: .v3, serialNumber: Self.serialNumber(random), publicKey: publicKey,
                notValidBefore: (now - Self.backdating).date, notValidAfter: end.date,
                issuer: info.certificate.subject, subject: profile.subject.distinguishedName, extensions: extensions,
                issuerPrivateKey: key)
        }
        return try PEM("the certificate", try certificate.serializeAsPEM())
    }

    private func extensions(
        for profile: CertificateProfile, _ publicKey: Certificate.PublicKey
    ) throws(StatusError) -> Certificate.Extensions {
        let names = try profile.subjectAlternativeNames()
        return try Self.issuing(profile.subject) {
            try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage(profile.usages.map(\.extendedUsage))
                SubjectKeyIdentifier(hash: publicKey)
                AuthorityKeyIdentifier(keyIdentifier: SubjectKeyIdentifier(hash: key.publicKey).keyIdentifier)
                if !names.isEmpty { SubjectAlternativeNames(names) }
            }
        }
    }

    private static func issuing<Value>(
        _ subject: CertificateSubject, _ body: () throws -> Value
    ) throws(StatusError) -> Value {
        try StatusError.mapping("cannot issue the certificate of \(subject.commonName)", to: .internalError, body)
    }

    /// 19 random bytes with the top bit clear: positive, and within the 20 bytes that RFC 5280 allows.
    private static func serialNumber(_ random: some RandomSource) -> Certificate.SerialNumber {
        var bytes = random.bytes(19)
        bytes[0] = bytes[0] & 0x7F | 0x40
        return Certificate.SerialNumber(bytes: bytes)
    }
}

extension CertificateProfile {
    /// Throws `invalid` for a name or an address that cannot stand in a certificate, and for a profile without a use.
    fileprivate func subjectAlternativeNames() throws(StatusError) -> [GeneralName] {
        guard !subject.commonName.isEmpty, !usages.isEmpty, Set(usages).count == usages.count else {
            throw StatusError(.invalid, "a certificate needs a common name, and usages that differ from each other")
        }
        var names: [GeneralName] = []
        for name in dnsNames {
            guard Self.isDNSName(name) else { throw StatusError(.invalid, "\"\(name)\" is no DNS name") }
            names.append(.dnsName(name))
        }
        for text in addresses {
            guard let address = IPAddress(text) else { throw StatusError(.invalid, "\"\(text)\" is no IP address") }
            names.append(.ipAddress(ASN1OctetString(contentBytes: address.bytes[...])))
        }
        return names
    }

    private static func isDNSName(_ name: String) -> Bool {
        guard name.utf8.count <= 253 else { return false }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        return labels.enumerated().allSatisfy { index, label in
            if label == "*" { return index == 0 && labels.count > 1 }
            let isOfLetters = label.utf8.allSatisfy { $0 < 0x80 && ($0 == UInt8(ascii: "-") || $0.isLetterOrDigit) }
            return (1...63).contains(label.utf8.count) && isOfLetters && label.first != "-" && label.last != "-"
        }
    }
}

extension UInt8 {
    fileprivate var isLetterOrDigit: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
