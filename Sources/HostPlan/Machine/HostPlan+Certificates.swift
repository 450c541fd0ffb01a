import CorbelAPI

/// Certificates that nobody has had renewed: the host renews them by itself, since a site whose certificates have ended
/// has no API server that could ask for it.
///
/// That a certificate is about to end is told by the clock of the host, which may be wrong. A renewal too many harms
/// nobody, and one that changes nothing is tried less and less often.
extension HostPlan {
    /// What is known of the certificates in this run of the agent.
    struct CertificateWatch: Sendable {
        /// When the host was looked at, in uptime, and what was found.
        private(set) var seen: (look: CertificateLook, at: Duration)?
        var retry = Retry()

        mutating func take(_ look: CertificateLook, at uptime: Duration) { seen = (look, uptime) }

        func isDue(within reserve: Duration, at uptime: Duration) -> Bool {
            guard let seen, !retry.isWaiting(at: uptime) else { return false }
            return seen.look.remaining - (uptime - seen.at) <= reserve
        }

        var told: HostCertificates? {
            var told = seen?.look.first
            if retry.attempts > 0 { told?.message = retry.message }
            return told
        }
    }

    /// The renewal that is due, whatever the task.
    func neededRenewal() -> HostAction.Operation? {
        guard let world, certificates.isDue(within: configuration.certificateReserve, at: moment.uptime),
            let state = member(world), !state.kubernetesVersion.isEmpty, !isRenewing
        else { return nil }
        return .renewCertificates(state, within: configuration.certificateReserve)
    }

    /// What the host runs as a member; one that has joined etcd on its way into the cluster is a member already.
    private func member(_ world: World) -> HostState? {
        let running = runningState(world)
        guard running?.kubernetesVersion.isEmpty ?? true, world.hasEtcdMember, let current = record.current,
            current.task.type == .bootstrap, !current.step.isGoingBack
        else { return running }
        return current.task.target ?? running
    }

    /// Whether the present task is about to do the same.
    private var isRenewing: Bool {
        record.current.map { $0.task.type == .renewCertificates && $0.step == .applying } ?? false
    }

    mutating func renewed() {
        certificates.retry.until = nil
        guard certificates.isDue(within: configuration.certificateReserve, at: moment.uptime) else {
            certificates.retry = Retry()
            return
        }
        renewalFailed("they end as soon as before: the clock of the host, or the end of its authority, is to blame")
    }

    mutating func renewalFailed(_ message: String) {
        certificates.retry.attempts += 1
        certificates.retry.message = message
        let doublings = min(certificates.retry.attempts - 1, 20)
        let pause = min(configuration.firstRenewalBackoff * (1 << doublings), configuration.longestRenewalBackoff)
        certificates.retry.until = moment.uptime + pause
    }
}
