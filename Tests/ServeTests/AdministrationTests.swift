import CorbelAPI
import Effects
import EffectsLinux
import Glibc
import KubeClient
import ResourceClient
import ScriptedEffects
import Testing

/// `corbel token --data-dir` and `corbel audit`, over the directory of a real server.
@Suite("The administrator's commands", .timeLimit(.minutes(4)))
struct AdministrationTests {
    private static let log = "audit/audit-000000000001.log"

    @Test("print a token, and tell a whole audit from one that was touched")
    func tokenAndAudit() async throws {
        try await ScratchDirectory.with { directory in
            let data = directory + "/data"
            let early = try await Corbel.run(["token", "--data-dir", data], in: directory)
            #expect(early.termination == .exited(1) && early.errors.contains("tokens.key"), "\(early.errors)")
            try await ServeProcess.run(in: data) { server in
                let token = try await Corbel.run(["token", "--data-dir", data, "--ttl", "5m"], in: directory)
                #expect(token.termination == .exited(0) && token.output.split(separator: ".").count == 3)
                let long = try await Corbel.run(["token", "--data-dir", data, "--ttl", "25h"], in: directory)
                #expect(long.termination == .exited(1) && long.errors.contains("24h"), "\(long.errors)")
                for name in ["one", "two", "three"] {
                    _ = try await server.client().create(ConfigMap(namespace: "default", name: name), by: "test")
                }
                server.send(SIGTERM)
            }
            let verify = ["audit", "verify", "--data-dir", data, "-o", "json"]
            let whole = try await Corbel.run(verify, in: directory)
            #expect(whole.termination == .exited(0), "\(whole.output) \(whole.errors)")
            #expect(try JSONValue(parsing: Array(whole.output.utf8))["intact"] == true)
            let files = LinuxFiles()
            let text = String(
                decoding: try await files.read("\(data)/\(Self.log)", limit: 1 << 20), as: UTF8.self)
            try await files.writeDurably(
                "\(data)/\(Self.log)", Array(text.replacing("\"name\":\"two\"", with: "\"name\":\"six\"").utf8),
                mode: 0o600)
            let touched = try await Corbel.run(verify, in: directory)
            #expect(touched.termination == .exited(1))
            let json = try JSONValue(parsing: Array(touched.output.utf8))
            #expect(json["intact"] == false && json["findings"]?.arrayValue?.first?["kind"] == "altered")
        }
    }
}
