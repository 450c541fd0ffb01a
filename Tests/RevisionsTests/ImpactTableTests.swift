import CorbelAPI
import Revisions
import Testing

/// The tables of "Edge Cluster Upgrade Behavior", row by row as they are published, written down again: the tests do
/// not read the table that they test.
@Suite("Impact of values, as the published tables have it")
struct ImpactTableTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var layer: String
        var pattern: String
        var impact: Impact
        var rule: String
        var distribution: Distribution

        var testDescription: String { "\(distribution.rawValue), \(layer) layer, \(pattern): \(impact.rawValue)" }

        /// Paths that the row covers.
        var paths: [String] {
            guard pattern.hasSuffix(".*") else { return [pattern] }
            return ["one", "one.two"].map { "\(pattern.dropLast(2)).\($0)" } + [String(pattern.dropLast(2))]
        }
    }

    static let stages = [
        "stages.rootfs.*", "stages.initramfs.*", "stages.boot.*", "stages.fs.*", "stages.network.*",
        "stages.after-install.*",
        "stages.after-install-chroot.*", "stages.after-upgrade.*", "stages.after-upgrade-chroot.*",
        "stages.after-reset.*",
        "stages.after-reset-chroot.*", "stages.before-install.*", "stages.before-upgrade.*", "stages.before-reset.*",
    ]

    static let osNoOps = [
        "pack.*", "providerCredentials.*", "options.system.repo", "options.system.registry",
        "options.system.k8sDistribution",
        "options.system.osName", "options.system.peVersion", "options.system.customTag", "options.system.osVersion",
    ]

    static let unlistedKubernetes = [
        "stages.reconcile.*", "options.system.uri", "options.system.registry", "providerCredentials.*", "clusters",
        "other.*",
    ]

    static let unlistedOS = [
        "cluster.*", "clientConfig.*", "stages.unknown.*", "stages", "options.system.other", "packs",
    ]

    static let cases: [Case] = Distribution.allCases.flatMap(cases(of:))

    private static func cases(of distribution: Distribution) -> [Case] {
        func rows(_ layer: String, _ patterns: [String], _ impact: Impact, _ rule: String? = nil) -> [Case] {
            patterns.map {
                Case(
                    layer: layer, pattern: $0, impact: impact, rule: rule ?? "\(layer):\($0)",
                    distribution: distribution)
            }
        }
        var cases = rows("os", ["options.system.uri"], .repave, "system-uri")
        cases += rows("os", stages, .reboot)
        cases += rows("os", ["stages.reconcile.*"], .configReload)
        cases += rows("os", osNoOps, .noOp)
        cases += rows("os", unlistedOS, .reboot, "unlisted")
        cases += rows("k8s", stages, .reboot)
        cases += rows("k8s", ["cluster.*"], .serviceRestart)
        cases += rows("k8s", ["clientConfig.*", "pack.*"], .noOp)
        cases += rows("k8s", unlistedKubernetes, .reboot, "unlisted")
        for layer in ["cni", "csi", "metallb"] { cases += rows(layer, ["any.value"], .workloadRollout, "pack-value") }
        return cases
    }

    @Test("Every row has its impact, its rule and its source", arguments: cases)
    func row(row: Case) {
        var fixture = RevisionFixture(row.distribution)
        // The published no-ops hold while the image's reference is not made of them.
        fixture.imageInputs = []
        for path in row.paths {
            let changes = fixture.changes { $0[row.layer].values = .tree(path, "new") }
            #expect(changes.map(\.path) == [path])
            #expect(changes.map(\.impact) == [row.impact])
            #expect(changes.map(\.rule.id) == [row.rule])
            #expect(changes.allSatisfy { !$0.rule.text.isEmpty && !$0.rule.source.isEmpty })
        }
    }

    @Test("Canonical Kubernetes follows K3s, and says that the rule is Corbel's own")
    func canonical() {
        let changes = RevisionFixture(.canonical).changes { $0["k8s"].values = ["cluster": ["a": 1]] }
        #expect(changes.first?.rule.source.contains("Corbel's own rule") == true)
        let published = RevisionFixture(.k3s).changes { $0["k8s"].values = ["cluster": ["a": 1]] }
        #expect(published.first?.rule.source == "Palette Edge, Edge Cluster Upgrade Behavior, Kubernetes Layer, K3s")
        #expect(changes.map(\.impact) == published.map(\.impact))
    }

    @Test("RKE2 reboots where its table says so, and does not repave as its known issue does")
    func rke2() {
        let changes = RevisionFixture(.rke2).changes { $0["os"].values = ["stages": ["boot": [1]]] }
        #expect(changes.map(\.impact) == [.reboot])
    }
}

@Suite("Update types of the page Cluster Management")
struct UpdateTypeTests {
    struct UpdateType: Sendable, CustomTestStringConvertible {
        var name: String
        var layer: String
        var isVersion: Bool
        var impact: Impact
        var rule: String
        var testDescription: String { "\(name), \(layer)" }
    }

    static let types =
        ["cni", "csi", "metallb"].flatMap { layer in
            [
                UpdateType(
                    name: "Pack value change", layer: layer, isVersion: false, impact: .workloadRollout,
                    rule: "pack-value"),
                UpdateType(
                    name: "Pack version upgrade", layer: layer, isVersion: true, impact: .workloadRollout,
                    rule: "pack-version"),
            ]
        } + [
            UpdateType(
                name: "K8s version upgrade", layer: "k8s", isVersion: true, impact: .rollingUpgrade, rule: "k8s-version"
            ),
            UpdateType(name: "OS upgrade", layer: "os", isVersion: true, impact: .repave, rule: "os-version"),
        ]

    @Test("Every update type has its impact, whatever the distribution", arguments: types, Distribution.allCases)
    func type(type: UpdateType, distribution: Distribution) {
        let changes = RevisionFixture(distribution).changes {
            if type.isVersion { $0[type.layer].packVersion = "9.9.9" } else { $0[type.layer].values = ["replicas": 3] }
        }
        #expect(changes.map(\.impact) == [type.impact])
        #expect(changes.map(\.rule.id) == [type.rule])
    }

    @Test("Impacts are ordered from least to most")
    func order() {
        #expect(
            Impact.allCases.sorted().map(\.rawValue) == [
                "NoOp", "ConfigReload", "WorkloadRollout", "ServiceRestart", "RollingUpgrade", "Reboot", "Repave",
            ])
        #expect(Impact.allCases.filter { !$0.touchesHosts } == [.noOp, .workloadRollout])
    }
}

@Suite("The transitive rule: what options.system.uri is made of")
struct SystemURITests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var inputs: [String]
        var layer: String
        var path: String
        var rule: String
        var testDescription: String { name }
    }

    private static let registry = "pack.edge-native-byoi.options.system.registry"

    static let cases = [
        Case(name: "the reference itself", inputs: [], layer: "os", path: "options.system.uri", rule: "system-uri"),
        Case(
            name: "a value that it interpolates", inputs: [registry], layer: "os", path: "options.system.registry",
            rule: "system-uri"),
        Case(
            name: "a value of another pack", inputs: ["pack.edge-k8s.pack.tag"], layer: "k8s", path: "pack.tag",
            rule: "system-uri"),
        Case(
            name: "a value of an add-on", inputs: ["pack.metallb.tag"], layer: "metallb", path: "tag",
            rule: "system-uri"),
        Case(
            name: "a value below one that it interpolates", inputs: ["pack.edge-k8s.pack"], layer: "k8s",
            path: "pack.a.b", rule: "system-uri"),
        Case(
            name: "a value above one that it interpolates", inputs: ["pack.edge-k8s.pack.a.b"], layer: "k8s",
            path: "pack.a", rule: "system-uri"),
        Case(
            name: "a sibling", inputs: [registry], layer: "os", path: "options.system.repo",
            rule: "os:options.system.repo"),
        Case(
            name: "a longer name", inputs: [registry], layer: "os", path: "options.system.registryMirror",
            rule: "unlisted"),
        Case(
            name: "the same path of another pack", inputs: ["pack.edge-k8s.tag"], layer: "metallb", path: "tag",
            rule: "pack-value"),
        Case(name: "a variable of that name", inputs: ["var.tag"], layer: "metallb", path: "tag", rule: "pack-value"),
    ]

    @Test("A change of an input is a repave, and no other is", arguments: cases)
    func input(input: Case) {
        var fixture = RevisionFixture()
        fixture.imageInputs = input.inputs
        let changes = fixture.changes { $0[input.layer].values = .tree(input.path, "new") }
        #expect(changes.map(\.rule.id) == [input.rule])
        #expect(changes.allSatisfy { ($0.impact == .repave) == (input.rule == "system-uri") })
    }

    @Test("A value counts that the reference was made of before, or is made of now")
    func eitherRevision() {
        for inputs in [(["pack.metallb.tag"], []), ([], ["pack.metallb.tag"])] {
            var fixture = RevisionFixture()
            fixture.imageInputs = inputs.0
            let changes = fixture.changes {
                $0.imageInputs = inputs.1
                $0["metallb"].values = ["tag": 2]
            }
            #expect(changes.map(\.rule.id) == ["system-uri"])
        }
    }

    @Test("A Kubernetes version that the reference interpolates is a repave")
    func kubernetesVersion() {
        var fixture = RevisionFixture()
        fixture.imageInputs = ["system.kubernetes.version"]
        let changes = fixture.changes { $0["k8s"].packVersion = "1.34.0" }
        #expect(changes.map(\.rule.id) == ["system-uri"])
    }
}
