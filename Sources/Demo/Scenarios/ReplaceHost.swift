import CorbelAPI
import ResourceClient

extension Scenario {
    static let replaceHost = Scenario(
        "replace-host",
        "The control-plane host that leads the site loses its power for good; its etcd member leaves and a spare joins."
    ) { run in
        let stage = try await run.openStage(hosts: 4)
        let pool = WantedCluster.Pool(name: "control-plane", role: .controlPlane, hosts: [1, 2, 3], spares: [4])
        try await stage.askForCluster(WantedCluster(pools: [pool], profiles: ["infrastructure"]))
        try await stage.expectGreenCluster(hosts: 3)
        try await stage.expectVoters([1, 2, 3])
        try await stage.writeSiteKubeconfig()

        let leader = try await stage.siteLeader()
        let others = [1, 2, 3].filter { $0 != leader }
        let before = try await stage.bystanders(others)
        try await stage.sayWhoLeads(leader)
        await stage.kill(host: leader)
        try await stage.expectSilence(of: leader)
        try await stage.expectAccess()
        try await stage.expectReplacement(of: leader, by: 4, others: others)
        try await stage.expectUntouched(before, besides: "remove-etcd-member")
        try await stage.expectSiteAloneWrites()
        try await stage.expectAccess()
    }
}

extension Stage {
    /// The host that holds the lease of the site's reconcilers.
    func siteLeader() async throws -> Int {
        let lease = Lease(try await site().get(Lease.key(namespace: "kube-system", name: "corbel-controllers")))
        guard let number = allHosts.first(where: { layout.hostName($0) == lease.holder }) else {
            throw StatusError(.notFound, "nobody leads the site; its lease is held by \(lease.holder)")
        }
        return number
    }

    fileprivate func sayWhoLeads(_ number: Int) async throws {
        let status = try await askEtcd("maintenance/status", on: number)
        let isLeader = status["leader"]?.stringValue == status["header", "member_id"]?.stringValue
        await say("\(layout.hostName(number)) leads the site\(isLeader ? ", and etcd too" : "")")
    }

    /// The host is missed, and nobody is replaced before the time that it has.
    fileprivate func expectSilence(of number: Int) async throws {
        let name = layout.hostName(number)
        try await expect("the cluster says that \(name) is not heard of, and keeps it for now", within: .seconds(90)) {
            let cluster = try await cluster()
            let isMissed = cluster.healthReasons.contains("\(name) is not heard of")
            let members = cluster.json["status", "members"]?.stringList ?? []
            return Sighting(
                isMissed && members.contains(name) && cluster.healthLevel == "Yellow",
                "\(cluster.healthLevel): \(cluster.healthReasons); members: \(members.joined(separator: ", "))")
        }
    }

    fileprivate func expectReplacement(of dead: Int, by spare: Int, others: [Int]) async throws {
        let name = layout.hostName(dead)
        try await expect("the centre shows \(name) as unreachable", within: .seconds(90)) {
            let host = EdgeHost(try await centre.client.get(EdgeHost.key(namespace: "default", name: name)))
            let condition = host.condition("Reachable")
            return Sighting(condition.map { $0.status != .isTrue } ?? false, condition?.message ?? "no condition")
        }
        try await expect("the spare \(layout.hostName(spare)) takes its place, by itself", within: .seconds(90)) {
            let members = try await cluster().json["status", "members"]?.stringList ?? []
            return Sighting(
                members == (others + [spare]).map(layout.hostName).sorted(), members.joined(separator: ", "))
        }
        try await expectGreenCluster(hosts: 3)
        try await expectNodes(others + [spare])
        try await expectVoters(others + [spare])
        try await expect("no object of the cluster is left that is of \(name)") {
            let left = try await movedObjects(at: try await site()).map(\.name).filter { $0.hasSuffix("-\(name)") }
            return Sighting(left.isEmpty, left.isEmpty ? "none" : left.joined(separator: ", "))
        }
    }
}
