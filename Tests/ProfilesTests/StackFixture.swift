import CorbelAPI
import Profiles
import Revisions
import Testing
import YAML

/// A small stack of profiles and packs, as texts, to change in single places.
struct StackFixture: CustomTestStringConvertible {
    var testDescription: String { "a stack" }

    var infra = """
        metadata: {name: infra}
        spec:
          type: infra
          version: 1.0.0
          variables:
          - {name: registry, default: registry.example}
          - {name: count, format: number, default: 3}
          layers:
          - name: os
            type: os
            pack: {name: edge-native-byoi, version: 2.1.0}
            values: |
              OSVALUES
          - name: k8s
            type: k8s
            pack: {name: edge-k8s, version: 1.33.6}
            values: |
              K8SVALUES
          - name: cni
            type: cni
            pack: {name: cni-calico, version: 3.30.0}
            values: |
              CNIVALUES
          - name: csi
            type: csi
            pack: {name: csi-rook, version: 1.18.0}
        """
    /// What ends the reference of an image.
    static let pin = "@sha256:" + String(repeating: "1", count: 64)
    var osValues = "options: {system: {osName: ubuntu, uri: 'registry.example/ubuntu:1\(StackFixture.pin)'}}"
    var kubernetesValues = "cluster: {}"
    var networkValues = "mtu: 1500"
    var addOn = """
        metadata: {name: services}
        spec:
          type: add-on
          version: 2.0.0
          variables: VARIABLES
          layers:
          - name: web
            type: addon
            pack: {name: web, version: 1.0.0}
            values: |
              VALUES
            manifests:
            - name: extra
              content: |
                MANIFEST
        """
    var addOnVariables = "[]"
    var addOnValues = "replicas: 2"
    var manifest = "{apiVersion: v1, kind: ConfigMap, metadata: {name: extra}}"
    var webPack = "image: web:1"
    var usesAddOn = true
    var cluster: JSONValue = [
        "apiVersion": "corbel.dev/v1alpha1", "kind": "EdgeCluster",
        "metadata": ["name": "berlin", "namespace": "site", "uid": "u-1"],
        "spec": [
            "profiles": [["name": "infra", "version": "1.0.0"], ["name": "services", "version": "2.0.0"]], "pools": [],
        ],
    ]
    var secrets: [Secret] = []
    var running: ClusterRevision?
    var extraProfiles: [String] = []

    var infraProfile: ClusterProfile {
        ClusterProfile(
            json: Self.parse(
                infra.replacing("OSVALUES", with: osValues.indented(6)).replacing(
                    "K8SVALUES", with: kubernetesValues.indented(6)
                )
                .replacing("CNIVALUES", with: networkValues.indented(6))))
    }

    var addOnProfile: ClusterProfile {
        ClusterProfile(
            json: Self.parse(
                addOn.replacing("VARIABLES", with: addOnVariables).replacing("VALUES", with: addOnValues.indented(6))
                    .replacing("MANIFEST", with: manifest.indented(8))))
    }

    var input: ResolutionInput {
        var cluster = EdgeCluster(json: cluster)
        if !usesAddOn { cluster.json["spec", "profiles"] = [["name": "infra", "version": "1.0.0"]] }
        return ResolutionInput(
            cluster: cluster,
            profiles: [infraProfile, addOnProfile] + extraProfiles.map { ClusterProfile(json: Self.parse($0)) },
            packs: packs, secrets: secrets, running: running)
    }

    private var packs: [Pack] {
        let versions = [
            ("edge-native-byoi", "2.1.0", "os"), ("edge-k8s", "1.33.6", "k8s"), ("edge-k8s", "1.34.0", "k8s"),
            ("edge-k8s", "1.35.0", "k8s"), ("edge-k8s", "1.33.5", "k8s"), ("edge-k3s", "1.33.6", "k8s"),
            ("cni-calico", "3.30.0", "cni"),
            ("cni-flannel", "1.0.0", "cni"), ("csi-rook", "1.18.0", "csi"), ("csi-longhorn", "1.0.0", "csi"),
            ("web", "1.0.0", "addon"),
        ]
        return versions.map { name, version, layer in
            var pack = Pack(name: Pack.objectName(name, version))
            pack.spec = [
                "name": .string(name), "version": .string(version), "layer": .string(layer),
                "values": .string(name == "web" ? webPack : ""),
            ]
            return pack
        }
    }

    private static func parse(_ text: String) -> JSONValue {
        guard let value = try? JSONValue(yaml: text) else { preconditionFailure("the fixture is no YAML:\n\(text)") }
        return value
    }

    /// The problems, as people read them.
    var problems: [String] { refused.map(\.description) }

    var refused: [ProfileProblem] {
        if case .refused(let problems) = ProfileResolver().resolve(input) { problems } else { [] }
    }

    var resolved: ResolvedRevision? {
        if case .resolved(let resolved) = ProfileResolver().resolve(input) { resolved } else { nil }
    }

    var revision: ClusterRevision? {
        resolved.map { ClusterRevision(resolved: $0, namespace: "site", epoch: 1, sequence: 1) }
    }

    func with(_ change: (inout StackFixture) -> Void) -> StackFixture {
        var copy = self
        change(&copy)
        return copy
    }
}

extension String {
    /// The text with its later lines moved to the right.
    fileprivate func indented(_ columns: Int) -> String {
        replacing("\n", with: "\n" + String(repeating: " ", count: columns))
    }
}
