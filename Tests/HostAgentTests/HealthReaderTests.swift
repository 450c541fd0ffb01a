import CorbelAPI
import Effects
import HostPlan
import ScriptedEffects
import Testing

@testable import HostAgent

@Suite("Health of a host", .timeLimit(.minutes(1)))
struct HealthReaderTests {
    private func reader(_ host: TestHost) -> HealthReader {
        HealthReader(
            effects: host.effects, hostName: TestHost.name, address: TestHost.address, centre: host.centre,
            site: host.site, record: HostRecordFiles(directory: "/var/lib/corbel", files: host.files))
    }

    private static let answers: @Sendable (HTTPCall) async throws -> HTTPReply = { call in
        if call.url.hasSuffix("/readyz") { return HTTPReply(status: 200) }
        if call.url.hasSuffix("maintenance/status") { return HTTPReply(["leader": "26"]) }
        if call.url.hasSuffix("member/list") { return HTTPReply(["members": [["ID": "26", "name": "host-1"]]]) }
        return HTTPReply([:])
    }

    @Test("what answers is told without any time that passes")
    func answersAtOnce() async throws {
        let host = try TestHost(files: TestHost.controlPlaneFiles, answers: Self.answers)
        let start = host.time.uptime
        let observation = await reader(host).read()
        #expect(host.time.uptime == start)
        #expect(observation.health.kubelet == .healthy)
        #expect(observation.health.apiServer == .healthy)
        #expect(observation.health.etcdMember == .healthy)
        #expect(observation.health.quorum == .healthy)
        #expect(observation.health.etcdMembers == 1)
        #expect(observation.etcd?["id"] == "1a")
        #expect(observation.etcd?["leader"] == true)
        #expect(await host.time.waitForSleepers(0), "nothing is left waiting")
    }

    @Test("servers that are silent are given up together, and hold up nothing else")
    func silence() async throws {
        let time = HandTime()
        let files = TestHost.controlPlaneFiles.merging(["/var/lib/corbel/etcd-members": "3"]) { $1 }
        let host = try TestHost(files: files) { _ in
            try await time.sleep(for: .seconds(3600))
            throw EffectError(.timeout, "nobody answers")
        }
        let reader = reader(host)
        async let read = reader.read()
        // The API server, the member's health and its report: three questions at the same time, each with its limit.
        try #require(await time.waitForSleepers(3))
        try #require(await host.time.waitForSleepers(3))
        host.time.pass(.seconds(2))
        let observation = await read
        #expect(observation.health.kubelet == .healthy)
        #expect(observation.health.apiServer == .failing("it does not answer"))
        #expect(observation.health.node == .unknown)
        #expect(observation.health.etcdMember == .failing("it does not answer"))
        #expect(observation.health.quorum == .failing("etcd does not answer for the cluster"))
        #expect(observation.hasEtcdMember == true)
        #expect(observation.health.etcdMembers == 3, "with how many it was, is remembered")
    }

    @Test("a silent etcd makes no old news of the API server")
    func silentEtcd() async throws {
        let time = HandTime()
        let host = try TestHost(files: TestHost.controlPlaneFiles) { call in
            if call.url.contains(":2379") { try await time.sleep(for: .seconds(3600)) }
            return HTTPReply(status: 200)
        }
        let reader = reader(host)
        async let read = reader.read()
        try #require(await time.waitForSleepers(2))
        try #require(await host.time.waitForSleepers(2))
        host.time.pass(.seconds(2))
        let observation = await read
        #expect(observation.health.apiServer == .healthy)
        #expect(observation.health.etcdMember == .failing("it does not answer"))
    }

    @Test("a host without a member of etcd has none that fails")
    func worker() async throws {
        let host = try TestHost(answers: Self.answers)
        let observation = await reader(host).read()
        #expect(observation.hasEtcdMember == false)
        #expect(observation.health.etcdMember == nil)
        #expect(observation.health.quorum == .unknown)
        #expect(observation.health.kubelet == .healthy)
    }
}
