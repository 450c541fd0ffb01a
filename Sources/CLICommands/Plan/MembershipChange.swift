import CorbelAPI

/// A host that a change of the pools brings into a cluster, or takes out of it.
struct MembershipChange: Sendable, Hashable {
    var pool: String
    var host: String
    var joins: Bool

    /// The changes, pool by pool in the new order, joining hosts first.
    static func changes(from old: [HostPool], to new: [HostPool]) -> [MembershipChange] {
        let before = members(old)
        let after = members(new)
        let joining = after.filter { !before.contains($0) }.map {
            MembershipChange(pool: $0.pool, host: $0.host, joins: true)
        }
        let leaving = before.filter { !after.contains($0) }.map {
            MembershipChange(pool: $0.pool, host: $0.host, joins: false)
        }
        return joining + leaving
    }

    private struct Member: Hashable {
        var pool: String
        var host: String
    }

    private static func members(_ pools: [HostPool]) -> [Member] {
        pools.flatMap { pool in pool.hosts.prefix(pool.replicas).map { Member(pool: pool.name, host: $0) } }
    }

    var json: JSONValue { ["pool": .string(pool), "host": .string(host), "change": joins ? "Joins" : "Leaves"] }

    var line: String { "    \(joins ? "+" : "-") \(host) \(joins ? "joins" : "leaves") the pool \(pool)" }
}
