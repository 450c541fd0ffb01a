import CorbelAPI
import Effects
import HostPlan
import PKI
import ScriptedEffects
import Synchronization
import Testing

@testable import HostAgent

@Suite("A host tells the centre what it is", .timeLimit(.minutes(1)))
struct HostIntroductionTests {
    private static let files = [
        "/etc/corbel/centre-ca.pem": "authority",
        "/var/lib/corbel/identity/registration.json": #"{"namespace": "default", "name": "host-1"}"#,
        "/var/lib/corbel/identity/host.pem": "certificate",
        "/proc/meminfo": "MemTotal:        2048 kB\nMemFree: 1 kB\n",
        "/proc/cpuinfo": "processor\t: 0\nprocessor\t: 1\n",
    ]

    private func introduction(_ host: TestHost) async throws -> HostIntroduction {
        let centre = host.centre
        let registration = try await centre.register()
        var slots = HostSlots()
        slots.a = SlotContent(version: "1.0.0", digest: "sha256:one", isComplete: true)
        let facts = HostFacts(
            booted: .a, bootID: "boot-1", slots: slots, bootBlocks: BootBlocks(first: [], second: []), journal: nil,
            hasEtcdMember: false)
        let record = HostRecordFiles(directory: "/var/lib/corbel", files: host.effects.files)
        try await record.prepare()
        return HostIntroduction(
            registration: registration, facts: facts, effects: host.effects, record: record, centre: centre)
    }

    /// Lets an introduction run while `body` watches.
    private func running(_ introduction: HostIntroduction, _ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await introduction.run()
                } catch is CancellationError {
                    // The test has seen enough.
                }
            }
            try await body()
            group.cancelAll()
        }
    }

    @Test("it tells the slot, the boot and the size of the machine")
    func tells() async throws {
        let host = try TestHost(files: Self.files) { _ in
            HTTPReply(Unstructured(EdgeHost(namespace: "default", name: "host-1")).json)
        }
        try await running(try await introduction(host)) { _ = await host.time.waitForSleepers(1) }
        let call = try #require(host.sender.calls.first)
        #expect(call.method == "PATCH")
        #expect(call.url.contains("/namespaces/default/edgehosts/host-1/status"))
        let status = try JSONValue(parsing: call.body)["status"]
        #expect(status?["bootID"] == "boot-1")
        #expect(status?["os"] == ["slot": "A", "version": "1.0.0", "digest": "sha256:one"])
        let inventory = try #require(status?["inventory"])
        #expect(inventory["memoryBytes"] == 2_097_152 && inventory["processors"] == 2)
        #expect(inventory["slotBytes"] == .integer(4 << 30))
        let room = try #require(inventory["imageRoomBytes"]?.intValue)
        #expect(room % (256 << 20) == 0, "what changes all the time is told in steps")
    }

    @Test("a centre that is away is told half a minute later, and one that was told an hour later again")
    func retries() async throws {
        let isUp = Mutex(false)
        let host = try TestHost(files: Self.files) { _ in
            guard isUp.withLock({ $0 }) else { throw StatusError(.serviceUnavailable, "no connection") }
            return HTTPReply(Unstructured(EdgeHost(namespace: "default", name: "host-1")).json)
        }
        try await running(try await introduction(host)) {
            #expect(await host.time.waitForSleepers(1))
            let attempt = host.sender.calls.count
            await host.time.advance(by: .seconds(30))
            #expect(host.sender.calls.count == attempt * 2)
            isUp.withLock { $0 = true }
            await host.time.advance(by: .seconds(30))
            #expect(host.sender.calls.count == attempt * 2 + 1)
            await host.time.advance(by: .seconds(3599))
            #expect(host.sender.calls.count == attempt * 2 + 1)
            await host.time.advance(by: .seconds(1))
            #expect(host.sender.calls.count == attempt * 2 + 2)
        }
    }

    @Test("what the centre refuses for good ends the introduction, which its keeper begins anew")
    func refused() async throws {
        let host = try TestHost(files: Self.files) { _ in
            HTTPReply(StatusError(.forbidden, "not yours").json, status: 403)
        }
        let introduction = try await introduction(host)
        let error = await #expect(throws: StatusError.self) { try await introduction.run() }
        #expect(error?.reason == .forbidden)
    }
}
