import CorbelAPI
import EffectsLinux
import ResourceClient
import ScriptedEffects
import Testing

@testable import CLICommands

@Suite("corbel apply, get and delete against a centre")
struct ApplyCommandTests {
    @Test("objects are created, then unchanged, then configured; get shows them, delete ends them")
    func lifecycle() async throws {
        try await TestCentre.run { centre in
            try await centre.write("namespace.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: north}\n")
            let created = try await centre.corbel("apply", "-f", "namespace.yaml")
            #expect(created.code == 0 && created.results == "namespace/north created\n", "\(created)")
            let same = try await centre.corbel("apply", "-f", "namespace.yaml", "-o", "json")
            #expect(try same.json["objects"]?.arrayValue?.first?["action"] == "unchanged")
            let text = "apiVersion: v1\nkind: Namespace\nmetadata: {name: north, labels: {a: b}}\n"
            let changed = try await centre.corbel("apply", "-f", "-", input: text)
            #expect(changed.results == "namespace/north configured\n", "\(changed)")
            let shown = try await centre.corbel("get", "ns/north", "-o", "yaml")
            #expect(shown.results.contains("a: b"))
            let table = try await centre.corbel("get", "namespaces")
            #expect(table.results.hasPrefix("NAME"), "\(table)")
            #expect(table.results.contains("\nnorth"))
            let deleted = try await centre.corbel("delete", "namespace", "north", "--no-wait")
            #expect(deleted.code == 0, "\(deleted)")
        }
    }

    @Test("a dry run stores nothing")
    func dryRun() async throws {
        try await TestCentre.run { centre in
            let run = try await centre.corbel("apply", "--dry-run", "-f", "-", input: Samples.cluster)
            #expect(run.code == 0 && run.results.contains("site created"), "\(run)")
            #expect(try await centre.corbel("get", "ec", "site").code == 1)
        }
    }

    @Test("apply waits until the cluster is healthy, and streams what it waits for")
    func waits() async throws {
        try await TestCentre.run { centre in
            async let run = centre.corbel("apply", "-f", "-", "-o", "json", input: Samples.cluster)
            var cluster: EdgeCluster?
            while cluster == nil {
                cluster = try await centre.client.find(EdgeCluster.self, namespace: "default", name: "site")
            }
            let found = try #require(cluster)
            _ = try await centre.client.updateStatus(Samples.healthy(found), by: "test")
            let result = try await run
            #expect(result.code == 0, "\(result)")
            #expect(try result.json["clusters"]?.arrayValue?.first?["outcome"] == "Healthy")
            #expect(result.progress.contains("site: Running, 1 of 1 hosts ready, health Green"))
        }
    }

    @Test("apply fails with the reason where the cluster cannot be made, as the reconcilers tell it")
    func fails() async throws {
        try await TestCentre.run(hasControllers: true) { centre in
            let run = try await centre.corbel("apply", "-f", "-", input: Samples.cluster)
            #expect(run.code == 1 && run.results.contains("there is no profile of that name"), "\(run)")
            #expect(run.progress.contains("waits: no EdgeHost host-1 has registered"), "\(run)")
            let explained = try await centre.corbel("explain", "site")
            #expect(explained.results.contains("ends when:  the host host-1 registers"), "\(explained)")
        }
    }

    @Test("a wait that is too long ends with what goes on")
    func timeout() async throws {
        try await TestCentre.run { centre in
            let run = try await centre.corbel("apply", "--timeout", "0s", "-f", "-", input: Samples.cluster)
            #expect(run.code == 1 && run.progress.contains("the time is up"), "\(run)")
        }
    }

    static let badInput: [(text: String, expected: String)] = [
        ("a: [1", "error: standard input:"),
        ("apiVersion: v1\nkind: Nonsense\nmetadata: {name: a}", "(object 1, Nonsense a): the server has no kind"),
        (
            "apiVersion: corbel.dev/v1\nkind: EdgeCluster\nmetadata: {name: a}",
            "does not serve EdgeCluster as corbel.dev/v1"
        ),
        (
            "apiVersion: corbel.dev/v1alpha1\nkind: EdgeCluster\nmetadata: {name: A_}\nspec: {profiles: [], pools: []}",
            "EdgeCluster A_"
        ),
        (
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: nowhere}",
            "hint: the namespace nowhere does not exist"
        ),
        ("", "there are no objects"),
    ]

    @Test("bad input gets one line that names the place, a hint, and exit code 1")
    func badInput() async throws {
        try await TestCentre.run { centre in
            for (text, expected) in Self.badInput {
                let run = try await centre.corbel("apply", "-f", "-", input: text)
                #expect(run.code == 1 && run.results.isEmpty, "\(run)")
                #expect(run.progress.contains(expected), "\(run.progress)")
                #expect(run.progress.contains("\nhint: "), "\(run.progress)")
            }
        }
    }

    @Test(
        "wrong words on the command line end with a hint and exit code 1",
        arguments: [
            ["apply"], ["apply", "-f", "a", "--plan", "b"], ["get"], ["frobnicate"], ["get", "ec", "-o", "xml"],
            ["apply", "-f", "a", "--timeout", "soon"], ["token", "create", "--max-uses", "0"],
        ])
    func wrongWords(words: [String]) async throws {
        let run = try await CommandLineRun(words, in: "/")
        #expect(run.code == 1 && run.progress.hasPrefix("error: ") && run.progress.contains("hint: "), "\(run)")
    }

    static let missing: [(words: [String], expected: String)] = [
        (["get", "ec", "nobody"], "\"nobody\" not found"), (["get", "nonsense"], "the server has no kind"),
        (["delete", "ec", "nobody"], "\"nobody\" not found"), (["delete", "ec"], "the name is missing"),
        (["explain", "nobody"], "there is no update and no cluster \"nobody\""),
        (["plan", "nobody"], "there is no cluster \"nobody\""),
        (["check", "nobody"], "there is no cluster \"nobody\""),
        (["rollout", "pause", "nobody"], "there is no update and no cluster"),
        (["kubeconfig", "nobody"], "\"nobody\" not found"), (["apply", "-f", "nowhere.yaml"], "no such file"),
        (["get", "ec", "--kubeconfig", "nowhere"], "there is no kubeconfig at nowhere"),
        (["get", "ec", "--context", "nobody"], "no context \"nobody\""),
    ]

    @Test("what does not exist is said so")
    func missing() async throws {
        try await TestCentre.run { centre in
            for (words, expected) in Self.missing {
                let run = try await CommandLineRun(words, in: centre.directory)
                #expect(run.code == 1 && run.progress.contains(expected), "\(run)")
            }
        }
    }

    @Test("a server that is not there has a sentence of its own; check reports it as found")
    func unreachable() async throws {
        try await ScratchDirectory.with { directory in
            let text = ConnectionTests.text.replacing("certificate-authority-data: YWJj", with: "extension: none")
            try await LinuxFiles().writeDurably("\(directory)/admin.kubeconfig", Array(text.utf8), mode: 0o600)
            let run = try await CommandLineRun(["get", "ec"], in: directory)
            #expect(run.code == 1 && run.progress.contains("nothing listens there"), "\(run)")
            let check = try await CommandLineRun(["check", "-o", "json"], in: directory)
            #expect(check.code == 1)
            #expect(try check.json["passed"] == false, "\(check)")
        }
    }
}
