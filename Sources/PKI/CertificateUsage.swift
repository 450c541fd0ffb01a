import X509

/// What a certificate may be shown for (RFC 5280, 4.2.1.12).
public enum CertificateUsage: String, Sendable, Hashable, CaseIterable {
    case serverAuthentication = "server authentication"
    case clientAuthentication = "client authentication"

    var extendedUsage: ExtendedKeyUsage.Usage {
        switch self {
        case .serverAuthentication: .serverAuth
        case .clientAuthentication: .clientAuth
        }
    }
}

/// What a certificate is to say of its holder. The issuer decides it; nothing of it comes from a signing request.
public struct CertificateProfile: Sendable, Hashable {
    public var subject: CertificateSubject
    public var usages: [CertificateUsage]
    /// Names that the holder may serve under; a first label of `*` stands for any.
    public var dnsNames: [String]
    /// IPv4 and IPv6 addresses that the holder may serve under, as text.
    public var addresses: [String]

    public init(
        _ subject: CertificateSubject, _ usages: [CertificateUsage], dnsNames: [String] = [], addresses: [String] = []
    ) {
        self.subject = subject
        self.usages = usages
        self.dnsNames = dnsNames
        self.addresses = addresses
    }

    /// For a server that is reached under these names and addresses.
    public static func server(_ commonName: String, dnsNames: [String], addresses: [String]) -> CertificateProfile {
        CertificateProfile(
            CertificateSubject(commonName: commonName), [.serverAuthentication], dnsNames: dnsNames,
            addresses: addresses)
    }

    /// For a user, a host or a component, with the groups that it belongs to.
    public static func client(_ commonName: String, organizations: [String] = []) -> CertificateProfile {
        CertificateProfile(
            CertificateSubject(commonName: commonName, organizations: organizations), [.clientAuthentication])
    }
}
