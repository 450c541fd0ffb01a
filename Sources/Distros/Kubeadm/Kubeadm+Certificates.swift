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

    /// kubelet's kubeconfig names the file that it rotates, once there is one.
    private static let kubelet = NodeCertificate(
        "kubelet", "/var/lib/kubelet/pki/kubelet-client-current.pem", kubeletKubeconfig)

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
                .shell("crictl ps -q --name '^\(component)$' | xargs -r crictl stop", timeout: Self.patience))
        }
        return try files(node) + [renew] + renewKubelet + restart
    }

    /// kubelet's own certificate where kubelet has not renewed it: the host was off for too long.
    private var renewKubelet: [HostStep] {
        [
            HostStep("remove kubelet's kubeconfig", .remove(path: Self.kubeletKubeconfig), unless: kubeletLasts),
            HostStep(
                "make kubelet's kubeconfig", kubeadm("init", "phase", "kubeconfig", "kubelet", timeout: Self.patience),
                unless: kubeletLasts),
            HostStep("restart kubelet", .restartService(Self.kubeletService), unless: kubeletLasts),
        ]
    }

    /// A worker has no authority: its kubelet asks for a certificate as it did when it joined.
    private func renewKubelet(bootstrapping node: NodeSpecification) -> [HostStep] {
        let copy = ["install", "-m", "600", node.certificates.discoveryKubeconfig, Self.bootstrapKubeconfig]
        return [
            HostStep("let kubelet ask anew", .run(copy, timeout: Self.patience), unless: kubeletLasts),
            HostStep("restart kubelet", .restartService(Self.kubeletService), unless: kubeletLasts),
            HostStep(
                "kubelet has a certificate",
                .waitFor(.certificateLasts(Self.kubelet.paths, longerThan: .zero), timeout: Self.patience)),
            HostStep("forget the credential", .remove(path: Self.bootstrapKubeconfig)),
        ]
    }

    private var kubeletLasts: [HostCondition] {
        [.certificateLasts(Self.kubelet.paths, longerThan: Self.kubeletPatience)]
    }
}
