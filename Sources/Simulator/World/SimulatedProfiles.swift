import CorbelAPI
import Revisions

/// Profiles in miniature: revisions of three variables that a cluster sets. `os` is the version of the operating
/// system, `kubernetes` that of Kubernetes, `web` a value of an add-on layer.
struct SimulatedProfiles: RevisionResolver {
    static let firstSystem = "1.0.0"
    static let firstKubernetes = "1.33.6"

    /// `sha256:` and 64 digits, by the version.
    static func digest(ofSystem version: String) -> String {
        let digits = String(StableHash.of(version.utf8), radix: 16)
        return "sha256:" + String(repeating: "0", count: 64 - digits.count) + digits
    }

    func resolve(_ input: ResolutionInput) -> Resolution {
        let variables = input.cluster.variables
        let system = variables["os"]?.stringValue ?? Self.firstSystem
        let kubernetes = variables["kubernetes"]?.stringValue ?? Self.firstKubernetes
        let web = variables["web"]?.stringValue ?? "one"
        let layers = [
            layer("os", .os, version: system, values: ["options": ["system.uri": .string("registry/os:\(system)")]]),
            layer("k8s", .k8s, version: kubernetes, values: [:]),
            layer("cni", .cni, version: "1.0.0", values: [:], manifests: [daemonSet]),
            layer(
                "web", .addon, version: "1.0.0", values: ["color": .string(web)], manifests: [deployment(web)]),
        ]
        let image = "registry/os:\(system)@\(Self.digest(ofSystem: system))"
        return .resolved(
            ResolvedRevision(spec: [
                "clusterName": .string(input.cluster.name), "distribution": "kubeadm",
                "kubernetesVersion": .string(kubernetes),
                "os": ["pack": "edge-os", "version": .string(system), "image": .string(image)],
                "layers": .array(layers.map(\.json)),
            ]))
    }

    private func layer(
        _ name: String, _ type: LayerType, version: String, values: JSONValue, manifests: [Unstructured] = []
    ) -> RevisionLayer {
        var layer = RevisionLayer(profile: "infra", name: name, type: type)
        layer.pack = "\(name)-pack"
        layer.packVersion = version
        layer.values = values
        layer.manifests = manifests
        return layer
    }

    private func deployment(_ color: String) -> Unstructured {
        Unstructured(json: [
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["namespace": "web", "name": "web"],
            "spec": [
                "replicas": 2, "selector": ["matchLabels": ["app": "web"]],
                "template": [
                    "metadata": ["labels": ["app": "web"]],
                    "spec": ["containers": [["name": "web", "image": .string(color)]]],
                ],
            ],
        ])
    }

    private var daemonSet: Unstructured {
        Unstructured(json: [
            "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": ["namespace": "kube-system", "name": "cni"],
            "spec": [
                "selector": ["matchLabels": ["app": "cni"]],
                "template": ["metadata": ["labels": ["app": "cni"]], "spec": [:]],
            ],
        ])
    }
}
