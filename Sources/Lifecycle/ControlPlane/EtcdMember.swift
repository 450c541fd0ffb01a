import CorbelAPI

/// A host's etcd member as its agent says it in `HostMachine.status.etcd`.
struct EtcdMember {
    /// etcd's ID of the member, in hexadecimal.
    var id: String
    var name: String
    var isLeader: Bool
    var isHealthy: Bool
    /// Whether the member has yet to catch up and has no vote.
    var isLearner: Bool

    /// Nil where the agent reports none: a worker, or a host whose etcd has not started.
    init?(of machine: HostMachine) {
        guard let etcd = machine.json["status", "etcd"], let id = etcd["id"]?.stringValue, !id.isEmpty else {
            return nil
        }
        self.id = id
        name = etcd["name"]?.stringValue ?? ""
        isLeader = etcd["leader"]?.boolValue ?? false
        isHealthy = etcd["healthy"]?.boolValue ?? false
        isLearner = etcd["learner"]?.boolValue ?? false
    }
}

/// The voting members of a cluster, and what their loss would mean.
struct EtcdQuorum {
    struct Voter {
        var host: String
        var isHealthy: Bool
    }

    let voters: [Voter]

    /// - Parameter silent: hosts of which nothing is heard. What they last said of their members is not believed.
    init(_ machines: [HostMachine], silent: Set<String> = []) {
        voters = machines.filter { $0.role == .controlPlane }.compactMap { machine in
            guard let member = EtcdMember(of: machine), !member.isLearner else { return nil }
            return Voter(
                host: machine.hostName, isHealthy: member.isHealthy && !silent.contains(machine.hostName))
        }
    }

    /// How many votes a decision takes.
    static func majority(of voters: Int) -> Int { voters / 2 + 1 }

    var healthy: Int { voters.filter(\.isHealthy).count }
    var unhealthyHosts: [String] { voters.filter { !$0.isHealthy }.map(\.host) }

    /// Whether etcd goes on while the host is down: its member stays a member.
    func survivesDowntime(of host: String) -> Bool {
        let remaining = voters.filter { $0.host != host && $0.isHealthy }.count
        return remaining >= Self.majority(of: voters.count)
    }

    /// Whether etcd goes on once the host's member is removed: the others are the members then.
    func survivesRemoval(of host: String) -> Bool {
        let others = voters.filter { $0.host != host }
        return !others.isEmpty && others.filter(\.isHealthy).count >= Self.majority(of: others.count)
    }

    /// Why a step that takes the host away must wait.
    func refusal(of step: String, host: String) -> String {
        let sick = unhealthyHosts.filter { $0 != host }
        let detail = sick.isEmpty ? "" : "; unhealthy: \(sick.joined(separator: ", "))"
        return
            "\(step) \(host) would leave etcd without quorum: "
            + "\(healthy) of \(voters.count) members are healthy\(detail)"
    }
}

extension ClusterScope {
    /// The cluster's voters, judged by what is heard of their hosts.
    var quorum: EtcdQuorum {
        let hosts = hostMachines
        let silent = hosts.map(\.hostName).filter { node(ofHost: $0)?.condition("Ready")?.status == .unknown }
        return EtcdQuorum(hosts, silent: Set(silent))
    }
}
