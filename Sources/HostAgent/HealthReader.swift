import CorbelAPI
import Effects
import HostPlan
import ResourceClient

/// What a look at the host has found.
struct HostObservation: Sendable, Hashable {
    var health = HealthReport()
    /// Whether the host holds a member of etcd; `nil` where that cannot be told now.
    var hasEtcdMember: Bool?
    /// What the member says of itself; `nil` where there is none, or it does not answer.
    var etcd: JSONValue?
    /// The API server on this host; `nil` where there is none.
    var apiServer: APIServerAddress?
}

/// Looks at the host and at its cluster. What cannot be asked is unknown, and not failing.
struct HealthReader: Sendable {
    let effects: HostEffects
    let hostName: String
    let address: String
    let centre: CentreLink
    let site: SiteAccess

    private var etcd: EtcdClient { EtcdClient(effects: effects, address: address) }

    func read() async -> HostObservation {
        var observation = HostObservation()
        observation.health.agent = .healthy
        observation.health.network = .healthy
        observation.health.centreLink = await centre.isUp() ? .healthy : .failing("the centre does not answer")
        observation.health.kubelet = await signal { try await kubelet() }
        observation.health.apiServer = await signal {
            try await site.isReady() ? .healthy : .failing("it does not answer")
        }
        if observation.health.apiServer == .healthy { observation.health.node = await signal { try await node() } }
        observation.hasEtcdMember = try? await etcd.isMember()
        if observation.hasEtcdMember == true { await readEtcd(into: &observation) }
        observation.apiServer = await apiServer()
        return observation
    }

    /// The API server on this host; `nil` where there is none.
    private func apiServer() async -> APIServerAddress? {
        // What cannot be read now is told the next time.
        try? await site.directory.ownAPIServer()
    }

    private func kubelet() async throws -> HealthSignal {
        switch try await effects.services.state(of: "kubelet") {
        case .active: .healthy
        case .activating: .unknown
        case let state: .failing("it is \(state.rawValue)")
        }
    }

    private func node() async throws -> HealthSignal {
        guard let node = try await site.node()?.find(Node.self, name: hostName) else {
            return .failing("there is no Node \(hostName)")
        }
        if node.isReady { return .healthy }
        return .failing("its Node is not Ready: \(node.condition("Ready")?.message ?? "no condition")")
    }

    private func readEtcd(into observation: inout HostObservation) async {
        let isHealthy = (try? await etcd.isHealthy()) ?? false
        observation.health.etcdMember = isHealthy ? .healthy : .failing("it does not answer")
        do {
            let report = try await etcd.report()
            observation.health.etcdMembers = report.members.count
            observation.health.quorum = report.leader == nil ? .failing("etcd has no leader") : .healthy
            observation.etcd = report.member(hostName, isHealthy: isHealthy)
        } catch {
            // A member that cannot list the others has no quorum to ask, or is not up: the member's own signal tells
            // which.
            observation.health.quorum = .failing("etcd does not answer for the cluster")
        }
    }

    private func signal(_ body: () async throws -> HealthSignal) async -> HealthSignal {
        do {
            return try await body()
        } catch {
            return .unknown
        }
    }
}
