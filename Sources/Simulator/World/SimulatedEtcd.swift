/// The site's etcd, as far as anybody decides on it: who is a member, who leads, and whether there is a quorum.
struct SimulatedEtcd {
    /// Names of hosts, in the order in which they joined.
    private(set) var members: [String] = []
    private(set) var leader: String?

    var majority: Int { members.count / 2 + 1 }

    func hasQuorum(alive: Set<String>) -> Bool {
        !members.isEmpty && members.filter(alive.contains).count >= majority
    }

    mutating func add(_ host: String) { if !members.contains(host) { members.append(host) } }

    mutating func remove(_ host: String) {
        members.removeAll { $0 == host }
        if leader == host { leader = nil }
    }

    /// Hands leadership to a member that lives; to the one that is named, where it does.
    mutating func moveLeader(to wanted: String?, alive: Set<String>) {
        let others = members.filter { $0 != leader && alive.contains($0) }
        leader = others.first { $0 == wanted } ?? others.first ?? leader
    }

    /// Elects another leader where the last one is gone.
    mutating func settle(alive: Set<String>) {
        guard hasQuorum(alive: alive) else {
            leader = nil
            return
        }
        if let leader, alive.contains(leader) { return }
        leader = members.first(where: alive.contains)
    }
}
