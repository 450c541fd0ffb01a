import APIServer
import CorbelAPI
import Effects
import HTTPFront
import HostRegistration
import PKI

/// Knows users by their client certificates, where the common name is the user and organizations are groups, and by
/// the bearer tokens that the centre has signed.
struct CentreAuthenticator: Authenticator {
    let authority: CertificateAuthority
    let tokens: AccessTokenVerifier
    let time: any TimeSource

    private let accepted = AcceptedCertificates<UserInfo>()

    init(authority: CertificateAuthority, tokens: AccessTokenVerifier, time: any TimeSource) {
        self.authority = authority
        self.tokens = tokens
        self.time = time
    }

    func authenticate(certificate: [UInt8]?, bearerToken: String?) async throws -> UserInfo {
        if let certificate {
            return try accepted.identity(of: certificate, at: time.now) { try user(of: $0) }
        }
        if let bearerToken { return try user(ofToken: bearerToken) }
        return .anonymous
    }

    func user(ofToken text: String) throws -> UserInfo {
        let claims = try tokens.claims(of: text, at: time.now)
        return UserInfo(
            name: claims.subject,
            groups: claims.groups.filter { $0 != UserInfo.authenticatedGroup }
                + [UserInfo.authenticatedGroup],
            extra: ["authentication.kubernetes.io/credential-id": ["JTI=\(claims.id)"]])
    }

    /// The transport has verified the chain when the connection began; the certificate may have ended since.
    private func user(of info: CertificateInfo) throws -> UserInfo {
        if let rejection = info.rejection(by: authority.info, for: .clientAuthentication, at: time.now) {
            throw StatusError(.unauthorized, "the client certificate is not accepted: \(rejection)")
        }
        let groups = info.subject.organizations.filter { $0 != "system:authenticated" } + ["system:authenticated"]
        return UserInfo(name: info.subject.commonName, groups: groups)
    }
}
