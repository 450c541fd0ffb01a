import ControlLoop
import CorbelAPI

/// Which hosts a cluster has, may have and must let go: a host serves one cluster at a time, by
/// `EdgeHost.spec.consumerRef`.
struct HostClaims {
    /// EdgeHosts with the claim written into them.
    var toClaim: [EdgeHost] = []
    var toRelease: [EdgeHost] = []
    var problems: [FieldError] = []
    /// Hosts that nothing is wrong with but that are not there yet.
    var waits: [Wait] = []
    /// Names of the hosts that the cluster holds.
    var held: Set<String> = []

    init(of cluster: EdgeCluster, in snapshot: Snapshot) {
        for (field, host) in Self.wanted(by: cluster) { claim(host, at: field, for: cluster, in: snapshot) }
        let wanted = Set(Self.wanted(by: cluster).map(\.host))
        toRelease = snapshot.list(EdgeHost.self, namespace: cluster.namespace).filter {
            $0.consumerCluster == cluster.name && !wanted.contains($0.name) && !cluster.members.contains($0.name)
                && !cluster.awaitsReset($0.name)
        }
    }

    /// The pools with the hosts that the cluster holds: what the plane that runs the cluster may use.
    func accepted(_ pools: [HostPool], spec: JSONValue) -> JSONValue {
        let entries = spec["pools"]?.arrayValue ?? []
        return .array(
            zip(entries, pools).map { entry, pool in
                var accepted = entry
                accepted["hosts"] = JSONValue(pool.hosts.filter(held.contains))
                accepted["spares"] = pool.spares.isEmpty ? nil : JSONValue(pool.spares.filter(held.contains))
                return accepted
            })
    }

    private static func wanted(by cluster: EdgeCluster) -> [(field: String, host: String)] {
        cluster.pools.enumerated().flatMap { index, pool in
            pool.hosts.enumerated().map { ("spec.pools[\(index)].hosts[\($0)]", $1) }
                + pool.spares.enumerated().map { ("spec.pools[\(index)].spares[\($0)]", $1) }
        }
    }

    private mutating func claim(_ name: String, at field: String, for cluster: EdgeCluster, in snapshot: Snapshot) {
        let key = EdgeHost.key(namespace: cluster.namespace, name: name)
        guard var host: EdgeHost = snapshot.get(EdgeHost.self, namespace: cluster.namespace, name: name),
            !host.isDeleting
        else {
            waits.append(
                Wait(
                    "HostNotRegistered", "no EdgeHost \(name) has registered (\(field))", on: key,
                    unblockedBy: "the host \(name) registers, or \(field) names another EdgeHost"))
            return
        }
        if let other = host.consumerCluster, other != cluster.name {
            problems.append(
                .invalid(
                    field, .string(name), "the host belongs to the EdgeCluster \(other); a host serves one cluster"))
            return
        }
        if host.consumerCluster == cluster.name {
            held.insert(name)
            return
        }
        if let wait = Self.obstacle(to: host, field: field) {
            waits.append(wait)
            return
        }
        host.consumerCluster = cluster.name
        toClaim.append(host)
    }

    private static func obstacle(to host: EdgeHost, field: String) -> Wait? {
        if !host.isApproved || host.spec["revoked"]?.boolValue == true {
            return Wait(
                "HostNotApproved", "the host \(host.name) is not approved (\(field))", on: host.key,
                unblockedBy: "somebody sets spec.approved of the EdgeHost \(host.name)")
        }
        if host.spec["maintenance"]?.boolValue == true {
            return Wait(
                "HostInMaintenance", "the host \(host.name) is in maintenance (\(field))", on: host.key,
                unblockedBy: "somebody clears spec.maintenance of the EdgeHost \(host.name)")
        }
        return nil
    }
}
