import CorbelAPI
import Testing

@testable import CLICommands

@Suite("Manifests")
struct ManifestTests {
    @Test("know the line and the position of each object, and take lists apart")
    func places() throws {
        let text = """
            # a comment
            apiVersion: v1
            kind: Namespace
            metadata: {name: north}
            ---
            ---
            apiVersion: v1
            kind: List
            items:
            - {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
            - {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}
            """
        let manifests = try Manifest.parse(text, file: "x.yaml")
        #expect(
            manifests.map(\.place) == [
                "x.yaml:2 (object 1, Namespace north)", "x.yaml:7 (object 2, ConfigMap a)",
                "x.yaml:7 (object 3, ConfigMap b)",
            ])
    }

    @Test(
        "name file, line and object of what is wrong",
        arguments: [
            ("x.yaml", "a: [1\nb: 2\n", "x.yaml:2:"),
            ("x.yaml", "a: 1\na: 2\n", "duplicate field \"a\""),
            ("x.json", "{\"a\": 1,\n \"a\": 2}", "x.json:"),
            ("x.json", "{\"kind\": \"Pod\"", "x.json:1:"),
            ("x.yaml", "- 1\n", "x.yaml:1 (object 1): must be an object, and is array"),
            ("x.yaml", "kind: Pod\n", "x.yaml:1 (object 1, Pod): apiVersion: is required"),
            ("x.yaml", "apiVersion: v1\nmetadata: {name: a}\n", "(object 1, a): kind: is required"),
            ("x.yaml", "apiVersion: v1\nkind: Pod\n", "(object 1, Pod): metadata.name: is required"),
        ])
    func problems(file: String, text: String, expected: String) throws {
        let failure = #expect(throws: CommandFailure.self) { try Manifest.parse(text, file: file) }
        #expect(failure?.message.contains(expected) == true, "\(failure?.message ?? "")")
        #expect(failure?.hint.isEmpty == false)
    }
}
