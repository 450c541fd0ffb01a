import CorbelAPI
import Effects
import EffectsLinux
import Glibc
import KubeClient
import ResourceClient
import ScriptedEffects
import Testing

@Suite("Ctrl-C and its like", .timeLimit(.minutes(4)))
struct EndTests {
    @Test("end the server soundly, also under a watch, and free its directory", arguments: [SIGINT, SIGTERM])
    func server(signal: Int32) async throws {
        try await ScratchDirectory.with { directory in
            for _ in 0..<2 {
                let ended = try await ServeProcess.run(in: directory + "/data") { server in
                    let client = try await server.client()
                    let list = try await client.list(Namespace.groupKind, ListOptions())
                    var options = ListOptions()
                    options.resourceVersion = list.resourceVersion
                    let watch = try await client.watch(Namespace.groupKind, options)
                    server.send(signal)
                    // It ends with the server, which does not wait for it: as an end or as an error.
                    do { for try await _ in watch {} } catch {}
                }
                #expect(ended.termination == .exited(0), "\(Corbel.Said(ended).errors)")
                #expect(try await Corbel.processes(naming: directory) == [])
            }
        }
    }

    @Test("end a command that waits; what it has written stays")
    func waitingCommand() async throws {
        try await ScratchDirectory.with { directory in
            try await ServeProcess.run(in: directory + "/data") { server in
                let client = try await server.client()
                var held = ConfigMap(namespace: "default", name: "held")
                held.finalizers = ["test.corbel.dev/hold"]
                _ = try await client.create(held, by: "test")
                let kubeconfig = server.dataDirectory + "/admin.kubeconfig"
                async let deleted = Corbel.run(
                    ["delete", "configmap", "held", "--kubeconfig", kubeconfig], in: directory)
                _ = try await eventually("the deletion has begun") {
                    try await client.get(held.key).isDeleting ? true : nil
                }
                for pid in try await Corbel.processes(naming: "delete", directory) { kill(pid, SIGINT) }
                let said = try await deleted
                #expect(said.termination == .exited(1))
                #expect(said.errors.contains("error: interrupted"), "\(said)")
                #expect(try await client.get(held.key).isDeleting)
                server.send(SIGTERM)
            }
            #expect(try await Corbel.processes(naming: directory) == [])
        }
    }
}
