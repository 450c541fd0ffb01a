public import CorbelAPI
public import HostPlan

/// Certificates as kubeadm makes them, for a year, and kubelet's own, which kubelet renews by itself while it hears an
/// API server.
extension Kubeadm {
    private static let directory = "/etc/kubernetes/pki"
    private static let kubeletKubeconfig = "/etc/kubernetes/kubelet.conf"
    private static let bootstrapKubeconfig = "/etc/kubernetes/bootstrap-kubelet.conf"
    /// kubelet asks for the next one when 10 to 30 % of a year are left. Below this it has failed to.
    private static let kubeletPatience = Duration.seconds(30 * 86_400)

    /// What kubelet rotates. It stands before kubelet's kubeconfig, which names it once it is there.
    private static let kubeletFile = "/var/lib/kubelet/pki/kubelet-client-current.pem"
    private static let kubelet = NodeCertificate("kubelet", kubeletFile, kubeletKubeconfig)
    /// What the agent renews by itself ends within this; a worker has to have more then.
    private static let workersReserve = Duration.seconds(600)

    public func certificates(_ role: HostPool.Role) -> [NodeCertificate] {
        guard role == .controlPlane else { return [Self.kubelet] }
        let files = [
            "apiserver", "apiserver-kubelet-client", "apiserver-etcd-client", "front-proxy-client", "etcd/server",
            "etcd/peer", "etcd/healthcheck-client",
        ]
        let kubeconfigs = ["admin.conf", "super-admin.conf", "controller-manager.conf", "scheduler.conf"]
        return files.map { NodeCertificate($0, "\(Self.directory)/\($0).crt") }
            + kubeconfigs.map { NodeCertificate($0, "/etc/kubernetes/\($0)") } + [Self.kubelet]
    }

    public func renewCertificates(_ node: NodeSpecification) throws -> [HostStep] {
        guard node.role == .controlPlane else { return renewKubelet(bootstrapping: node) }
        // Told its configuration, kubeadm does not look for it in an API server that may not answer.
        let renew = HostStep("renew certificates", kubeadm("certs", "renew", "all", timeout: Self.patience))
        // kubelet starts a static pod's container anew that has ended. etcd goes on: it reads its certificates at every
        // handshake (https://etcd.io/docs/v3.5/op-guide/security/), so no quorum is at stake.
        let restart = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"].map { component in
            HostStep(
                "restart \(component)",
                .shell(Self.stop(component), timeout: Self.patience))
        }
        let sync = HostStep("onto the disk", .run(["sync"], timeout: Self.patience), mayFail: true)
        return try files(node) + [renew, sync] + renewKubelet + restart
    }

    private static func stop(_ component: String) -> String {
        "crictl ps -q --name '^\(component)$' > /run/corbel-containers || exit 1; "
            + "xargs -r crictl stop --timeout 30 < /run/corbel-containers"
    }

    /// kubelet's own certificate where kubelet has not renewed it: the host was off for too long. What kubelet has
    /// stored goes before what its kubeconfig holds, until it has ended.
    private var renewKubelet: [HostStep] {
        let restart = HostStep(
            "restart kubelet", .restartService(Self.kubeletService),
            unless: [.certificateLasts([Self.kubeletFile], longerThan: Self.kubeletPatience)])
        return [
            HostStep("remove kubelet's kubeconfig", .remove(path: Self.kubeletKubeconfig), unless: kubeletLasts),
            HostStep("remove kubelet's certificate", .remove(path: Self.kubeletFile), unless: kubeletLasts),
            HostStep(
                "make kubelet's kubeconfig", kubeadm("init", "phase", "kubeconfig", "kubelet", timeout: Self.patience),
                unless: kubeletLasts),
            restart, finalizeKubelet,
        ]
    }

    /// kubelet's kubeconfig names the file that kubelet rotates instead of holding a certificate, which would end in a
    /// year and keep kubelet from starting then.
    private var finalizeKubelet: HostStep {
        let finalize = "kubeadm init phase kubelet-finalize all --config \(Self.configurationPath)"
        return HostStep(
            "let kubelet's kubeconfig name what kubelet rotates",
            .shell(
                "grep -q client-certificate-data \(Self.kubeletKubeconfig) || exit 0; "
                    + "for i in $(seq 60); do [ -e \(Self.kubeletFile) ] && exec \(finalize); sleep 1; done; exit 1",
                timeout: Self.patience),
            mayFail: true)
    }

    /// A worker has no authority: its kubelet asks for a certificate as it did when it joined.
    private func renewKubelet(bootstrapping node: NodeSpecification) -> [HostStep] {
        let copy = ["install", "-m", "600", node.certificates.discoveryKubeconfig, Self.bootstrapKubeconfig]
        return [
            HostStep("let kubelet ask anew", .run(copy, timeout: Self.patience), unless: kubeletLasts),
            // kubelet asks with the credential only where it has nothing else.
            HostStep("remove kubelet's kubeconfig", .remove(path: Self.kubeletKubeconfig), unless: kubeletLasts),
            HostStep("remove kubelet's certificate", .remove(path: Self.kubeletFile), unless: kubeletLasts),
            HostStep("restart kubelet", .restartService(Self.kubeletService), unless: kubeletLasts),
            HostStep(
                "kubelet has a certificate",
                .waitFor(
                    .certificateLasts(Self.kubelet.paths, longerThan: Self.workersReserve), timeout: Self.patience)),
            HostStep("forget the credential", .remove(path: Self.bootstrapKubeconfig)),
        ]
    }

    private var kubeletLasts: [HostCondition] {
        [.certificateLasts(Self.kubelet.paths, longerThan: Self.kubeletPatience)]
    }
}
