import ControlLoop
import ControllerRuntime
import CorbelAPI
import Effects
import ResourceClient
import ScriptedEffects
import Testing

@Suite("The shell of the reconcilers", .timeLimit(.minutes(1)))
struct ControllerRunnerTests {
    /// Copies `wish` to `have`.
    private struct Copying: Reconciler {
        var name: String { "copying" }
        var primary: GroupKind { ConfigMap.groupKind }
        var watches: [WatchedKind] { [] }

        func reconcile(_ key: ObjectKey, in snapshot: Snapshot, now: Timestamp) -> Outcome {
            guard let map: ConfigMap = snapshot.get(ConfigMap.self, namespace: key.namespace, name: key.name),
                let wish = map.data["wish"], map.data["have"] != wish
            else { return .done }
            var changed = map
            changed.data["have"] = wish
            return Outcome([
                .update(Unstructured(changed)), .event(EventIntent(about: map, reason: "Copied", message: "as wished")),
            ])
        }
    }

    private let time = HandTime()

    private func runner(_ client: any ResourceClient) -> ControllerRunner {
        ControllerRunner(
            client: client, reconcilers: [Copying()], time: time, random: CountedRandom(), name: "test", logger: quiet)
    }

    /// Runs it while `body` does.
    private func running(_ client: FaultyClient, _ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            let runner = runner(client)
            group.addTask { try await runner.run() }
            try await body()
            group.cancelAll()
        }
    }

    private func wish(_ text: String, as name: String = "map", of client: any ResourceClient) async throws {
        var map = ConfigMap(namespace: "default", name: name)
        map.data = ["wish": text]
        _ = try await client.create(map, by: "somebody")
    }

    private func have(_ client: any ResourceClient, _ name: String = "map") async throws -> String? {
        try await client.find(ConfigMap.self, namespace: "default", name: name)?.data["have"]
    }

    @Test("what was there is listed, what comes is watched, and what is wanted is written and told")
    func works() async throws {
        let client = try await FaultyClient(time: time)
        try await wish("old", as: "first", of: client)
        try await running(client) {
            try await until { try await have(client, "first") == "old" }
            try await wish("new", as: "second", of: client)
            try await until { try await have(client, "second") == "new" }
            try await until { try await client.list(Event.self, namespace: "default").count == 2 }
        }
    }

    @Test("a server that does not answer is asked again, later and later")
    func asksAgain() async throws {
        let client = try await FaultyClient(time: time)
        try await wish("yes", of: client)
        client.fail { verb, _ in verb == "list" ? StatusError(.serviceUnavailable, "not now") : nil }
        try await running(client) {
            for _ in 0..<3 { await time.advance(by: .seconds(60), withSleepers: 1) }
            #expect(try await have(client) == nil)
            client.heal()
            try await until {
                time.pass(.seconds(60))
                return try await have(client) == "yes"
            }
        }
    }

    @Test("a write without an answer is decided anew from what was read again")
    func readsAgain() async throws {
        let client = try await FaultyClient(time: time)
        client.fail { verb, kind in
            verb == "update" && kind == "ConfigMap" ? StatusError(.timeout, "who knows") : nil
        }
        try await running(client) {
            try await wish("yes", of: client)
            for _ in 0..<3 { await time.advance(by: .seconds(60), withSleepers: 1) }
            client.heal()
            try await until {
                time.pass(.seconds(60))
                return try await have(client) == "yes"
            }
        }
    }

    @Test("an error that no server gives ends it: it does not go on half")
    func ends() async throws {
        let client = try await FaultyClient(time: time)
        client.fail { verb, kind in verb == "update" && kind == "ConfigMap" ? BrokenPromise() : nil }
        try await wish("yes", of: client)
        await #expect(throws: BrokenPromise()) { try await runner(client).run() }
    }
}
