import CorbelAPI

/// What the Kubernetes layer's values say about kubeadm: `cluster.config`, with one object for each of kubeadm's
/// documents.
struct KubeadmValues {
    var clusterConfiguration: JSONValue = [:]
    var initConfiguration: JSONValue = [:]
    var joinConfiguration: JSONValue = [:]
    var kubeletConfiguration: JSONValue = [:]

    private static let known = [
        "clusterConfiguration", "initConfiguration", "joinConfiguration", "kubeletConfiguration",
    ]

    init(_ node: NodeSpecification) throws {
        let config = node.values["cluster", "config"] ?? [:]
        try node.requireValid(Self.oldVersion(node) + Self.problems(config))
        clusterConfiguration = config["clusterConfiguration"] ?? [:]
        initConfiguration = config["initConfiguration"] ?? [:]
        joinConfiguration = config["joinConfiguration"] ?? [:]
        kubeletConfiguration = config["kubeletConfiguration"] ?? [:]
    }

    private static func oldVersion(_ node: NodeSpecification) -> [FieldError] {
        guard let version = SemanticVersion(node.kubernetesVersion), (version.major, version.minor) < (1, 31) else {
            return []
        }
        return [
            .invalid(
                "kubernetesVersion", .string(node.kubernetesVersion),
                "must be 1.31 or later: kubeadm reads v1beta4 from there on")
        ]
    }

    /// What is wrong, and what would contradict the cluster's own fields.
    private static func problems(_ config: JSONValue) -> [FieldError] {
        let path = "values.cluster.config"
        guard let documents = config.objectValue else {
            return [FieldError(.typeInvalid, path, value: .string(config.typeName), "must be an object")]
        }
        var problems: [FieldError] = []
        for (name, document) in documents {
            if !known.contains(name) {
                problems.append(
                    FieldError(.notSupported, "\(path).\(name)", "supported: \(known.joined(separator: ", "))"))
            } else if document.objectValue == nil {
                problems.append(
                    FieldError(.typeInvalid, "\(path).\(name)", value: .string(document.typeName), "must be an object"))
            }
        }
        return problems + owned.compactMap { problem(config, path, $0) }
    }

    /// Fields that follow from the cluster, and so are not the layer's to set.
    private static let owned: [(path: [String], instead: String)] = [
        (["clusterConfiguration", "kubernetesVersion"], "the layer's pack gives the version"),
        (["clusterConfiguration", "clusterName"], "the EdgeCluster's name is used"),
        (["clusterConfiguration", "controlPlaneEndpoint"], "set EdgeCluster `spec.network.controlPlaneEndpoint`"),
        (["clusterConfiguration", "networking", "podSubnet"], "set EdgeCluster `spec.network.podCIDR`"),
        (["clusterConfiguration", "networking", "serviceSubnet"], "set EdgeCluster `spec.network.serviceCIDR`"),
        (["initConfiguration", "nodeRegistration", "name"], "the host's name is used"),
        (["joinConfiguration", "nodeRegistration", "name"], "the host's name is used"),
        (["joinConfiguration", "discovery"], "the bootstrap Secret says how a host joins"),
        (["initConfiguration", "bootstrapTokens"], "tokens come from the bootstrap Secret, never from a profile"),
    ]

    private static func problem(
        _ config: JSONValue, _ path: String, _ entry: (path: [String], instead: String)
    ) -> FieldError? {
        guard config[path: entry.path] != nil else { return nil }
        return .forbidden("\(path).\(entry.path.joined(separator: "."))", entry.instead)
    }
}
