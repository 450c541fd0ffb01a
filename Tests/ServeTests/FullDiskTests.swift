import CorbelAPI
import Effects
import EffectsLinux
import Glibc
import KubeClient
import ResourceClient
import ScriptedEffects
import Testing

@Suite("A full disk", .timeLimit(.minutes(4)))
struct FullDiskTests {
    /// No file may grow beyond 2 MiB. The signal that a shell would be told of is turned off, so that the write fails.
    private static let limit = "trap '' XFSZ; ulimit -f 2048"

    @Test("fails the writes with a reason, keeps serving what is there, and is forgotten when there is room again")
    func fillsUp() async throws {
        try await ScratchDirectory.with { directory in
            let data = directory + "/data"
            let ended = try await ServeProcess.run(in: data, shell: Self.limit) { server in
                let client = try await server.client()
                let error = try #require(await fill(client))
                #expect(error.reason == .serviceUnavailable, "\(error)")
                #expect(error.message.contains("store"), "\(error)")
                #expect(try await client.list(ConfigMap.self, namespace: "default").count >= 5)
                server.send(SIGTERM)
            }
            #expect(ended.termination == .exited(0), "\(Corbel.Said(ended).errors)")
            try await ServeProcess.run(in: data) { server in
                let client = try await server.client()
                let before = try await client.list(ConfigMap.self, namespace: "default").map(\.name)
                #expect(before == (0..<before.count).map(Self.name))
                _ = try await client.create(ConfigMap(namespace: "default", name: "after"), by: "test")
                server.send(SIGTERM)
            }
        }
    }

    @Test("at the start ends the server with a reason, and nothing stays in the way of the next start")
    func fromTheStart() async throws {
        try await ScratchDirectory.with { directory in
            let data = directory + "/data"
            let ended = try await ServeProcess.run(in: data, shell: "trap '' XFSZ; ulimit -f 8") { $0.send(SIGKILL) }
            let said = Corbel.Said(ended)
            #expect(said.termination == .exited(1), "\(said.errors)")
            #expect(said.errors.hasPrefix("error: ") && said.errors.contains(data), "\(said.errors)")
            let again = try await ServeProcess.run(in: data) { $0.send(SIGTERM) }
            #expect(again.termination == .exited(0), "\(Corbel.Said(again).errors)")
        }
    }

    private static func name(_ number: Int) -> String { "filler-" + String(1000 + number) }

    /// Writes objects of 100 kB until one is refused.
    private func fill(_ client: KubeClient) async throws -> StatusError? {
        for number in 0..<100 {
            var map = ConfigMap(namespace: "default", name: Self.name(number))
            map.data = ["filler": String(repeating: "x", count: 100_000)]
            do {
                _ = try await client.create(map, by: "test")
            } catch let error as StatusError {
                return error
            }
        }
        return nil
    }
}
