import CorbelAPI
import Effects
import HostPlan
import ResourceClient

/// Looks at the host and at its cluster. What cannot be asked is unknown, and not failing.
struct HealthReader: Sendable {
    let effects: HostEffects
    let hostName: String
    let address: String
    let centre: CentreLink

    private var site: SiteAccess { SiteAccess(effects: effects) }
    private var etcd: EtcdClient { EtcdClient(effects: effects, address: address) }

    func read() async -> HealthReport {
        var report = HealthReport()
        report.agent = .healthy
        report.network = .healthy
        report.centreLink = await centre.isUp() ? .healthy : .failing("the centre does not answer")
        report.kubelet = await signal { try await kubelet() }
        report.apiServer = await signal { try await site.isReady() ? .healthy : .failing("it does not answer") }
        if report.apiServer == .healthy { report.node = await signal { try await node() } }
        if (try? await etcd.isMember()) == true { await readEtcd(into: &report) }
        return report
    }

    /// What the host's own member of etcd says of itself; `nil` where there is none, or it does not answer.
    func etcdMember() async -> JSONValue? {
        do {
            return try await etcd.ownMember(hostName)
        } catch {
            // A member that cannot be asked is reported by the health that is read beside it.
            return nil
        }
    }

    private func kubelet() async throws -> HealthSignal {
        switch try await effects.services.state(of: "kubelet") {
        case .active: .healthy
        case .activating: .unknown
        case let state: .failing("it is \(state.rawValue)")
        }
    }

    private func node() async throws -> HealthSignal {
        guard let node = try await site.client()?.find(Node.self, name: hostName) else {
            return .failing("there is no Node \(hostName)")
        }
        if node.isReady { return .healthy }
        return .failing("its Node is not Ready: \(node.condition("Ready")?.message ?? "no condition")")
    }

    private func readEtcd(into report: inout HealthReport) async {
        report.etcdMember = await signal { try await etcd.isHealthy() ? .healthy : .failing("it does not answer") }
        do {
            let members = try await etcd.members()
            report.etcdMembers = members.count
            let leader = try await etcd.status()["leader"]
            report.quorum = leader == nil || leader == .integer(0) ? .failing("etcd has no leader") : .healthy
        } catch {
            // A member that cannot list the others has no quorum to ask, or is not up: the member's own signal tells
            // which.
            report.quorum = .failing("etcd does not answer for the cluster")
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
