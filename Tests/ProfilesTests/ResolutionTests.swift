import CorbelAPI
import Profiles
import Revisions
import Testing

@Suite("Resolving profiles to a revision")
struct ResolutionTests {
    private let fixture = StackFixture()

    @Test("A revision holds the stack, resolved and in the order of installation")
    func stack() throws {
        let revision = try #require(fixture.revision, "\(fixture.problems)")
        #expect(revision.distribution == .kubeadm)
        #expect(revision.kubernetesVersion == "1.33.6")
        #expect(revision.osImage == "registry.example/ubuntu:1\(StackFixture.pin)")
        #expect(revision.layers.map(\.name) == ["os", "k8s", "cni", "csi", "web"])
        #expect(revision.layers.last?.values == ["image": "web:1", "replicas": 2])
        #expect(revision.layers.last?.valuesText == "replicas: 2\n")
        #expect(revision.layers.last?.manifests.map(\.name) == ["extra"])
        #expect(revision.profiles.map(\.name) == ["infra", "services"])
        #expect(fixture.resolved?.warnings == [])
        #expect(fixture.resolved == fixture.resolved)
    }

    @Test(
        "A macro has the type of its value without quotes, and is a text within them",
        arguments: [
            ("{{ .corbel.var.num }}", 3), ("'{{ .corbel.var.num }}'", "3"), ("\"{{.corbel.var.num}}\"", "3"),
            ("{{ .spectro.var.num }}", 3), ("a-{{ .corbel.var.num }}-{{ .corbel.var.str }}", "a-3-x: y"),
            ("{{ .corbel.var.str }}", "x: y"),
            ("{{ .corbel.var.flag }}", true), ("[{{ .corbel.var.num }}, '{{ .corbel.var.flag }}']", [3, "true"]),
            ("{{ .corbel.pack.edge-k8s.tree }}", ["a": [1, "deep"]]), ("{{ .corbel.pack.edge-k8s.tree.a.1 }}", "deep"),
            ("{{ .corbel.pack.edge-k8s.indirect.a.0 }}", 1), ("{{ .corbel.pack.cni-calico.mtu }}", 1500),
            (
                "'{{ .corbel.system.cluster.name }}/{{ .corbel.system.cluster.namespace }}/{{ "
                    + ".corbel.system.cluster.uid }}'",
                "berlin/site/u-1"
            ),
            ("{{ .spectro.system.kubernetes.version }}", "1.33.6"), ("{{ .corbel.system.project.name }}", "site"),
            (
                "'{{ .corbel.system.clusterprofile.name }} {{ .corbel.system.clusterprofile.version }}'",
                "services 2.0.0"
            ),
            (
                "'{{ .corbel.system.clusterprofile.infra.name }} {{ .corbel.system.clusterprofile.infra.version }}'",
                "infra 1.0.0"
            ),
            ("'{{ $labels.pod }} {{ .Values.x }}'", "{{ $labels.pod }} {{ .Values.x }}"),
            ("1 # {{ .corbel.nonsense }}", 1), ("{'k-{{ .corbel.var.num }}': 1}", ["k-3": 1]),
        ] as [(String, JSONValue)])
    func macros(text: String, expected: JSONValue) throws {
        let fixture = fixture.with {
            $0.addOnVariables =
                "[{name: num, format: number, default: 3}, {name: str, default: 'x: y'}, {name: "
                + "flag, format: boolean, default: true}]"
            $0.addOnValues = "x: \(text)"
            $0.kubernetesValues = "tree: {a: [1, deep]}\nindirect: {{ .corbel.pack.edge-k8s.tree }}\ncluster: {}"
        }
        let revision = try #require(fixture.revision, "\(fixture.problems)")
        #expect(revision.layers.last?.values["x"] == expected)
    }

    @Test("The profile's values go over the pack's: objects merge, lists are replaced, null removes")
    func merging() throws {
        let fixture = fixture.with {
            $0.webPack = "a: {b: 1, c: 2}\nlist: [1, 2]\ngone: 1\nkept: 1"
            $0.addOnValues = "a: {c: 3}\nlist: [3]\ngone: null"
        }
        #expect(fixture.revision?.layers.last?.values == ["a": ["b": 1, "c": 3], "list": [3], "kept": 1])
    }

    @Test("Add-ons go by priority, and within one as they are named")
    func order() throws {
        let fixture = fixture.with {
            $0.cluster["spec", "profiles"] = [
                ["name": "services", "version": "2.0.0"], ["name": "infra", "version": "1.0.0"],
                ["name": "more", "version": "1.0.0"],
            ]
            $0.extraProfiles = [
                """
                metadata: {name: more-1.0.0}
                spec:
                  profileName: more
                  type: add-on
                  version: 1.0.0
                  layers:
                  - {name: late, type: addon, installPriority: 5, manifests: [{name: a, content: ''}]}
                  - {name: early, type: addon, installPriority: -5, manifests: [{name: a, content: ''}]}
                """
            ]
        }
        #expect(
            fixture.revision?.layers.map(\.name) == ["os", "k8s", "cni", "csi", "early", "web", "late"],
            "\(fixture.problems)")
    }

    @Test(
        "The inputs of the image are found however far they are",
        arguments: [
            ("registry.example/a:1", "", []),
            ("{{ .corbel.pack.edge-native-byoi.reg }}/a:1", "reg: r", ["pack.edge-native-byoi.reg"]),
            ("{{ .corbel.var.registry }}/a:1", "", ["var.registry"]),
            ("{{ .corbel.pack.edge-k8s.reg }}/a:1", "", ["pack.edge-k8s.reg", "var.registry"]),
            (
                "{{ .corbel.pack.edge-native-byoi.reg }}/a:1", "reg: '{{ .corbel.pack.edge-k8s.reg }}'",
                ["pack.edge-k8s.reg", "pack.edge-native-byoi.reg", "var.registry"]
            ),
            ("r/{{ .corbel.system.kubernetes.version }}", "", ["system.kubernetes.version"]),
        ])
    func imageInputs(uri: String, more: String, inputs: [String]) throws {
        let fixture = fixture.with {
            $0.osValues = "options: {system: {osName: ubuntu, uri: \"\(uri)\(StackFixture.pin)\"}}\n\(more)"
            $0.kubernetesValues = "reg: '{{ .corbel.var.registry }}'\nother: 1"
        }
        #expect(try #require(fixture.revision, "\(fixture.problems)").imageInputs == inputs)
    }

    @Test("A variable that the image is made of through two packs is a repave, and its neighbour is none")
    func transitive() throws {
        let fixture = fixture.with {
            $0.osValues = """
                options: {system: {osName: ubuntu, registry: '{{ .corbel.pack.edge-k8s.pack.reg }}',
                  uri: '{{ .corbel.pack.edge-native-byoi.options.system.registry }}/a:1\(StackFixture.pin)'}}
                """
            $0.kubernetesValues = "pack: {reg: '{{ .corbel.var.registry }}', other: '{{ .corbel.var.count }}'}"
        }
        let before = try #require(fixture.revision, "\(fixture.problems)")
        let moved = try #require(fixture.with { $0.cluster["spec", "variables"] = ["registry": "r2"] }.revision)
        let changes = RevisionDiff(from: before, to: moved).changes
        #expect(changes.map(\.path) == ["options.system.registry", "options.system.uri", "pack.reg"])
        #expect(changes.allSatisfy { $0.impact == .repave && $0.rule.id == "system-uri" })
        let counted = try #require(fixture.with { $0.cluster["spec", "variables"] = ["count": 4] }.revision)
        #expect(RevisionDiff(from: before, to: counted).changes.map(\.impact) == [.noOp])
    }

    @Test("A combination that is not listed warns, and resolves")
    func warnings() {
        let fixture = fixture.with {
            $0.infra = $0.infra.replacing("cni-calico, version: 3.30.0", with: "cni-flannel, version: 1.0.0")
                .replacing("csi-rook, version: 1.18.0", with: "csi-longhorn, version: 1.0.0").replacing(
                    "1.33.6", with: "1.34.0")
            $0.osValues = "options: {system: {osName: debian, uri: 'r/debian:1\(StackFixture.pin)'}}"
        }
        #expect(
            fixture.resolved?.warnings.map(\.message) == [
                "Palette eXtended Kubernetes Edge (PXK-E) with the operating system debian is no "
                    + "listed combination; listed: openSUSE, Ubuntu",
                "Kubernetes 1.34.0 is no listed version; listed: 1.26 to 1.33",
                "Palette eXtended Kubernetes Edge (PXK-E) with the CSI Longhorn is no listed "
                    + "combination; listed: Rook Ceph",
            ])
    }

    @Test("A sensitive value stays in its Secret")
    func sensitive() throws {
        let fixture = fixture.with {
            $0.addOnVariables = "[{name: password, sensitive: true, required: true}]"
            $0.addOnValues = "url: 'u:{{ .corbel.var.password }}@h'"
            $0.cluster["spec", "variablesFrom"] = [["name": "other"], ["name": "site-secrets"]]
            var secret = Secret(namespace: "site", name: "site-secrets")
            secret.json["data"] = ["password": "aHVudGVyMg=="]
            $0.secrets = [secret]
        }
        let revision = try #require(fixture.revision, "\(fixture.problems)")
        #expect(revision.layers.last?.values["url"] == "u:{{ .corbel.secret.password }}@h")
        #expect(revision.variables.last?.secret == .init(name: "site-secrets", key: "password"))
        #expect(revision.variables.last?.value == nil)
        #expect(!revision.json.encodedText.contains("hunter2") && !revision.json.encodedText.contains("aHVudGVyMg"))
    }
}
