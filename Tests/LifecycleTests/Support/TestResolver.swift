import CorbelAPI
import Revisions

/// Makes revisions of three numbers that stand in `EdgeCluster.spec.variables`: the OS, Kubernetes, and a value of
/// the add-on layer `web`.
struct TestResolver: RevisionResolver {
    func resolve(_ input: ResolutionInput) -> Resolution {
        let variables = input.cluster.variables
        if let problem = variables["problem"]?.stringValue {
            return .refused([
                ProfileProblem(
                    .unknownMacro, profile: "infra 1.0.0", layer: "os", field: "spec.layers[0].values", problem)
            ])
        }
        let os = variables["os"]?.stringValue ?? "1.0.0"
        let kubernetes = variables["kubernetes"]?.stringValue ?? "1.33.6"
        let web = variables["web"]?.stringValue ?? "one"
        var layers: [RevisionLayer] = [
            layer("os", .os, version: os, values: ["options": ["system.uri": .string("registry/os:\(os)")]]),
            layer("k8s", .k8s, version: kubernetes, values: [:]),
            layer("cni", .cni, version: "1.0.0", values: [:], manifests: [daemonSet()]),
            layer("web", .addon, version: "1.0.0", values: ["color": .string(web)], manifests: [deployment(web)]),
        ]
        if web == "none" { layers.removeLast() }
        return .resolved(
            ResolvedRevision(spec: [
                "clusterName": .string(input.cluster.name), "distribution": "kubeadm",
                "kubernetesVersion": .string(kubernetes),
                "os": ["pack": "edge-os", "version": .string(os), "image": .string("registry/os:\(os)@sha256:\(os)")],
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

    private func daemonSet() -> Unstructured {
        Unstructured(json: [
            "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": ["namespace": "kube-system", "name": "cni"],
            "spec": [
                "selector": ["matchLabels": ["app": "cni"]],
                "template": ["metadata": ["labels": ["app": "cni"]], "spec": [:]],
            ],
        ])
    }
}
