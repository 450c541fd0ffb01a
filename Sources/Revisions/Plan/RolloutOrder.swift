public import CorbelAPI

/// A host as a rollout sees it.
public struct RolloutHost: Sendable, Hashable {
    public var name: String
    public var pool: String
    public var role: HostPool.Role
    /// Whether the host's etcd member leads: it goes last, so that leadership moves once.
    public var isEtcdLeader: Bool

    public init(name: String, pool: String, role: HostPool.Role, isEtcdLeader: Bool = false) {
        self.name = name
        self.pool = pool
        self.role = role
        self.isEtcdLeader = isEtcdLeader
    }
}

/// The order in which a rollout touches hosts (law 4): the control plane first and etcd's leader last in it, then the
/// worker pools in the order of `pools`. Hosts of one pool go by name; a pool that `pools` does not name goes last.
public func rolloutOrder(_ hosts: [RolloutHost], pools: [String]) -> [RolloutHost] {
    func rank(_ host: RolloutHost) -> (Int, Int, Int, String) {
        let isControlPlane = host.role == .controlPlane
        let pool = isControlPlane ? 0 : pools.firstIndex(of: host.pool) ?? pools.count
        return (isControlPlane ? 0 : 1, pool, isControlPlane && host.isEtcdLeader ? 1 : 0, host.name)
    }
    return hosts.sorted { left, right in
        let (one, other) = (rank(left), rank(right))
        return one == other ? left.pool < right.pool : one < other
    }
}
