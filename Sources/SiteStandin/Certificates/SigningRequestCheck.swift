import APIServer
import CorbelAPI
import PKI

/// Refuses requests for certificates that no signer could sign, and those for the group `system:masters` (Kubernetes'
/// admission plugin CertificateSubjectRestriction).
struct SigningRequestCheck: AdmissionPlugin {
    let kinds: Set<GroupKind>? = [CertificateSigningRequest.groupKind]

    func admit(_ request: AdmissionRequest) throws -> Unstructured {
        guard request.old == nil else { return request.object }
        let object = CertificateSigningRequest(request.object)
        let subject: CertificateSubject
        do {
            subject = try SigningRequest(pem: PEM(bytes: object.request)).claimedSubject
        } catch {
            let problem = FieldError(.invalid, "spec.request", error.message)
            throw StatusError.invalid(object.groupKind, object.name, [problem])
        }
        let isForMasters = subject.organizations.contains(UserInfo.mastersGroup)
        if isForMasters, object.signerName == CertificateSigningRequest.clientSigner {
            throw StatusError(
                .forbidden,
                "certificatesigningrequests.certificates.k8s.io \"\(object.name)\" is forbidden: use of "
                    + "\(object.signerName) signer with \(UserInfo.mastersGroup) group is not allowed")
        }
        return request.object
    }
}
