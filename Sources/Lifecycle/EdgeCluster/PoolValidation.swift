public import CorbelAPI

/// What must hold of a cluster's pools, beyond what the schema says. The API server refuses what fails here; the
/// reconciler checks again, since an object may be older than a rule.
public enum PoolValidation {
    /// The sizes of a control plane that etcd's quorum makes sense of.
    public static let controlPlaneSizes = [1, 3, 5]

    /// The problems of `pools`; `accepted` are the pools that the cluster runs with.
    public static func problems(of pools: [HostPool], accepted: [HostPool] = []) -> [FieldError] {
        let each = pools.indices.flatMap { problems(of: pools[$0], at: "spec.pools[\($0)]", accepted: accepted) }
        return controlPlaneCount(pools) + each + duplicateHosts(pools)
    }

    private static func controlPlaneCount(_ pools: [HostPool]) -> [FieldError] {
        let names = pools.filter { $0.role == .controlPlane }.map(\.name)
        if names.count == 1 { return [] }
        return [.invalid("spec.pools", JSONValue(names), "exactly one pool must have the role control-plane")]
    }

    private static func problems(of pool: HostPool, at field: String, accepted: [HostPool]) -> [FieldError] {
        let replicas = JSONValue(pool.replicas)
        var problems: [FieldError] = []
        if pool.replicas > pool.hosts.count {
            let detail = "must be at most \(pool.hosts.count), the number of hosts that the pool names"
            problems.append(.invalid("\(field).replicas", replicas, detail))
        }
        if let minimum = pool.minimum, pool.replicas < minimum {
            problems.append(.invalid("\(field).replicas", replicas, "must be at least minReplicas, \(minimum)"))
        }
        if let maximum = pool.maximum, pool.replicas > maximum {
            problems.append(.invalid("\(field).replicas", replicas, "must be at most maxReplicas, \(maximum)"))
        }
        guard pool.role == .controlPlane else { return problems }
        return problems + controlPlaneSize(pool, at: field, accepted: accepted)
    }

    private static func controlPlaneSize(_ pool: HostPool, at field: String, accepted: [HostPool]) -> [FieldError] {
        let replicas = JSONValue(pool.replicas)
        guard controlPlaneSizes.contains(pool.replicas) else {
            let detail = "a control plane has 1, 3 or 5 hosts: etcd needs an odd number to survive the loss of one"
            return [.invalid("\(field).replicas", replicas, detail)]
        }
        let before = accepted.first { $0.role == .controlPlane }?.replicas ?? 0
        guard before >= 3, pool.replicas < 3 else { return [] }
        let detail =
            "must be 3 or more: a control plane of \(before) that shrinks below 3 no longer survives the loss of a host"
        return [.invalid("\(field).replicas", replicas, detail)]
    }

    private static func duplicateHosts(_ pools: [HostPool]) -> [FieldError] {
        var owner: [String: String] = [:]
        var problems: [FieldError] = []
        for (index, pool) in pools.enumerated() {
            for (list, hosts) in [("hosts", pool.hosts), ("spares", pool.spares)] {
                for (position, host) in hosts.enumerated() {
                    let field = "spec.pools[\(index)].\(list)[\(position)]"
                    if let other = owner[host] {
                        problems.append(
                            FieldError(.duplicate, field, value: .string(host), "the host is already named in \(other)")
                        )
                    }
                    owner[host] = owner[host] ?? field
                }
            }
        }
        return problems
    }
}
