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
    let record: HostRecordFiles

    /// How long an answer may take by the clock of the world, whatever the speed of the cluster's time.
    private static let patience = Duration.seconds(2)

    private var etcd: EtcdClient { EtcdClient(effects: effects, address: address) }

    func read() async -> HostObservation {
        // All at once: who does not answer must not make old news of what the others say.
        async let kubelet = signal { try await readKubelet() }
        async let api = readAPI()
        async let member = readEtcd()
        async let address = apiServer()
        var observation = HostObservation()
        observation.health.agent = .healthy
        observation.health.network = .healthy
        observation.health.centreLink = await centre.isUp() ? .healthy : .failing("the centre does not answer")
        observation.health.kubelet = await kubelet
        (observation.health.apiServer, observation.health.node) = await api
        await member.write(to: &observation)
        observation.apiServer = await address
        return observation
    }

    private func readAPI() async -> (apiServer: HealthSignal, node: HealthSignal) {
        let isReady = await answer { try await site.isReady() } ?? false
        guard isReady else { return (.failing("it does not answer"), .unknown) }
        return (.healthy, await signal { try await readNode() })
    }

    /// The API server on this host; `nil` where there is none.
    private func apiServer() async -> APIServerAddress? {
        // What cannot be read now is told the next time.
        try? await site.directory.ownAPIServer()
    }

    private func readKubelet() async throws -> HealthSignal {
        switch try await effects.services.state(of: "kubelet") {
        case .active: .healthy
        case .activating: .unknown
        case let state: .failing("it is \(state.rawValue)")
        }
    }

    private func readNode() async throws -> HealthSignal {
        guard let node = try await site.node()?.find(Node.self, name: hostName) else {
            return .failing("there is no Node \(hostName)")
        }
        if node.isReady { return .healthy }
        return .failing("its Node is not Ready: \(node.condition("Ready")?.message ?? "no condition")")
    }

    private func readEtcd() async -> MemberObservation {
        var observation = MemberObservation()
        observation.isMember = await answer { try await etcd.isMember() }
        guard observation.isMember == true else { return observation }
        async let health = answer { try await etcd.isHealthy() }
        async let report = answer { try await etcd.report() }
        observation.isHealthy = await health ?? false
        observation.report = await report
        observation.count = await memberCount(observation.report?.members.count)
        observation.name = hostName
        return observation
    }

    /// Who the host shares its etcd with decides whose failure a silent one is, so the number outlives a reboot.
    private func memberCount(_ heard: Int?) async -> Int? {
        // A disk that cannot be read or written now leaves what is known.
        guard let heard else { return try? await record.etcdMemberCount() }
        try? await record.save(etcdMemberCount: heard)
        return heard
    }

    private func signal(_ body: @escaping @Sendable () async throws -> HealthSignal) async -> HealthSignal {
        await answer(body) ?? .unknown
    }

    /// What `body` finds out; `nil` where it cannot, or takes too long.
    private func answer<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async -> Value? {
        await withTaskGroup(of: Value?.self) { group in
            group.addTask { try? await body() }
            group.addTask { [effects] in
                try? await effects.worldTime.sleep(for: Self.patience)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }
}

/// What there is to know of the host's member of etcd.
private struct MemberObservation: Sendable {
    /// `nil` where the disk could not be read.
    var isMember: Bool?
    var isHealthy = false
    var name = ""
    var report: EtcdClient.Report?
    /// How many members there are, or were when they were last heard.
    var count: Int?

    func write(to observation: inout HostObservation) {
        observation.hasEtcdMember = isMember
        guard isMember == true else { return }
        observation.health.etcdMember = isHealthy ? .healthy : .failing("it does not answer")
        observation.health.etcdMembers = count ?? observation.health.etcdMembers
        guard let report else {
            // A member that cannot list the others has no quorum to ask, or is not up: the member's own signal tells
            // which.
            observation.health.quorum = .failing("etcd does not answer for the cluster")
            return
        }
        observation.health.quorum = report.leader == nil ? .failing("etcd has no leader") : .healthy
        observation.etcd = report.member(name, isHealthy: isHealthy)
    }
}
