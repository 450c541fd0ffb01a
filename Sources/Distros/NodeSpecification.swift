public import CorbelAPI

/// Where a host keeps what admits it to its cluster. These are places; the agent puts there what the bootstrap Secret
/// holds.
public struct CertificatePlaces: Sendable, Hashable {
    /// The cluster's certificate authorities, and on a control-plane host their keys.
    public var directory = "/etc/kubernetes/pki"
    /// A kubeconfig with a short-lived bootstrap token and the cluster's certificate authority.
    public var discoveryKubeconfig = "/run/corbel/discovery.kubeconfig"

    public init() {}
}

/// What a host is to be in its cluster: all that a distribution needs to know.
public struct NodeSpecification: Sendable, Hashable {
    /// The port of the API server on every control-plane host.
    public static let apiServerPort = 6443

    public var clusterName: String
    public var nodeName: String
    /// The node's address within its site.
    public var address: String
    public var role: HostPool.Role
    /// Without a leading `v`. The slot holds the binaries of this version.
    public var kubernetesVersion: String
    /// Where clients reach the API server: a name or an address.
    public var endpointHost: String
    public var endpointPort: Int
    /// The port on 127.0.0.1 where the host's own balancer takes it to an API server that is up.
    public var balancerPort: Int
    public var podCIDR: String
    public var serviceCIDR: String
    public var labels: [String: String]
    /// Taints as core/v1 has them.
    public var taints: [JSONValue]
    /// The values of the Kubernetes layer, as a tree.
    public var values: JSONValue
    public var certificates: CertificatePlaces

    public init(
        clusterName: String, nodeName: String, address: String, role: HostPool.Role, kubernetesVersion: String,
        endpointHost: String, endpointPort: Int = 6443, balancerPort: Int = 6444, podCIDR: String,
        serviceCIDR: String, labels: [String: String] = [:],
        taints: [JSONValue] = [], values: JSONValue = [:], certificates: CertificatePlaces = CertificatePlaces()
    ) {
        self.clusterName = clusterName
        self.nodeName = nodeName
        self.address = address
        self.role = role
        self.kubernetesVersion = kubernetesVersion
        self.endpointHost = endpointHost
        self.endpointPort = endpointPort
        self.balancerPort = balancerPort
        self.podCIDR = podCIDR
        self.serviceCIDR = serviceCIDR
        self.labels = labels
        self.taints = taints
        self.values = values
        self.certificates = certificates
    }

    /// What is wrong with the specification itself.
    var problems: [FieldError] {
        var problems: [FieldError] = []
        let texts = [
            ("clusterName", clusterName), ("nodeName", nodeName), ("address", address), ("endpointHost", endpointHost),
            ("podCIDR", podCIDR), ("serviceCIDR", serviceCIDR),
        ]
        for (field, value) in texts where value.isEmpty { problems.append(.required(field)) }
        if SemanticVersion(kubernetesVersion) == nil {
            problems.append(
                .invalid(
                    "kubernetesVersion", .string(kubernetesVersion),
                    "must be a version such as 1.33.6, without a leading v"))
        }
        for (field, port) in [("endpointPort", endpointPort), ("balancerPort", balancerPort)]
        where !(1...65535).contains(port) {
            problems.append(.invalid(field, JSONValue(port), "must be a port from 1 to 65535"))
        }
        return problems
    }

    func requireValid(_ more: [FieldError] = []) throws {
        let problems = problems + more
        if !problems.isEmpty { throw StatusError.invalid(GroupKind("", "NodeSpecification"), nodeName, problems) }
    }

    /// Where kubeadm's kubeconfigs point: no host depends on the address of another.
    var balancer: String { "127.0.0.1:\(balancerPort)" }
}
