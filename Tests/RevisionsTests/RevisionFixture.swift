import CorbelAPI
import Revisions

/// A small stack to change in single places.
struct RevisionFixture {
    var distribution = Distribution.kubeadm
    var name = "berlin-1-1-aaaaaaaaaa"
    var layers: [RevisionLayer]
    var imageInputs = [
        "pack.edge-native-byoi.options.system.registry", "pack.edge-native-byoi.options.system.uri", "var.registry",
    ]
    var variables: [RevisionVariable] = []

    init(_ distribution: Distribution = .kubeadm) {
        self.distribution = distribution
        layers = [
            Self.layer("os", .os, "edge-native-byoi", "2.1.0"), Self.layer("k8s", .k8s, "edge-k8s", "1.33.6"),
            Self.layer("cni", .cni, "cni-cilium-oss", "1.18.4"), Self.layer("csi", .csi, "portworx", "3.5.0"),
            Self.layer("metallb", .addon, "metallb", "0.15.2"),
        ]
    }

    static func layer(_ name: String, _ type: LayerType, _ pack: String, _ version: String) -> RevisionLayer {
        var layer = RevisionLayer(profile: "infrastructure", name: name, type: type)
        layer.pack = pack
        layer.packVersion = version
        return layer
    }

    subscript(_ name: String) -> RevisionLayer {
        get {
            guard let layer = layers.first(where: { $0.name == name }) else { preconditionFailure("no layer \(name)") }
            return layer
        }
        set { layers = layers.map { $0.name == name ? newValue : $0 } }
    }

    var revision: ClusterRevision {
        var revision = ClusterRevision(namespace: "default", name: name)
        revision.spec = [
            "clusterName": "berlin", "epoch": 1, "sequence": 1, "distribution": .string(distribution.rawValue),
            "kubernetesVersion": .string(self["k8s"].packVersion ?? ""),
            "os": [
                "pack": "edge-native-byoi", "version": .string(self["os"].packVersion ?? ""), "image": "r/ubuntu:1",
                "imageInputs": JSONValue(imageInputs),
            ],
            "layers": .array(layers.map(\.json)), "variables": .array(variables.map(\.json)),
        ]
        return revision
    }

    func with(_ change: (inout RevisionFixture) -> Void) -> RevisionFixture {
        var copy = self
        copy.name = "berlin-1-2-bbbbbbbbbb"
        change(&copy)
        return copy
    }

    func changes(_ change: (inout RevisionFixture) -> Void) -> [RevisionChange] {
        RevisionDiff(from: revision, to: with(change).revision).changes
    }
}

extension JSONValue {
    /// A tree with one value at a path with dots.
    static func tree(_ path: String, _ value: JSONValue) -> JSONValue {
        var tree: JSONValue = [:]
        tree[path: path.split(separator: ".").map(String.init)] = value
        return tree
    }
}
