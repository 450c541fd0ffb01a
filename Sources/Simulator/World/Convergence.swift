import ControlLoop
import CorbelAPI
import HostPlan
import Lifecycle

/// What keeps a world from rest: clusters run what was asked for last on the hosts that were named last, whole and
/// well; hosts that were let go of are free; and nothing that is to end is left.
extension SimulatedWorld {
    /// Whether every cluster is as people wanted it last.
    var hasConverged: Bool { sites.indices.allSatisfy { obstacle(at: $0) == nil } }

    /// Whether something that is to end is still there.
    var isEndless: Bool { sites.indices.contains { remains(at: $0) != nil } }

    /// What is not at rest yet, for people.
    var obstacles: [String] {
        sites.indices.flatMap { site -> [String] in
            guard let obstacle = obstacle(at: site) else { return [] }
            let clusters = [centresCluster(site), sitesCluster(site)].compactMap(\.self)
            let waits = clusters.flatMap { $0.json["status", "waits"]?.arrayValue ?? [] }
            let rest = [remains(at: site)].compactMap(\.self) + waits.compactMap { $0["message"]?.stringValue }
            return ["\(sites[site].cluster): \(obstacle)"] + rest.filter { $0 != obstacle }
        }
    }

    /// Whether a cluster is on its way out, or gone.
    func isEnding(_ site: Int) -> Bool {
        centre.get(EdgeCluster.self, namespace: Self.namespace, name: sites[site].cluster)?.isDeleting ?? true
    }

    /// The first thing that is not at rest.
    private func obstacle(at site: Int) -> String? {
        if sites[site].isWantedAgain { return "somebody is about to make it again" }
        let cluster = centre.get(EdgeCluster.self, namespace: Self.namespace, name: sites[site].cluster)
        guard let cluster else { return obstacleOfFreedom(of: Array(sites[site].hosts)) ?? remains(at: site) }
        if cluster.phase != .running { return "the cluster is \(cluster.phase.rawValue)" }
        let level = cluster.json["status", "health", "level"]?.stringValue ?? "not known"
        if level != "Green" { return "its health is \(level)" }
        if let update = openUpdate(of: site) { return "\(update.name) is \(update.phase.rawValue)" }
        if let obstacle = obstacleOfPods(at: site) { return obstacle }
        let wanted = Set(cluster.scaled(cluster.pools).flatMap { $0.hosts.prefix($0.replicas) })
        let members = sites[site].hosts.filter { wanted.contains(machines[$0].name) }
        if members.count < wanted.count { return "hosts are named that nobody knows" }
        return obstacleOfHosts(members, of: cluster)
            ?? obstacleOfFreedom(of: sites[site].hosts.filter { !wanted.contains(machines[$0].name) })
            ?? remains(at: site)
    }

    private func obstacleOfHosts(_ hosts: [Int], of cluster: EdgeCluster) -> String? {
        let digest = SimulatedProfiles.digest(
            ofSystem: cluster.variables["os"]?.stringValue ?? SimulatedProfiles.firstSystem)
        let kubernetes = cluster.variables["kubernetes"]?.stringValue ?? SimulatedProfiles.firstKubernetes
        for host in hosts {
            if !serves(host) { return "\(machines[host].name) does not serve" }
            if machines[host].digest != digest { return "\(machines[host].name) runs another system" }
            let plane = sites[machines[host].site].plane
            let machine = plane.snapshot[machines[host].key].map { HostMachine(json: $0.json) }
            if machine?.running?.kubernetesVersion != kubernetes || machines[host].disk.kubernetes != kubernetes {
                return "\(machines[host].name) runs another Kubernetes"
            }
            if let task = machine?.task, task.type == .bootstrap,
                machine?.taskStatus?.id != task.id || machine?.taskStatus?.phase.isFinal != true
            {
                return "\(machines[host].name) is not through with \(task.id)"
            }
        }
        return nil
    }

    private func obstacleOfPods(at site: Int) -> String? {
        let snapshot = sites[site].plane.snapshot
        if let node = snapshot.list(Node.self).first(where: \.isUnschedulable) { return "\(node.name) is cordoned" }
        if let pod = snapshot.list(Pod.self).first(where: { !$0.isReady }) { return "the pod \(pod.name) is not ready" }
        let incomplete = snapshot.list(Deployment.self).first {
            $0.json["status", "readyReplicas"]?.intValue != $0.replicas
        }
        return incomplete.map { "\($0.name) has not all its pods" }
    }

    // MARK: What is over

    /// What is left of a cluster on hosts that it has let go of.
    private func obstacleOfFreedom(of hosts: [Int]) -> String? {
        for host in hosts {
            let machine = machines[host]
            let site = sites[machine.site]
            if machine.disk.isMember || machine.disk.hasEtcdMember { return "\(machine.name) is not reset" }
            if (site.etcd.members + site.etcd.learners).contains(host) {
                return "etcd has not forgotten \(machine.name)"
            }
            if site.plane.get(Node.self, name: machine.name) != nil { return "the node \(machine.name) is left" }
            for (plane, name) in [(site.plane, "its site"), (centre, "the centre")] {
                if plane.snapshot[machine.key] != nil || plane.snapshot[machine.resetKey] != nil {
                    return "\(machine.key) is left at \(name)"
                }
            }
            let registered = centre.get(EdgeHost.self, namespace: Self.namespace, name: machine.name)
            let isNamed = centresCluster(machine.site).pools.contains { $0.hosts.contains(machine.name) }
            if registered?.consumerCluster != nil, !isNamed { return "\(machine.name) is still claimed" }
        }
        return nil
    }

    private static let endingKinds =
        PivotBundle.movedKinds + [
            EdgeCluster.groupKind, ClusterRevision.groupKind, ClusterUpdate.groupKind, Node.groupKind,
        ]

    /// The first thing that is to end and has not: an object that is being deleted, or one of a cluster that is gone.
    private func remains(at site: Int) -> String? {
        let cluster = sites[site].cluster
        let isGone = centre.get(EdgeCluster.self, namespace: Self.namespace, name: cluster) == nil
        for kind in Self.endingKinds {
            if let object = sites[site].plane.snapshot.list(kind).first(where: { $0.isDeleting || isGone }) {
                return "\(object.key) is left at \(cluster)"
            }
            let left = centre.snapshot.list(kind).first { object in
                let owner =
                    object.label(WellKnown.clusterName) ?? object.spec["clusterName"]?.stringValue ?? object.name
                return owner == cluster && (object.isDeleting || isGone)
            }
            if let left { return "\(left.key) is left at the centre" }
        }
        return nil
    }
}
