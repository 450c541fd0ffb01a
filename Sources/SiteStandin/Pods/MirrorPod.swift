import CorbelAPI

/// What the API shows of a pod that a kubelet runs from a file: etcd and kube-apiserver on control planes.
enum MirrorPod {
    static let namespace = "kube-system"

    static func make(_ component: String, on node: Node, image: String) -> Pod {
        var pod = Pod(namespace: namespace, name: "\(component)-\(node.name)")
        pod.labels = ["component": component, "tier": "control-plane"]
        let hash = String(StableHash.of("\(component) \(image)".utf8), radix: 16)
        pod.annotations = [
            "kubernetes.io/config.mirror": hash, "kubernetes.io/config.hash": hash,
            "kubernetes.io/config.source": "file",
        ]
        pod.spec = [
            "nodeName": .string(node.name), "hostNetwork": true, "priorityClassName": "system-node-critical",
            "containers": [["name": .string(component), "image": .string(image)]],
            "tolerations": [["operator": "Exists", "effect": "NoExecute"]],
        ]
        pod.setController(node)
        return pod
    }
}
