import CorbelAPI
import Revisions
import Testing

@Suite("The difference of two revisions")
struct RevisionDiffTests {
    private let fixture = RevisionFixture()

    @Test("Equal revisions have no difference")
    func equal() {
        let diff = RevisionDiff(from: fixture.revision, to: fixture.revision)
        #expect(diff.isEmpty)
        #expect(diff.layers.allSatisfy { $0.kind == .unchanged && $0.impact == .noOp })
    }

    @Test("A value's change has its path and both values")
    func values() {
        var fixture = fixture
        fixture["metallb"].values = ["a": ["b": [1, 2]], "gone": ["x": 1], "list": [1], "same": true]
        let changes = fixture.changes {
            $0["metallb"].values = ["a": ["b": [1, 3]], "new": ["k.8s/io": "y"], "list": [1, 2], "same": true]
        }
        #expect(changes.map(\.path) == ["a.b[1]", "gone.x", "list", #"new["k.8s/io"]"#])
        #expect(changes.map(\.from) == [2, 1, [1], nil])
        #expect(changes.map(\.to) == [3, nil, [1, 2], "y"])
    }

    @Test("An add-on is known by its pack, and may be renamed, added and removed")
    func layers() {
        let diff = RevisionDiff(
            from: fixture.revision,
            to: fixture.with { fixture in
                fixture.layers.removeLast()
                fixture.layers.append(RevisionFixture.layer("vmo", .addon, "vmo", "4.8.9"))
            }.revision)
        #expect(diff.layers.map(\.kind) == [.unchanged, .unchanged, .unchanged, .unchanged, .added, .removed])
        #expect(diff.changes.map(\.rule.id) == ["layer-added", "layer-removed"])
        #expect(diff.changes.map(\.impact) == [.workloadRollout, .workloadRollout])
        #expect(fixture.changes { $0.layers[4].name = "lb" }.isEmpty)
    }

    @Test(
        "Another pack in the place of an infrastructure layer is told as such",
        arguments: [
            ("os", "os-pack", Impact.repave), ("k8s", "k8s-pack", .repave), ("cni", "pack-replaced", .workloadRollout),
        ])
    func packs(layer: String, rule: String, impact: Impact) {
        let changes = fixture.changes { $0[layer].pack = "other" }
        #expect(changes.map(\.path) == ["pack"])
        #expect(changes.map(\.rule.id) == [rule])
        #expect(changes.map(\.impact) == [impact])
    }

    @Test("A manifest's change is one change, with what differs in it")
    func manifests() {
        func object(_ name: String, _ replicas: Int) -> Unstructured {
            Unstructured(json: [
                "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": .string(name), "namespace": "x"],
                "spec": ["replicas": JSONValue(replicas)],
            ])
        }
        var fixture = fixture
        fixture["metallb"].manifests = [object("a", 1), object("b", 1)]
        let changes = fixture.changes { $0["metallb"].manifests = [object("a", 2), object("c", 1)] }
        #expect(changes.map(\.path) == ["a", "b", "c"].map { "manifests/Deployment.apps x/\($0)" })
        #expect(changes.map(\.from) == [["spec.replicas": 1], "present", nil])
        #expect(changes.map(\.to) == [["spec.replicas": 2], nil, "present"])
        #expect(changes.allSatisfy { $0.rule.id == "manifest" && $0.impact == .workloadRollout })
    }

    @Test("Comments, probes and priorities do nothing, and are told")
    func settings() {
        let changes = fixture.changes {
            $0["metallb"].valuesText = "# a comment"
            $0["metallb"].installPriority = 5
            $0["csi"].readyToProceed = [ReadinessProbe(json: ["name": "resynced"])]
        }
        #expect(changes.map(\.rule.id) == ["ready-to-proceed", "values-text", "install-priority"])
        #expect(changes.allSatisfy { $0.impact == .noOp })
    }

    @Test("Sensitive values are masked, and another Secret is a change of every text that holds one")
    func secrets() {
        func variable(_ secret: String) -> RevisionVariable {
            RevisionVariable(profile: "p", name: "password", secret: .init(name: secret, key: "password"))
        }
        var fixture = fixture
        fixture.variables = [variable("one")]
        fixture["metallb"].values = ["url": .string("x:\(SecretPlaceholder.text(for: "password"))@y"), "other": 1]
        let next = fixture.with { $0.variables = [variable("two")] }
        let diff = RevisionDiff(from: fixture.revision, to: next.revision)
        #expect(diff.changes.map(\.path) == ["url"])
        #expect(diff.changes.map(\.from) == ["(sensitive)"])
        #expect(diff.changes.map(\.to) == ["(sensitive)"])
        #expect(diff.variables.map(\.to) == ["(sensitive)"])
    }

    @Test("A variable's change is told with both values")
    func variables() {
        var fixture = fixture
        fixture.variables = [
            RevisionVariable(profile: "p", name: "a", value: 1), RevisionVariable(profile: "p", name: "b", value: 1),
        ]
        let next = fixture.with { $0.variables = [RevisionVariable(profile: "p", name: "a", value: 2)] }
        let changes = RevisionDiff(from: fixture.revision, to: next.revision).variables
        #expect(changes.map(\.name) == ["a", "b"])
        #expect(changes.map(\.from) == [1, 1])
        #expect(changes.map(\.to) == [2, nil])
    }
}

@Suite("What a revision holds")
struct RevisionContentTests {
    @Test(
        "SHA-256 has the values of FIPS 180-4",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
            (String(repeating: "a", count: 1000), "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3"),
        ])
    func digests(text: String, expected: String) {
        #expect(ContentDigest.sha256(Array(text.utf8)) == "sha256:\(expected)")
    }

    @Test("The digest names the content, whatever epoch and sequence; the name holds all three")
    func naming() {
        let resolved = ResolvedRevision(spec: RevisionFixture().revision.content)
        let one = ClusterRevision(resolved: resolved, namespace: "default", epoch: 1, sequence: 1)
        let two = ClusterRevision(resolved: resolved, namespace: "default", epoch: 2, sequence: 7)
        #expect(one.digest == two.digest)
        #expect(one.hasValidDigest)
        #expect(two.name == "berlin-2-7-\(one.digest.dropFirst(7).prefix(10))")
        #expect(one.precedes(two) && !two.precedes(one))
        #expect(one.signedBytes != two.signedBytes)
        var forged = one
        forged.json["spec", "os"] = ["image": "evil"]
        #expect(!forged.hasValidDigest)
        forged = one
        forged.signature = "c2lnbmVk"
        #expect(forged.signedBytes == one.signedBytes)
    }

    @Test("Placeholders of sensitive variables are filled, and missing ones are named")
    func placeholders() {
        let tree: JSONValue = [
            "a": [
                .string("u:\(SecretPlaceholder.text(for: "p"))@\(SecretPlaceholder.text(for: "q"))"), "plain {{ x }}",
            ]
        ]
        #expect(SecretPlaceholder.variables(in: tree) == ["p", "q"])
        let filled = SecretPlaceholder.filling(tree, with: ["p": "1"])
        #expect(filled.tree == ["a": [.string("u:1@\(SecretPlaceholder.text(for: "q"))"), "plain {{ x }}"]])
        #expect(filled.missing == ["q"])
    }

    @Test(
        "A probe agrees with the object that it asks for",
        arguments: [
            (["condition": ["type": "Available", "status": "True"]], true),
            (["condition": ["type": "Available", "status": "False"]], false),
            (["condition": ["type": "Other"]], false), (["path": "status.pools.0.state", "equals": "clean"], true),
            (["path": "status.pools.1.state"], false), (["path": "status.pools.0.state"], true), ([:], true),
            (["condition": ["type": "Available"], "path": "status.pools.0.state", "equals": "dirty"], false),
        ] as [(JSONValue, Bool)])
    func probes(json: JSONValue, expected: Bool) {
        let object = Unstructured(json: [
            "status": ["conditions": [["type": "Available", "status": "True"]], "pools": [["state": "clean"]]]
        ])
        #expect(ReadinessProbe(json: json).agrees(object) == expected)
        #expect(!ReadinessProbe(json: json).agrees(nil))
    }
}
