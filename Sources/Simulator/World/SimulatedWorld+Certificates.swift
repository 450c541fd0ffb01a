import CorbelAPI
import HostPlan

/// Certificates of Kubernetes: those that kubeadm makes for a host of the control plane, which end unless somebody
/// renews them, and each kubelet's own, which it renews by itself while it hears an API server.
extension SimulatedWorld {
    private static let lifetime = Duration.seconds(365 * 86_400)
    /// What is left when a kubelet asks for its next one.
    private static let kubeletReserve = Duration.seconds(60 * 86_400)
    /// Below this kubelet has failed to, and a renewal takes care of its certificate too.
    private static let kubeletPatience = Duration.seconds(30 * 86_400)
    /// From here on an agent tells its machine every minute what is left; before that it looks too rarely to matter.
    private static let nearEnd = Duration.seconds(86_400)

    /// Whether whoever speaks to the host's part of the control plane takes it for what it is.
    func certificatesHold(on host: Int) -> Bool { now < machines[host].disk.certificatesEnd }

    /// Whether an API server takes the host's kubelet for what it is.
    func kubeletIsBelieved(_ host: Int) -> Bool { now < machines[host].disk.kubeletCertificateEnds }

    mutating func makeCertificates(of host: Int) {
        machines[host].disk.kubeletCertificateEnds = now + Self.lifetime
        machines[host].disk.certificatesEnd = now + Self.lifetime
    }

    mutating func shortenCertificates(of host: Int, to rest: Duration) {
        guard machines[host].disk.isMember else { return }
        tell("certificates of \(machines[host].name) end in \(rest)")
        machines[host].disk.kubeletCertificateEnds = now + rest
        if machines[host].disk.hasEtcdMember { machines[host].disk.certificatesEnd = now + rest }
        if let look = certificates(of: host) { feed(host, .certificates(look)) }
    }

    mutating func rotateKubeletCertificate(of host: Int) {
        guard machines[host].disk.kubeletCertificateEnds < now + Self.kubeletReserve else { return }
        tell("\(machines[host].name)'s kubelet has its certificate renewed")
        machines[host].disk.kubeletCertificateEnds = now + Self.lifetime
    }

    // MARK: What agents see and do

    /// What an agent finds when it looks; nil on a host that is nobody's.
    func certificates(of host: Int) -> CertificateLook? {
        let disk = machines[host].disk
        guard disk.isMember else { return nil }
        var first = HostCertificates(expires: disk.kubeletCertificateEnds, name: "kubelet")
        if disk.hasEtcdMember, disk.certificatesEnd <= first.expires {
            first = HostCertificates(expires: disk.certificatesEnd, name: "apiserver")
        }
        return CertificateLook(first: first, now: wallClock(of: host))
    }

    func look(after operation: HostAction.Operation, on host: Int) -> CertificateLook? {
        switch operation {
        case .runSteps, .renewCertificates: certificates(of: host)
        default: nil
        }
    }

    mutating func watchCertificates(of host: Int) {
        let disk = machines[host].disk
        guard min(disk.certificatesEnd, disk.kubeletCertificateEnds) < now + Self.nearEnd,
            let look = certificates(of: host)
        else { return }
        feed(host, .certificates(look))
    }

    /// A worker has no authority, and asks the API server.
    func obstacleToRenewal(on host: Int) -> HostFailure? {
        if machines[host].disk.hasEtcdMember || siteAnswers(host) { return nil }
        return HostFailure(.unavailable, "the site's API server does not answer")
    }

    /// Certificates end a year after what the host takes for the present.
    mutating func renewCertificates(of host: Int, within time: Duration?) {
        if let time, let look = certificates(of: host), look.remaining > time { return }
        observe(.renews(host: host))
        tell("\(machines[host].name) renews its certificates")
        let end = wallClock(of: host) + Self.lifetime
        if machines[host].disk.hasEtcdMember { machines[host].disk.certificatesEnd = end }
        if machines[host].disk.kubeletCertificateEnds < now + Self.kubeletPatience {
            machines[host].disk.kubeletCertificateEnds = end
        }
    }
}
