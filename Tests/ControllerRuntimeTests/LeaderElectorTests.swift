import ControlLoop
import ControllerRuntime
import CorbelAPI
import Effects
import ResourceClient
import ScriptedEffects
import Synchronization
import Testing

@Suite("Leadership by a lease", .timeLimit(.minutes(1)))
struct LeaderElectorTests {
    private static let lease = Lease.key(namespace: "default", name: "leader")

    private let time = HandTime()
    /// What became of the terms, in order.
    private let story = Story()

    private final class Story: Sendable {
        private let lines = Mutex<[String]>([])

        var told: [String] { lines.withLock { $0 } }
        func tell(_ line: String) { lines.withLock { $0.append(line) } }
    }

    private func elector(_ client: any ResourceClient, as identity: String = "one") -> LeaderElector {
        LeaderElector(
            .init(identity: identity, lease: Self.lease), client: client, time: time, random: CountedRandom(),
            logger: quiet)
    }

    /// Leads until it is cancelled.
    private func lead(_ transitions: Int) async {
        story.tell("begins \(transitions)")
        for await _ in AsyncStream<Never>.makeStream().stream {}
        story.tell("ends \(transitions)")
    }

    /// Lets time pass, as fast as the elector keeps up with it, until that much has been told.
    private func until(_ lines: [String]) async throws {
        while story.told != lines {
            try Task.checkCancellation()
            await time.advance(by: .seconds(1), withSleepers: 1)
        }
    }

    @Test("whoever holds the lease leads until it is told to end")
    func leads() async throws {
        let client = try await FaultyClient(time: time)
        try await withThrowingTaskGroup(of: Void.self) { group in
            let elector = elector(client)
            group.addTask { try await elector.run { await lead($0) } }
            try await until(["begins 0"])
            let held = try await client.find(Lease.self, namespace: "default", name: "leader")
            #expect(held?.spec["holderIdentity"] == "one")
            group.cancelAll()
        }
        #expect(story.told == ["begins 0", "ends 0"])
    }

    @Test("a leader that cannot renew stops before anybody else may begin, and stands again")
    func loses() async throws {
        let client = try await FaultyClient(time: time)
        try await withThrowingTaskGroup(of: Void.self) { group in
            let elector = elector(client)
            group.addTask { try await elector.run { await lead($0) } }
            try await until(["begins 0"])
            client.fail { _, kind in kind == "Lease" ? StatusError(.serviceUnavailable, "cut off") : nil }
            try await until(["begins 0", "ends 0"])
            client.heal()
            try await until(["begins 0", "ends 0", "begins 1"])
            group.cancelAll()
        }
    }

    @Test("work that fails ends the election with its error, and work that ends ends it quietly")
    func ends() async throws {
        let client = try await FaultyClient(time: time)
        for fails in [true, false] {
            let elector = elector(client)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    if fails {
                        await #expect(throws: BrokenPromise()) { try await elector.run { _ in throw BrokenPromise() } }
                    } else {
                        try await elector.run { _ in }
                    }
                    story.tell("over")
                }
                try await ControllerRuntimeTests.until {
                    time.pass(.seconds(1))
                    return story.told.count == (fails ? 1 : 2)
                }
            }
        }
    }
}
