import HostPlan
import Testing

@Suite("Whose failure it is")
struct HealthTests {
    enum Verdict: Sendable { case healthy, host, cluster, unknown }

    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        var verdict: Verdict
        var report: HealthReport
        var requiresLink = false
        var testDescription: String { name }

        init(_ name: String, _ verdict: Verdict, requiresLink: Bool = false, _ change: (inout HealthReport) -> Void) {
            self.name = name
            self.verdict = verdict
            self.requiresLink = requiresLink
            report = HealthReport(
                network: .healthy, agent: .healthy, kubelet: .healthy, node: .healthy, etcdMember: .healthy,
                etcdMembers: 3,
                probes: [.init(name: "p", signal: .healthy)], quorum: .healthy, apiServer: .healthy,
                centreLink: .unknown)
            change(&report)
        }
    }

    private static let down = HealthSignal.failing("down")

    @Test(
        "the table",
        arguments: [
            Row("all is well", .healthy) { _ in },
            Row("network", .host) { $0.network = down },
            Row("kubelet, although the cluster is down too", .host) {
                $0.kubelet = down
                $0.apiServer = down
            },
            Row("own member while the others have a quorum", .host) { $0.etcdMember = down },
            Row("own member without a quorum", .cluster) {
                $0.etcdMember = down
                $0.quorum = down
            },
            Row("a lone member is its own quorum", .host) {
                $0.etcdMembers = 1
                $0.etcdMember = down
                $0.quorum = down
            },
            Row("a lone control plane is its own API server", .host) {
                $0.etcdMembers = 1
                $0.apiServer = down
            },
            Row("quorum", .cluster) { $0.quorum = down },
            Row("API server", .cluster) { $0.apiServer = down },
            Row("node not Ready", .host) { $0.node = down },
            Row("node not Ready without an API server", .cluster) {
                $0.node = down
                $0.apiServer = down
            },
            Row("a probe", .host) { $0.probes[0].signal = down },
            Row("a probe without a quorum", .cluster) {
                $0.probes[0].signal = down
                $0.quorum = down
            },
            Row("a worker knows nothing of the quorum", .healthy) {
                $0.etcdMember = nil
                $0.quorum = .unknown
            },
            Row("a link that is not required", .healthy) { $0.centreLink = down },
            Row("a link that is required", .cluster, requiresLink: true) { $0.centreLink = down },
            Row("not known is not failed", .unknown) { $0.kubelet = .unknown },
            Row("a failure outweighs what is not known", .cluster) {
                $0.node = .unknown
                $0.apiServer = down
            },
        ])
    func table(_ row: Row) {
        let verdict: Verdict =
            switch HealthVerdict.judge(row.report, requiringCentreLink: row.requiresLink) {
            case .healthy: .healthy
            case .hostFailing: .host
            case .clusterFailing: .cluster
            case .unknown: .unknown
            }
        #expect(verdict == row.verdict)
    }
}

@Suite("Going down with a member of etcd")
struct EtcdDepartureTests {
    struct Row: Sendable {
        var isWell = true
        var uptime = 3600
        var voters: Int
        var others: Int
        var mayGo: Bool
    }

    @Test(
        "a host goes where etcd keeps its quorum without it, or has none to lose",
        arguments: [
            Row(voters: 3, others: 2, mayGo: true), Row(voters: 3, others: 1, mayGo: false),
            Row(voters: 2, others: 1, mayGo: false), Row(voters: 1, others: 0, mayGo: true),
            Row(voters: 5, others: 3, mayGo: true), Row(voters: 5, others: 2, mayGo: false),
            Row(voters: 0, others: 0, mayGo: true), Row(isWell: false, voters: 3, others: 0, mayGo: true),
            Row(isWell: false, uptime: 119, voters: 3, others: 2, mayGo: false),
            Row(isWell: false, uptime: 120, voters: 3, others: 2, mayGo: true),
            Row(uptime: 1, voters: 3, others: 2, mayGo: true),
        ])
    func goes(_ row: Row) {
        let departure = EtcdDeparture(
            isWell: row.isWell, uptime: .seconds(row.uptime), voters: row.voters, healthyOthers: row.others)
        #expect((departure.refusal == nil) == row.mayGo)
        #expect(departure.refusal.map { $0.kind == .unavailable } ?? true)
    }
}
