import CorbelAPI
import PKI

/// What a signer does with a CertificateSigningRequest.
enum SigningVerdict: Sendable, Hashable {
    /// It is somebody else's, nothing more will become of it, or a person has to approve it first.
    case leave
    /// - `approval`: why the signer approves it by itself; `nil` where it is approved.
    case sign(CertificateProfile, validity: Duration, approval: String?)
    /// The one who asks may not have it.
    case deny(String)
    /// Nobody may have it.
    case fail(String)
}

/// Who may have which client certificate: what kubeadm's roles and Kubernetes' approving and signing controllers say
/// together.
///
///     signer                           the subject            who asks              verdict
///     …/kube-apiserver-client-kubelet  system:node:<name>     a bootstrapper        signed
///                                      of system:nodes        that node             signed
///                                                             another node          denied
///                                                             anybody else          signed once approved
///                                      anything else          anybody               failed
///     …/kube-apiserver-client          of system:masters      anybody               failed
///                                      anything else          anybody               signed once approved
enum SigningPolicy {
    /// The group of those who join with a token of kubeadm's.
    static let bootstrappersGroup = "system:bootstrappers:kubeadm:default-node-token"

    static let validities: ClosedRange<Duration> = .seconds(600)...(.seconds(365 * 86_400))

    private static let clientUsages: Set<String> = ["client auth", "digital signature", "key encipherment"]

    /// Whether a signer of the stand-in still has to look at a request.
    static func isOpen(_ request: CertificateSigningRequest) -> Bool {
        let signers = [CertificateSigningRequest.kubeletClientSigner, CertificateSigningRequest.clientSigner]
        return signers.contains(request.signerName) && !request.isFinished && !request.isDeleting
    }

    /// - Parameter subject: what the request claims to be for.
    static func verdict(on request: CertificateSigningRequest, for subject: CertificateSubject) -> SigningVerdict {
        guard isOpen(request) else { return .leave }
        let isForNode = request.signerName == CertificateSigningRequest.kubeletClientSigner
        if let problem = problem(of: subject, isForNode: isForNode) ?? problem(ofUsages: request.usages) {
            return .fail(problem)
        }
        if request.isApproved { return signing(request, subject, approval: nil) }
        return isForNode ? verdict(on: request, forNode: subject) : .leave
    }

    private static func verdict(
        on request: CertificateSigningRequest, forNode subject: CertificateSubject
    ) -> SigningVerdict {
        if request.groups.contains(bootstrappersGroup) {
            return signing(request, subject, approval: "a bootstrapper may have the certificate of a node")
        }
        guard let node = NodeIdentity(name: request.userName, groups: request.groups) else { return .leave }
        guard request.userName == subject.commonName else {
            return .deny("the node \(node.name) may not have the certificate of \(subject.commonName)")
        }
        return signing(request, subject, approval: "the node \(node.name) renews its own certificate")
    }

    private static func signing(
        _ request: CertificateSigningRequest, _ subject: CertificateSubject, approval: String?
    ) -> SigningVerdict {
        let wanted = request.expiration ?? validities.upperBound
        let validity = min(max(wanted, validities.lowerBound), validities.upperBound)
        let profile = CertificateProfile(subject, [.clientAuthentication])
        return .sign(profile, validity: validity, approval: approval)
    }

    /// Why nobody may have a client certificate of this subject.
    private static func problem(of subject: CertificateSubject, isForNode: Bool) -> String? {
        if subject.commonName.isEmpty { return "the request names no user: its subject has no common name" }
        if subject.organizations.contains("system:masters") {
            return "no certificate of the group system:masters is issued on request"
        }
        guard isForNode else { return nil }
        let isNode = NodeIdentity(name: subject.commonName, groups: subject.organizations) != nil
        guard isNode, subject.organizations == ["system:nodes"] else {
            return "\(CertificateSigningRequest.kubeletClientSigner) signs for the common name system:node:<name> and "
                + "the organization system:nodes alone, not for \(subject.commonName) of "
                + "[\(subject.organizations.joined(separator: ", "))]"
        }
        return nil
    }

    private static func problem(ofUsages usages: [String]) -> String? {
        let others = usages.filter { !clientUsages.contains($0) }
        if !others.isEmpty { return "spec.usages: a client certificate is not for \(others.joined(separator: ", "))" }
        return usages.contains("client auth") ? nil : "spec.usages: must name \"client auth\""
    }
}
