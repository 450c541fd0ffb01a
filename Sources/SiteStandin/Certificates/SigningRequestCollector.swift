import ControlLoop
import CorbelAPI

/// Removes requests for certificates that nobody needs any more (Kubernetes' controller `csrcleaner`): an hour after
/// they ended, a day after nothing has become of them.
struct SigningRequestCollector: Reconciler {
    private static let finishedLimit: Duration = .seconds(3600)
    private static let openLimit: Duration = .seconds(86_400)

    let name = "signing-request-collector"
    let primary = CertificateSigningRequest.groupKind
    let watches: [WatchedKind] = []

    func reconcile(_ key: ObjectKey, in snapshot: Snapshot, now: Timestamp) -> Outcome {
        guard let request = snapshot[key].map(CertificateSigningRequest.init(_:)), !request.isDeleting else {
            return .done
        }
        let limit = request.isFinished ? Self.finishedLimit : Self.openLimit
        let end = (request.creationTimestamp ?? now) + limit
        return end <= now ? Outcome([.delete(request)]) : Outcome(requeueAfter: end - now)
    }
}
