import CorbelAPI
import Foundation
import Profiles
import Revisions
import Testing
import YAML

@Suite("The sample profiles")
struct ExampleTests {
    private let profiles: [ClusterProfile]
    private let packs: [Pack]
    private let texts: [String]

    init() throws {
        let root = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
            .deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "examples")
        func read(_ directory: String) throws -> [String] {
            let names = try FileManager.default.contentsOfDirectory(atPath: root.appending(path: directory).path())
                .sorted()
            return try names.map { try String(contentsOf: root.appending(path: "\(directory)/\($0)"), encoding: .utf8) }
        }
        let packTexts = try read("packs")
        texts = packTexts
        packs = try packTexts.map { Pack(json: try JSONValue(yaml: $0)) }
        profiles = try read("profiles").map { ClusterProfile(json: try JSONValue(yaml: $0)) }
    }

    private var input: ResolutionInput {
        var cluster = EdgeCluster(namespace: "default", name: "berlin")
        cluster.spec = [
            "profiles": .array(
                ["infrastructure", "core-add-ons", "vm-migration"].map { ["name": $0, "version": "1.0.0"] })
        ]
        return ResolutionInput(cluster: cluster, profiles: profiles, packs: packs)
    }

    private func resolve(_ input: ResolutionInput) throws -> ResolvedRevision {
        switch ProfileResolver().resolve(input) {
        case .resolved(let resolved): return resolved
        case .refused(let problems): throw try #require(problems.first)
        }
    }

    private func revision(_ input: ResolutionInput, sequence: Int = 1) throws -> ClusterRevision {
        ClusterRevision(resolved: try resolve(input), namespace: "default", epoch: 1, sequence: sequence)
    }

    @Test("They resolve to the stack of the source, in its versions")
    func stack() throws {
        let revision = try revision(input)
        let stack = revision.layers.map { "\($0.type.rawValue) \($0.pack ?? "") \($0.packVersion ?? "")" }
        #expect(
            stack == [
                "os edge-native-byoi 2.1.0", "k8s edge-k8s 1.33.6", "cni cni-cilium-oss 1.18.4", "csi portworx 3.5.0",
                "addon metallb 0.15.2", "addon nginx-ingress 1.14.1", "addon prometheus-operator 80.4.2",
                "addon vmo 4.8.9",
                "addon vm-migration-assistant 4.8.8",
            ])
        let reference = "registry.corbel.internal/edge/ubuntu:kubeadm-ubuntu-24.04-2.1.0@sha256:"
        #expect(revision.osImage.hasPrefix(reference))
        #expect(revision.osImage.count == reference.count + 64)
        #expect(revision.imageInputs.count == 7)
        #expect(revision.distribution == .kubeadm)
        #expect(
            revision.layers.last { $0.name == "prometheus-operator" }?.values["externalUrl"]
                == "https://prometheus.berlin.internal")
    }

    @Test("The source's own stack warns of Cilium and Portworx, and resolves")
    func warnings() throws {
        #expect(try resolve(input).warnings.map(\.reason) == ["UnlistedNetwork", "UnlistedStorage"])
    }

    @Test("Every workload layer applies objects, with numbers as numbers and no macro left")
    func manifests() throws {
        let revision = try revision(input)
        for layer in revision.layers where layer.type > .k8s {
            #expect(layer.manifests.contains { ["Deployment", "DaemonSet"].contains($0.kind) }, "\(layer.name)")
        }
        #expect(revision.layers.flatMap(\.manifests).contains { $0.kind == "PodDisruptionBudget" })
        let ingress = revision.layers.flatMap(\.manifests).first {
            $0.kind == "Deployment" && $0.name == "ingress-nginx-controller"
        }
        #expect(ingress?.spec["replicas"] == 2)
        #expect(!revision.layers.contains { JSONValue.array($0.manifests.map(\.json)).encodedText.contains("{{") })
        #expect(
            Set(revision.layers.flatMap(\.readyToProceed).map(\.name)) == ["storage-serves", "virtual-machines-move"])
    }

    @Test("Every pack says in a comment and in an annotation that it is a stand-in, and is named by its version")
    func standIns() {
        #expect(packs.count == 9)
        for (pack, text) in zip(packs, texts) {
            #expect(pack.annotations[Pack.standInAnnotation]?.hasPrefix("Stands in for") == true)
            #expect(text.hasPrefix("# A stand-in"))
            #expect(pack.name == Pack.objectName(pack.packName, pack.version))
        }
    }

    struct Update: Sendable, CustomTestStringConvertible {
        var name: String
        var layer: Int
        var from: String
        var to: String
        var impact: Impact
        var testDescription: String { name }
    }

    @Test(
        "Each kind of update has the impact that its comment promises",
        arguments: [
            Update(name: "a value of a pack", layer: 2, from: "1500", to: "1400", impact: .workloadRollout),
            Update(
                name: "a value of storage", layer: 3, from: "replication: 3", to: "replication: 2",
                impact: .workloadRollout),
            Update(name: "cluster.*", layer: 1, from: "{{ .corbel.var.maxPods }}", to: "200", impact: .serviceRestart),
            Update(
                name: "stages.reconcile.*", layer: 0, from: "name: time servers", to: "name: clocks",
                impact: .configReload),
            Update(name: "stages.initramfs.*", layer: 0, from: "panic=10", to: "panic=20", impact: .reboot),
            Update(name: "pack.*", layer: 0, from: "stages:", to: "pack: {drainPods: 'false'}\nstages:", impact: .noOp),
            Update(
                name: "the tag", layer: 0, from: "stages:", to: "options: {system: {customTag: '2.1.1'}}\nstages:",
                impact: .repave),
            Update(name: "a comment", layer: 0, from: "# Runs at", to: "# Goes at", impact: .noOp),
        ])
    func updates(update: Update) throws {
        var changed = input
        let index = try #require(changed.profiles.firstIndex { $0.profileName == "infrastructure" })
        var layers = changed.profiles[index].json["spec", "layers"]?.arrayValue ?? []
        let values = layers[update.layer]["values"]?.stringValue ?? ""
        layers[update.layer]["values"] = .string(values.replacing(update.from, with: update.to))
        changed.profiles[index].json["spec", "layers"] = .array(layers)
        let plan = UpdatePlan(from: try revision(input), to: try revision(changed, sequence: 2), hosts: [], pools: [])
        #expect(plan.hasChanges)
        #expect(plan.impact == update.impact)
    }
}
