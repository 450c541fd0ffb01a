import CorbelAPI

/// kubeadm's configuration documents (`kubeadm.k8s.io/v1beta4`,
/// https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/) and kubelet's.
///
/// The layer's values are the ground, and what follows from the cluster is laid over them.
struct KubeadmConfiguration {
    var node: NodeSpecification
    var values: KubeadmValues

    private static let apiVersion: JSONValue = "kubeadm.k8s.io/v1beta4"

    /// All documents, in the order in which they stand in the file. kubeadm takes those that its command needs.
    var documents: [JSONValue] { [clusterConfiguration, initConfiguration, joinConfiguration, kubeletConfiguration] }

    private var clusterConfiguration: JSONValue {
        var over: JSONValue = [
            "apiVersion": Self.apiVersion, "kind": "ClusterConfiguration",
            "clusterName": .string(node.clusterName), "kubernetesVersion": .string("v\(node.kubernetesVersion)"),
            "controlPlaneEndpoint": .string(node.balancer), "certificatesDir": .string(node.certificates.directory),
            "networking": ["podSubnet": .string(node.podCIDR), "serviceSubnet": .string(node.serviceCIDR)],
        ]
        over["apiServer"] = ["certSANs": JSONValue(certificateNames)]
        return values.clusterConfiguration.overlaid(with: over)
    }

    /// Names that the API server's certificate is good for. Every host reaches it through its own balancer on loopback.
    private var certificateNames: [String] {
        let given = values.clusterConfiguration["apiServer", "certSANs"]?.arrayValue?.compactMap(\.stringValue) ?? []
        return Set(given + [node.endpointHost, node.address, "localhost", "127.0.0.1"]).sorted()
    }

    private var initConfiguration: JSONValue {
        values.initConfiguration.overlaid(with: [
            "apiVersion": Self.apiVersion, "kind": "InitConfiguration", "localAPIEndpoint": localEndpoint,
            "nodeRegistration": registration(values.initConfiguration),
        ])
    }

    private var joinConfiguration: JSONValue {
        var over: JSONValue = [
            "apiVersion": Self.apiVersion, "kind": "JoinConfiguration",
            "discovery": ["file": ["kubeConfigPath": .string(node.certificates.discoveryKubeconfig)]],
            "nodeRegistration": registration(values.joinConfiguration),
        ]
        if node.role == .controlPlane { over["controlPlane"] = ["localAPIEndpoint": localEndpoint] }
        var document = values.joinConfiguration.overlaid(with: over)
        if node.role == .worker { document["controlPlane"] = nil }
        return document
    }

    private var localEndpoint: JSONValue {
        ["advertiseAddress": .string(node.address), "bindPort": JSONValue(NodeSpecification.apiServerPort)]
    }

    private func registration(_ given: JSONValue) -> JSONValue {
        var json: JSONValue = ["name": .string(node.nodeName), "kubeletExtraArgs": .array(kubeletArguments(given))]
        // An empty list means no taints; its absence means kubeadm's own taint of the control plane.
        if !node.taints.isEmpty { json["taints"] = .array(node.taints) }
        return json
    }

    private func kubeletArguments(_ given: JSONValue) -> [JSONValue] {
        let labels = node.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
        var own = [("node-ip", node.address)]
        if !labels.isEmpty { own.append(("node-labels", labels)) }
        let kept = (given["nodeRegistration", "kubeletExtraArgs"]?.arrayValue ?? []).filter { argument in
            !own.contains { $0.0 == argument["name"]?.stringValue }
        }
        return kept + own.map { ["name": .string($0.0), "value": .string($0.1)] }
    }

    private var kubeletConfiguration: JSONValue {
        values.kubeletConfiguration.overlaid(with: [
            "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration", "rotateCertificates": true,
        ])
    }
}

extension JSONValue {
    /// This tree with another laid over it: objects merge, everything else is replaced.
    func overlaid(with over: JSONValue) -> JSONValue {
        guard case .object(let fields) = over, objectValue != nil else { return over }
        var result = self
        for (key, value) in fields { result[key] = result[key]?.overlaid(with: value) ?? value }
        return result
    }
}
