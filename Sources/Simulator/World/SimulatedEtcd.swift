/// A site's etcd, as far as anybody decides on it: which hosts are members, which vote and which leads, and whether
/// there is a quorum.
struct SimulatedEtcd {
    /// Those that vote, in the order in which they joined.
    private(set) var members: [Int] = []
    /// Members that have yet to catch up, and have no vote. As etcd has it, one at a time.
    private(set) var learners: [Int] = []
    private(set) var leader: Int?

    var majority: Int { members.count / 2 + 1 }

    func hasQuorum(where isAlive: (Int) -> Bool) -> Bool {
        guard !members.isEmpty else { return false }
        var living = 0
        for member in members where isAlive(member) { living += 1 }
        return living >= majority
    }

    /// Whether a host could become a learner.
    func hasRoom(for host: Int) -> Bool { learners.allSatisfy { $0 == host } }

    mutating func addLearner(_ host: Int) {
        if !members.contains(host), !learners.contains(host) { learners.append(host) }
    }

    /// Lets a host vote.
    mutating func promote(_ host: Int) {
        learners.removeAll { $0 == host }
        if !members.contains(host) { members.append(host) }
    }

    mutating func remove(_ host: Int) {
        members.removeAll { $0 == host }
        learners.removeAll { $0 == host }
        if leader == host { leader = nil }
    }

    /// Hands leadership to a member that lives; to the one that is named, where it does.
    mutating func moveLeader(to wanted: Int?, where isAlive: (Int) -> Bool) {
        let others = members.filter { $0 != leader && isAlive($0) }
        leader = others.first { $0 == wanted } ?? others.first ?? leader
    }

    /// Elects another leader where the last one is gone.
    mutating func settle(where isAlive: (Int) -> Bool) {
        guard hasQuorum(where: isAlive) else {
            leader = nil
            return
        }
        if let leader, isAlive(leader) { return }
        leader = members.first(where: isAlive)
    }
}
