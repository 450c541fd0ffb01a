import CorbelAPI
import Effects
import Logging
import PKI
import ResourceClient

/// Approves and signs CertificateSigningRequests as ``SigningPolicy`` says (Kubernetes' controllers `csrapproving` and
/// `csrsigning`).
struct CertificateSigner: Sendable {
    private static let manager = "standin-certificate-signer"
    /// Between two looks.
    private static let interval: Duration = .milliseconds(500)

    let authority: CertificateAuthority
    let client: any ResourceClient
    /// The world's: certificates are judged by it.
    let time: any TimeSource
    let random: any RandomSource
    let logger: Logger

    /// Runs until it is cancelled.
    func run() async throws {
        while true {
            do {
                try await pass()
            } catch let error as StatusError {
                logger.debug("signing: \(error.message)")
            }
            try await time.sleep(for: Self.interval)
        }
    }

    /// Looks at every request once. A request that somebody else writes at the same time is left to the next pass.
    func pass() async throws {
        for request in try await client.list(CertificateSigningRequest.self) where SigningPolicy.isOpen(request) {
            do {
                try await carryOut(request)
            } catch let error as StatusError where error.reason == .conflict || error.reason == .notFound {
                logger.debug("signing \(request.name): \(error.message)")
            }
        }
    }

    private func carryOut(_ request: CertificateSigningRequest) async throws {
        let asked: SigningRequest
        do {
            asked = try SigningRequest(pem: PEM(bytes: request.request))
        } catch {
            return try await fail(request, error.message)
        }
        switch SigningPolicy.verdict(on: request, for: asked.claimedSubject) {
        case .leave: return
        case .sign(let profile, let validity, let approval):
            let approved = try await approve(request, approval)
            try await issue(profile, validity, to: asked, approved)
        case .deny(let reason):
            let condition = Condition(
                CertificateSigningRequest.denied, .isTrue, reason: "NotEntitled", message: reason)
            _ = try await write(condition, to: request, through: .approval)
        case .fail(let reason): try await fail(request, reason)
        }
    }

    private func approve(
        _ request: CertificateSigningRequest, _ reason: String?
    ) async throws -> CertificateSigningRequest {
        guard let reason else { return request }
        let condition = Condition(
            CertificateSigningRequest.approved, .isTrue, reason: "AutoApproved", message: reason)
        return try await write(condition, to: request, through: .approval)
    }

    private func issue(
        _ profile: CertificateProfile, _ validity: Duration, to asked: SigningRequest,
        _ request: CertificateSigningRequest
    ) async throws {
        let certificate = try authority.sign(asked, as: profile, now: time.now, validity: validity, random: random)
        var signed = request
        signed.certificate = certificate.bytes
        _ = try await client.updateStatus(signed, by: Self.manager)
        logger.info("signed \(request.name): \(profile.subject.commonName)")
    }

    private func fail(_ request: CertificateSigningRequest, _ reason: String) async throws {
        let condition = Condition(
            CertificateSigningRequest.failed, .isTrue, reason: "SignerValidationFailure", message: reason)
        _ = try await write(condition, to: request, through: .status)
    }

    private func write(
        _ condition: Condition, to request: CertificateSigningRequest, through subresource: Subresource
    ) async throws -> CertificateSigningRequest {
        var changed = request
        changed.set(condition, now: time.now)
        let options = WriteOptions(fieldManager: Self.manager)
        let written = try await client.update(Unstructured(changed), subresource: subresource, options)
        return CertificateSigningRequest(written)
    }
}
