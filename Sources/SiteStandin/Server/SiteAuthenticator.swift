import APIServer
import CorbelAPI
import Effects
import HTTPFront
import HostRegistration
import PKI

/// Knows users by client certificates of any of several authorities: the common name is the user, organizations are
/// groups.
///
/// A certificate by an authority of hosts is good for a host alone. Whoever holds the centre's key may send hosts,
/// which the site confines to what is their own; nobody becomes an administrator of the site by it.
struct SiteAuthenticator: Authenticator {
    private let authorities: [CertificateInfo]
    private let hostAuthorities: [CertificateInfo]
    /// Certificates are judged by the world's time, as the TLS handshake does.
    private let time: any TimeSource
    private let accepted = AcceptedCertificates<UserInfo>()

    /// - Parameters:
    ///   - bundles: PEM, each with one certificate or several.
    ///   - hostBundles: the same, of the authorities of hosts.
    init(bundles: [[UInt8]], hostBundles: [[UInt8]] = [], time: any TimeSource) throws {
        authorities = try bundles.flatMap(Self.certificates).map { try CertificateInfo(pem: $0) }
        hostAuthorities = try hostBundles.flatMap(Self.certificates).map { try CertificateInfo(pem: $0) }
        self.time = time
    }

    static func certificates(in bundle: [UInt8]) -> [PEM] {
        let end = "-----END CERTIFICATE-----"
        let text = String(decoding: bundle, as: UTF8.self)
        return text.split(separator: end, omittingEmptySubsequences: true).compactMap { part in
            guard let start = part.firstRange(of: "-----BEGIN CERTIFICATE-----") else { return nil }
            return PEM(text: String(part[start.lowerBound...]) + end + "\n")
        }
    }

    func authenticate(certificate: [UInt8]?, bearerToken: String?) async throws -> UserInfo {
        guard let certificate else {
            if bearerToken != nil { throw StatusError(.unauthorized, "bearer tokens are not known to this stand-in") }
            return .anonymous
        }
        return try accepted.identity(of: certificate, at: time.now) { try user(of: $0) }
    }

    private func user(of info: CertificateInfo) throws -> UserInfo {
        if rejection(of: info, by: authorities) == nil { return Self.user(info) }
        let reason = rejection(of: info, by: hostAuthorities)
        guard reason == nil else {
            let first = rejection(of: info, by: authorities) ?? reason
            throw StatusError(.unauthorized, "the client certificate is not accepted: \(first ?? "")")
        }
        guard let host = HostIdentity.confining(Self.user(info)) else {
            throw StatusError(
                .unauthorized, "the client certificate is not accepted: its authority may send hosts only")
        }
        return host
    }

    /// Why none of the authorities vouches for a certificate, or `nil` where one does.
    private func rejection(of info: CertificateInfo, by authorities: [CertificateInfo]) -> String? {
        let rejections = authorities.map { info.rejection(by: $0, for: .clientAuthentication, at: time.now) }
        if rejections.contains(nil) { return nil }
        return rejections.compactMap { $0 }.first.map { "\($0)" } ?? "no authority is configured"
    }

    private static func user(_ info: CertificateInfo) -> UserInfo {
        let groups = info.subject.organizations.filter { $0 != "system:authenticated" } + ["system:authenticated"]
        return UserInfo(name: info.subject.commonName, groups: groups)
    }
}
