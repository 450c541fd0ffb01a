import CorbelAPI
import Effects
import EffectsLinux
import Glibc
import KubeClient
import ResourceClient
import ScriptedEffects
import Testing

/// What people mistype, against one server: `corbel` and kubectl say the place, and nothing is written.
@Suite("Bad input", .timeLimit(.minutes(4)))
struct BadInputTests {
    struct Mistake: Sendable {
        var text: String
        var corbel: [String]
        /// `nil` where kubectl drops what is wrong before the server sees it.
        var kubectl: [String]?
    }

    private static let mistakes = [
        Mistake(text: "kind: [\n", corbel: ["input.yaml:2:1"], kubectl: ["line 1"]),
        Mistake(text: "{\"kind\": \"EdgeHost\",, }", corbel: ["input.yaml:1:21"], kubectl: ["error"]),
        Mistake(
            text: host("spec: {nonsense: 1}"), corbel: ["EdgeHost x", "unknown field \"spec.nonsense\""],
            kubectl: ["unknown field \"spec.nonsense\""]),
        Mistake(
            text: host("spec: {approved: \"yes\"}"), corbel: ["spec.approved", "\"yes\"", "boolean"],
            kubectl: ["spec.approved", "\"yes\"", "boolean"]),
        Mistake(
            text: host("spec: {approved: true, approved: false}"),
            corbel: ["input.yaml", "duplicate field \"approved\""],
            kubectl: nil),
        Mistake(
            text: "apiVersion: corbel.dev/v1alpha1\nkind: EdgeHost\nmetadata: {name: No_Name}\n",
            corbel: ["metadata.name", "\"No_Name\"", "lower case"],
            kubectl: ["metadata.name", "No_Name", "lower case"]),
        Mistake(
            text: "kind: EdgeHost\nmetadata: {name: x}\n", corbel: ["apiVersion: is required"],
            kubectl: ["apiVersion"]),
        Mistake(
            text: "apiVersion: corbel.dev/v1alpha1\nkind: EdgeHots\nmetadata: {name: x}\n",
            corbel: ["EdgeHots", "did you mean edgehosts?"], kubectl: ["no matches for kind \"EdgeHots\""]),
        Mistake(text: "only words\n", corbel: ["must be an object"], kubectl: ["error"]),
        Mistake(text: "", corbel: ["no objects"], kubectl: ["no objects"]),
    ]

    private static func host(_ spec: String) -> String {
        "apiVersion: corbel.dev/v1alpha1\nkind: EdgeHost\nmetadata: {name: x, namespace: default}\n\(spec)\n"
    }

    @Test("in a file is told with its place by corbel and by kubectl, and nothing is written")
    func files() async throws {
        try await serving { directory, kubeconfig, server in
            let file = ["-f", "input.yaml", "--kubeconfig", kubeconfig]
            for mistake in Self.mistakes {
                try await LinuxFiles().writeDurably(directory + "/input.yaml", Array(mistake.text.utf8), mode: 0o600)
                for command in ["apply", "plan"] {
                    let said = try await Corbel.run([command] + file, in: directory)
                    expect(said, ["error: "] + mistake.corbel, about: mistake.text)
                }
                guard let parts = mistake.kubectl else { continue }
                let kubectl = Command(
                    "kubectl", ["apply"] + file, workingDirectory: directory, timeout: .seconds(60))
                let said = Corbel.Said(try await SubprocessRunner().run(kubectl))
                expect(said, parts, about: mistake.text)
            }
            #expect(try await server.client().list(EdgeHost.self) == [])
        }
    }

    @Test("in the words of a command is told with the word")
    func words() async throws {
        try await serving { directory, kubeconfig, _ in
            let files = LinuxFiles()
            try await files.writeDurably(directory + "/plan.json", Array("{\"kind\": ".utf8), mode: 0o600)
            try await files.writeDurably(directory + "/other.json", Array("{\"kind\": \"List\"}".utf8), mode: 0o600)
            let long = Self.host("metadata: {annotations: {long: \"\(String(repeating: "x", count: 17 << 20))\"}}")
            try await files.writeDurably(directory + "/long.yaml", Array(long.utf8), mode: 0o600)
            let cases: [([String], [String])] = [
                (["plan", "input.yaml"], ["\"input.yaml\"", "corbel plan -f input.yaml"]),
                (["check", "nowhere"], ["no cluster \"nowhere\"", "default"]),
                (["check", "--pre", "nowhere"], ["no cluster \"nowhere\""]),
                (["apply", "--plan", "plan.json"], ["plan.json"]),
                (["apply", "--plan", "other.json"], ["other.json"]),
                (["apply", "-f", "missing.yaml"], ["missing.yaml: there is no such file"]),
                (["apply", "-f", "long.yaml"], ["long.yaml", "\(16 << 20)"]),
                (["get", "edgehots"], ["edgehots", "did you mean edgehosts?"]),
            ]
            for (words, parts) in cases {
                let said = try await Corbel.run(words + ["--kubeconfig", kubeconfig], in: directory)
                expect(said, ["error: "] + parts, about: words.joined(separator: " "))
            }
        }
    }

    /// Runs `body` against a server of its own, which is ended after it.
    private func serving(
        _ body: @escaping @Sendable (_ directory: String, _ kubeconfig: String, ServeProcess) async throws -> Void
    ) async throws {
        try await ScratchDirectory.with { directory in
            let ended = try await ServeProcess.run(in: directory + "/data") { server in
                try await body(directory, server.dataDirectory + "/admin.kubeconfig", server)
                server.send(SIGTERM)
            }
            #expect(ended.termination == .exited(0), "\(Corbel.Said(ended).errors)")
        }
    }

    private func expect(_ said: Corbel.Said, _ parts: [String], about input: String) {
        #expect(said.termination == .exited(1), "\(input): \(said)")
        for part in parts { #expect(said.errors.contains(part), "\(part) in: \(said.errors)") }
    }

    @Test("a kubeconfig that is none, and one that is not there, are named", arguments: ["garbage", nil])
    func kubeconfig(content: String?) async throws {
        try await ScratchDirectory.with { directory in
            if let content {
                try await LinuxFiles().writeDurably(directory + "/config", Array(content.utf8), mode: 0o600)
            }
            let said = try await Corbel.run(["get", "edgehosts", "--kubeconfig", directory + "/config"], in: directory)
            #expect(said.termination == .exited(1))
            #expect(said.errors.hasPrefix("error: ") && said.errors.contains(directory + "/config"), "\(said.errors)")
        }
    }
}
