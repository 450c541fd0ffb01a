import APIServer
import CorbelAPI
import HostRegistration
import ResourceClient
import ScriptedEffects
import Testing

@Suite("Heartbeats", .timeLimit(.minutes(1)))
struct HeartbeatTests {
    let centre: Centre
    let user: UserInfo

    init() async throws {
        centre = try await Centre()
        user = try await centre.approvedHost("h")
    }

    private func running(_ monitor: HeartbeatMonitor? = nil, _ body: () async throws -> Void) async throws {
        let monitor = monitor ?? centre.monitor
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await monitor.run()
                } catch is CancellationError {
                    return
                }
            }
            await centre.clock.waitForSleeper()
            try await body()
            group.cancelAll()
        }
    }

    private func expectReachable(
        _ status: Condition.Status, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let condition = try await centre.host("h").condition("Reachable")
        #expect(condition?.status == status, sourceLocation: sourceLocation)
    }

    private func revision() async throws -> String { try await centre.host("h").resourceVersion }

    private func beat() async { #expect(await centre.post("heartbeat", [:], as: user).status == 200) }

    @Test("A heartbeat is written when it changes something, and never else")
    func writesOnlyChanges() async throws {
        try await running {
            try await expectReachable(.unknown)
            await beat()
            try await expectReachable(.isTrue)
            let before = try await revision()
            for _ in 0..<20 {
                await centre.clock.advance(by: .seconds(30))
                await beat()
            }
            let after = try await revision()
            #expect(after == before)
        }
    }

    @Test("Silence makes a host unreachable once, a sign of life reachable again")
    func silence() async throws {
        try await running {
            await beat()
            for _ in 0..<59 { await centre.clock.advance(by: .seconds(5)) }
            try await expectReachable(.isTrue)
            await centre.clock.advance(by: .seconds(5))
            try await expectReachable(.isFalse)
            let before = try await revision()
            for _ in 0..<10 { await centre.clock.advance(by: .seconds(60)) }
            let after = try await revision()
            #expect(after == before)
            await beat()
            try await expectReachable(.isTrue)
        }
    }

    @Test("A wall clock that jumps makes nobody unreachable", arguments: [86_400, -86_400])
    func clockJump(seconds: Int) async throws {
        try await running {
            await beat()
            centre.clock.jump(by: .seconds(seconds))
            await centre.clock.advance(by: .seconds(5))
            try await expectReachable(.isTrue)
        }
    }

    @Test("After a restart a host is unknown, until it is heard of or a full timeout has passed")
    func restart() async throws {
        try await running { await beat() }
        centre.clock.pass(.seconds(3600))
        try await running(Centre.monitor(centre.client, centre.clock)) {
            try await expectReachable(.unknown)
            await centre.clock.advance(by: .seconds(295))
            try await expectReachable(.unknown)
            await centre.clock.advance(by: .seconds(5))
            try await expectReachable(.isFalse)
        }
    }

    @Test("The times of the whole fleet are kept in one object, once a minute")
    func checkpoint() async throws {
        try await running {
            await beat()
            let name = "corbel-heartbeats"
            let early = try await centre.client.find(ConfigMap.self, namespace: "kube-system", name: name)
            #expect(early == nil)
            for _ in 0..<12 { await centre.clock.advance(by: .seconds(5)) }
            let kept = try await centre.client.find(ConfigMap.self, namespace: "kube-system", name: name)
            #expect(kept?.data == ["default_h": HandTime.start.rfc3339])
        }
    }

    @Test("A heartbeat without a host's certificate is refused")
    func anonymous() async {
        #expect(await centre.post("heartbeat", [:]).status == 401)
        #expect(
            await centre.post("heartbeat", [:], as: UserInfo(name: "admin", groups: ["system:masters"])).status == 401)
    }
}
