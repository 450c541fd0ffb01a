import APIServer
import CorbelAPI
import Effects
import HTTPFront
import PKI

/// Knows users by client certificates of any of several authorities: the common name is the user, organizations are
/// groups.
struct SiteAuthenticator: Authenticator {
    private let authorities: [CertificateInfo]
    /// Certificates are judged by the world's time, as the TLS handshake does.
    private let time: any TimeSource

    /// - Parameter bundles: PEM, each with one certificate or several.
    init(bundles: [[UInt8]], time: any TimeSource) throws {
        authorities = try bundles.flatMap(Self.certificates).map { try CertificateInfo(pem: $0) }
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
        let info = try CertificateInfo(der: certificate)
        let rejections = authorities.map { info.rejection(by: $0, for: .clientAuthentication, at: time.now) }
        guard rejections.contains(where: { $0 == nil }) else {
            let reason = rejections.compactMap { $0 }.first.map { "\($0)" } ?? "no authority is configured"
            throw StatusError(.unauthorized, "the client certificate is not accepted: \(reason)")
        }
        let groups = info.subject.organizations.filter { $0 != "system:authenticated" } + ["system:authenticated"]
        return UserInfo(name: info.subject.commonName, groups: groups)
    }
}
