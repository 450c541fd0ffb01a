import APIServer
import CorbelAPI
import Lifecycle
import PKI
import Revisions

/// Signs a revision when it is created, and keeps it as it was written from then on.
struct RevisionAdmission: AdmissionPlugin {
    let kinds: Set<GroupKind>? = [ClusterRevision.groupKind]
    let signer: Signer

    func admit(_ request: AdmissionRequest) throws -> Unstructured {
        var revision = ClusterRevision(request.object)
        if let old = request.old {
            guard revision.spec == old.spec else {
                throw StatusError.invalid(
                    revision.groupKind, revision.name,
                    [.forbidden("spec", "a revision is written once; make a new one")])
            }
            return request.object
        }
        guard revision.hasValidDigest else {
            throw StatusError.invalid(
                revision.groupKind, revision.name,
                [.invalid("spec.digest", .string(revision.digest), "must be the digest of the revision's content")])
        }
        revision.signature = Base64.encode(try signer.sign(revision.signedBytes))
        return Unstructured(revision)
    }
}

/// Checks the pools of a cluster among each other, which no schema can.
struct PoolAdmission: AdmissionPlugin {
    let kinds: Set<GroupKind>? = [EdgeCluster.groupKind]

    func admit(_ request: AdmissionRequest) throws -> Unstructured {
        guard request.subresource.isEmpty, !request.object.isDeleting else { return request.object }
        let accepted = (request.old?.status["pools"]?.arrayValue ?? []).map(HostPool.init(json:))
        let problems = PoolValidation.problems(of: EdgeCluster(request.object).pools, accepted: accepted)
        guard problems.isEmpty else {
            throw StatusError.invalid(request.object.groupKind, request.object.name, problems)
        }
        return request.object
    }
}
