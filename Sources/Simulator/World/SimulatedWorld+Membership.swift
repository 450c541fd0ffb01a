import CorbelAPI
import HostPlan

/// Hosts that become members of their site's cluster, and cease to be.
///
/// As kubeadm does it: a member of etcd begins as a learner, which has no vote, and votes once it has caught up. A
/// reset takes the host's own member out where etcd answers.
extension SimulatedWorld {
    private func joinsEtcd(_ host: Int) -> Bool { machines[host].agent.seen?.role == .controlPlane }

    /// Why the host cannot become a member now.
    func obstacleToMembership(of host: Int) -> HostFailure? {
        if isFirst(host) { return nil }
        guard siteAnswers(host) else { return HostFailure(.unavailable, "the site's API server does not answer") }
        guard joinsEtcd(host), !sites[machines[host].site].etcd.hasRoom(for: host) else { return nil }
        return HostFailure(.commandFailed, "etcd: too many learner members in cluster")
    }

    mutating func becomeMember(_ host: Int) {
        let site = machines[host].site
        machines[host].disk.isMember = true
        machines[host].servesFrom = now
        tell("\(machines[host].name) is a member")
        makeCertificates(of: host)
        guard joinsEtcd(host) else { return }
        machines[host].disk.hasEtcdMember = true
        sites[site].etcd.promote(host)
        beginStanding(host)
    }

    /// What is left of a join that was cut off in its midst.
    mutating func leaveLearner(_ host: Int) {
        let site = machines[host].site
        guard joinsEtcd(host), !isFirst(host), siteAnswers(host), sites[site].etcd.hasRoom(for: host) else { return }
        tell("\(machines[host].name) is left a learner of etcd")
        machines[host].disk.hasEtcdMember = true
        sites[site].etcd.addLearner(host)
    }

    mutating func becomeFree(_ host: Int) {
        let site = machines[host].site
        observe(.resets(host: host))
        tell("\(machines[host].name) is reset")
        if siteAnswers(host) { sites[site].etcd.remove(host) }
        machines[host].disk.wipeKubernetes()
        machines[host].servesFrom = nil
        machines[host].downSince = nil
        stop(.site(host: host))
        let etcd = sites[site].etcd
        let isLeft = etcd.members.contains { machines[$0].disk.hasEtcdMember }
        guard !isLeft, sites[site].plane.revision > 0 else { return }
        tell("the etcd of \(sites[site].cluster) is no more")
        for other in sites[site].hosts { stop(.site(host: other)) }
        sites[site].loseEtcd()
    }
}
