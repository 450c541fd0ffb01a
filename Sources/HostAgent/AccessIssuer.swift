import APIMachinery
import CorbelAPI
import Effects
import Logging
import PKI
import ResourceClient

/// Lets people into the site whom the centre sends: carries their requests for certificates to the site's own signer,
/// and the certificates back.
///
///     centre                                    site
///     request of corbel.dev/site    ──────▶     request of kubernetes.io/kube-apiserver-client, approved here
///     status.certificate            ◀──────     status.certificate; then the copy is deleted
///
/// A key is on neither side: it stays with the one who asks. What may be asked for, the site decides (``AccessPolicy``).
struct AccessIssuer: Sendable {
    private static let manager = "access-issuer"
    /// On the site's copies: the UID of the request at the centre.
    private static let originLabel = "corbel.dev/access-request"
    /// How often, and after which time, a pass looks whether the site's signer has signed.
    private static let looks = 12
    private static let interval: Duration = .milliseconds(250)

    let namespace: String
    let site: any ResourceClient
    let centre: any ResourceClient
    let time: any TimeSource
    let logger: Logger

    /// Answers what has been asked since; the link's other end is asked every time anew.
    func pass() async throws {
        var open: Set<String> = []
        for cluster in try await site.list(EdgeCluster.self, namespace: namespace) {
            for request in try await requests(for: cluster) where try await !answer(request, of: cluster) {
                open.insert(request.uid)
            }
        }
        try await deleteCopies(except: open)
    }

    /// The requests at the centre that still want an answer from this cluster's site.
    private func requests(for cluster: EdgeCluster) async throws -> [CertificateSigningRequest] {
        var options = ListOptions()
        options.labelSelector =
            "\(WellKnown.clusterName)=\(cluster.name),\(WellKnown.clusterNamespace)=\(cluster.namespace)"
        return try await centre.list(CertificateSigningRequest.groupKind, options).items
            .map { CertificateSigningRequest($0) }
            .filter { $0.isForSite(ofCluster: cluster.name, in: cluster.namespace) && !$0.isFinished && !$0.isDeleting }
    }

    /// Whether the request has its answer now.
    private func answer(_ request: CertificateSigningRequest, of cluster: EdgeCluster) async throws -> Bool {
        let asked: SigningRequest
        do {
            asked = try SigningRequest(pem: PEM(bytes: request.request))
        } catch {
            return try await refuse(request, "spec.request: \(error.message)")
        }
        if let problem = AccessPolicy.problem(of: request, for: asked.claimedSubject, at: cluster) {
            return try await refuse(request, problem)
        }
        let signed = try await signature(for: request)
        if let certificate = signed.certificate {
            var answered = request
            answered.certificate = certificate
            _ = try await centre.updateStatus(answered, by: Self.manager)
            logger.notice("\(request.userName) was given a certificate of \(cluster.name)")
            return true
        }
        guard signed.isFinished else { return false }
        let reasons = [CertificateSigningRequest.denied, CertificateSigningRequest.failed]
            .compactMap { signed.condition($0)?.message }
        return try await refuse(request, "the site's signer refuses: \(reasons.joined(separator: "; "))")
    }

    /// The site's copy, approved; with the certificate where its signer is quick.
    private func signature(for request: CertificateSigningRequest) async throws -> CertificateSigningRequest {
        let wanted = AccessPolicy.copy(of: request, labelled: [Self.originLabel: request.uid])
        if let present = try await site.find(CertificateSigningRequest.self, name: wanted.name) {
            return present.isApproved || present.isFinished ? present : try await approve(present, for: request)
        }
        var copy = try await approve(try await site.create(wanted, by: Self.manager), for: request)
        for _ in 0..<Self.looks where !copy.isFinished {
            try await time.sleep(for: Self.interval)
            copy = CertificateSigningRequest(try await site.get(wanted.key))
        }
        return copy
    }

    private func approve(
        _ copy: CertificateSigningRequest, for request: CertificateSigningRequest
    ) async throws -> CertificateSigningRequest {
        var approved = copy
        approved.set(
            Condition(
                CertificateSigningRequest.approved, .isTrue, reason: "AskedThroughCentre",
                message: "\(request.userName) asked for it at the centre"), now: time.now)
        let options = WriteOptions(fieldManager: Self.manager)
        let written = try await site.update(Unstructured(approved), subresource: .approval, options)
        return CertificateSigningRequest(written)
    }

    /// Always true: a refusal is an answer.
    private func refuse(_ request: CertificateSigningRequest, _ reason: String) async throws -> Bool {
        var refused = request
        refused.set(
            Condition(CertificateSigningRequest.failed, .isTrue, reason: "SiteRefuses", message: reason), now: time.now)
        _ = try await centre.updateStatus(refused, by: Self.manager)
        logger.notice("\(request.userName) was refused a certificate: \(reason)")
        return true
    }

    /// Deletes the copies that were answered, and those whose request is gone.
    private func deleteCopies(except open: Set<String>) async throws {
        for copy in try await site.list(CertificateSigningRequest.self) {
            guard let origin = copy.labels[Self.originLabel], !open.contains(origin) else { continue }
            do {
                try await site.delete(copy.key, DeleteOptions())
            } catch let error as StatusError where error.reason == .notFound {
                continue
            }
        }
    }
}

/// What a site gives to people whom the centre sends.
enum AccessPolicy {
    /// The longest that such a certificate holds: whoever is no longer let in at the centre is out of the site a day
    /// later, without any list of revoked certificates.
    static let longest: Duration = .seconds(86_400)
    private static let preset: Duration = .seconds(8 * 3600)
    private static let shortest: Duration = .seconds(600)

    private static let usages: Set<String> = ["client auth", "digital signature", "key encipherment"]

    /// Why the site does not give this, or `nil` where it does.
    ///
    /// - Parameter subject: what the request claims to be for.
    static func problem(
        of request: CertificateSigningRequest, for subject: CertificateSubject, at cluster: EdgeCluster
    ) -> String? {
        if cluster.json["status", "authority"]?.stringValue == "Site" {
            return "the site is under its own authority, and lets nobody in on the centre's word"
        }
        guard subject.commonName == request.userName else {
            return "\(request.userName) asks for the certificate of \"\(subject.commonName)\""
        }
        // Names that the site's own components and hosts are known by.
        if ["system:", "corbel:host:"].contains(where: { subject.commonName.hasPrefix($0) }) {
            return "\"\(subject.commonName)\" is no name of a person"
        }
        let roles = CertificateSigningRequest.SiteRole.allCases.map(\.rawValue)
        guard subject.organizations.count == 1, roles.contains(subject.organizations[0]) else {
            return "the organization must be \(roles.joined(separator: " or ")), and no other"
        }
        let others = request.usages.filter { !usages.contains($0) }
        return others.isEmpty ? nil : "a person's certificate is not for \(others.joined(separator: ", "))"
    }

    /// The request as the site's signer gets it.
    static func copy(
        of request: CertificateSigningRequest, labelled labels: [String: String]
    ) -> CertificateSigningRequest {
        var copy = CertificateSigningRequest(name: "corbel-access-\(request.uid)")
        copy.labels = labels
        copy.signerName = CertificateSigningRequest.clientSigner
        copy.request = request.request
        copy.usages = request.usages.contains("client auth") ? request.usages : request.usages + ["client auth"]
        copy.expiration = min(max(request.expiration ?? preset, shortest), longest)
        return copy
    }
}
