import CorbelAPI
public import HostPlan

/// Kubernetes as kubeadm sets it up, with etcd on the control-plane hosts (stacked).
///
/// A joining member of etcd is a learner first: kubeadm adds it as such and promotes it when it has caught up, so that
/// a host that never comes up cannot take the quorum away (`EtcdLearnerMode`, on since Kubernetes 1.29).
public struct Kubeadm: Distribution {
    public init() {}

    public var name: String { "kubeadm" }
    public var nodeService: String { "kubelet" }

    static let configurationPath = "/etc/kubernetes/corbel/kubeadm.json"
    static let kubeletService = "kubelet"
    static let patience: Duration = .seconds(300)
    static let pullPatience: Duration = .seconds(900)

    public func configuration(_ node: NodeSpecification) throws -> [HostFile] {
        let values = try KubeadmValues(node)
        let documents = KubeadmConfiguration(node: node, values: values).documents
        // kubeadm reads JSON as the YAML that it is, one document after `---`.
        let text = documents.map(\.prettyText).joined(separator: "\n---\n") + "\n"
        return [HostFile(path: Self.configurationPath, text: text, mode: 0o600)]
    }

    public func initialize(_ node: NodeSpecification) throws -> [HostStep] {
        guard node.role == .controlPlane else {
            let problem = FieldError.invalid(
                "role", .string(node.role.rawValue), "only a control-plane host can begin a cluster")
            throw StatusError.invalid(GroupKind("", "NodeSpecification"), node.nodeName, [problem])
        }
        return try files(node) + [
            HostStep(
                "begin the cluster", kubeadm("init", "--skip-token-print", timeout: Self.pullPatience),
                unless: [.nodeRegistered(node.nodeName)])
        ] + ready(node)
    }

    public func join(_ node: NodeSpecification) throws -> [HostStep] {
        try files(node) + [
            HostStep("the cluster answers", .waitFor(.apiServerReady, timeout: Self.patience)),
            HostStep(
                "join the cluster", kubeadm("join", timeout: Self.pullPatience),
                unless: [.nodeRegistered(node.nodeName)]),
        ] + ready(node)
    }

    public func upgrade(_ node: NodeSpecification, from current: String, isFirst: Bool) throws -> [HostStep] {
        let problems = VersionSkew.check(upgradeFrom: current, to: node.kubernetesVersion)
        if !problems.isEmpty { throw StatusError.invalid(GroupKind("", "NodeSpecification"), node.nodeName, problems) }
        return try files(node) + upgradeSteps(node, isFirst: isFirst) + [
            HostStep("restart kubelet", .restartService(Self.kubeletService), unless: [runs("kubelet", node)])
        ] + ready(node)
    }

    private func upgradeSteps(_ node: NodeSpecification, isFirst: Bool) -> [HostStep] {
        let isMember = node.role == .controlPlane
        let unless = isMember ? [runs("kube-apiserver", node)] : [runs("kubelet", node)]
        let wait = HostStep("the cluster answers", .waitFor(.apiServerReady, timeout: Self.patience))
        guard isMember && isFirst else {
            let command = HostStep.Operation.run(["kubeadm", "upgrade", "node"], timeout: Self.pullPatience)
            return [wait, HostStep("upgrade the node", command, unless: unless)]
        }
        // `upgrade apply` takes the cluster's configuration from its ConfigMap, so that is brought up to date before.
        let publish = kubeadm("init", "phase", "upload-config", "kubeadm", timeout: Self.patience)
        let command = HostStep.Operation.run(
            ["kubeadm", "upgrade", "apply", "--yes", "v\(node.kubernetesVersion)"], timeout: Self.pullPatience)
        return [
            wait, HostStep("publish the configuration", publish),
            HostStep("upgrade the cluster and the node", command, unless: unless),
        ]
    }

    public func undoUpgrade(_ node: NodeSpecification, from current: String) throws -> UndoPlan {
        var steps = try files(node)
        if node.role == .controlPlane {
            let command = kubeadm("init", "phase", "control-plane", "all", timeout: Self.patience)
            steps.append(
                HostStep("manifests of \(node.kubernetesVersion)", command, unless: [runs("kube-apiserver", node)]))
        }
        steps.append(HostStep("restart kubelet", .restartService(Self.kubeletService), unless: [runs("kubelet", node)]))
        return UndoPlan(steps: steps + ready(node), cannotBeUndone: lost(node, from: current))
    }

    /// What an upgrade has changed for good.
    private func lost(_ node: NodeSpecification, from current: String) -> [String] {
        guard node.role == .controlPlane, let from = SemanticVersion(current),
            let to = SemanticVersion(node.kubernetesVersion),
            from.minor != to.minor
        else { return [] }
        return [
            "objects stored in a form that only Kubernetes \(from.major).\(from.minor) knows keep it; "
                + "the etcd snapshot of before the upgrade holds the older ones",
            "the cluster's ConfigMaps for kubeadm and kubelet, CoreDNS and kube-proxy stay at \(current)",
        ]
    }

    public func reset(_ node: NodeSpecification) -> [HostStep] {
        let directories = [
            "/etc/kubernetes", "/var/lib/etcd", "/var/lib/kubelet", "/etc/cni/net.d", "/var/lib/cni",
        ]
        return [
            HostStep("stop kubelet", .stopService(Self.kubeletService), mayFail: true),
            HostStep("reset", .run(["kubeadm", "reset", "--force"], timeout: Self.patience), mayFail: true),
        ] + directories.map { HostStep("remove \($0)", .remove(path: $0)) }
    }
}

extension Kubeadm {
    func files(_ node: NodeSpecification) throws -> [HostStep] {
        try configuration(node).map { HostStep("write \($0.path)", .writeFile($0)) }
    }

    func kubeadm(_ words: String..., timeout: Duration) -> HostStep.Operation {
        .run(["kubeadm"] + words + ["--config", Self.configurationPath], timeout: timeout)
    }

    private func runs(_ component: String, _ node: NodeSpecification) -> HostCondition {
        .versionRuns(component: component, version: node.kubernetesVersion)
    }

    /// A control-plane host is done when its member of etcd votes, and every host when its node is registered. Whether
    /// the node gets Ready is for the validation to see: without a network it cannot.
    private func ready(_ node: NodeSpecification) -> [HostStep] {
        let member = HostStep("etcd member votes", .waitFor(.etcdMemberVotes(node.nodeName), timeout: Self.patience))
        let registered = HostStep(
            "node is registered", .waitFor(.nodeRegistered(node.nodeName), timeout: Self.patience))
        return (node.role == .controlPlane ? [member] : []) + [registered]
    }
}
