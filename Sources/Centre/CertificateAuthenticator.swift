import APIServer
import CorbelAPI
import Effects
import HTTPFront
import HostRegistration
import PKI

/// Knows users by their client certificates: the common name is the user, organizations are groups.
struct CertificateAuthenticator: Authenticator {
    let authority: CertificateAuthority
    let time: any TimeSource

    private let accepted = AcceptedCertificates<UserInfo>()

    init(authority: CertificateAuthority, time: any TimeSource) {
        self.authority = authority
        self.time = time
    }

    func authenticate(certificate: [UInt8]?, bearerToken: String?) async throws -> UserInfo {
        if let certificate {
            return try accepted.identity(of: certificate, at: time.now) { try user(of: $0) }
        }
        guard bearerToken == nil else { throw StatusError(.unauthorized, "bearer tokens are not known to this server") }
        return .anonymous
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
