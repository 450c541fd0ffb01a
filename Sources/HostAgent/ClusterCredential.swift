import CorbelAPI
import Effects
import HostPlan
import KubeClient

/// Credentials that the cluster's authority signs on a control-plane host, through `kubeadm kubeconfig user`.
struct ClusterCredential: Sendable {
    /// The group that kubeadm lets ask for a node's certificate.
    private static let bootstrappers = "system:bootstrappers:kubeadm:default-node-token"
    private static let directory = "/run/corbel"

    let effects: HostEffects

    /// A credential for hosts that are to join, good for a day.
    func issueBootstrapper() async throws -> Kubeconfig {
        let result = try await effects.commands.run(
            Command(
                "kubeadm",
                [
                    "kubeconfig", "user", "--client-name=system:bootstrap:corbel", "--org=\(Self.bootstrappers)",
                    "--validity-period=24h", "--config=/etc/kubernetes/corbel/kubeadm.json",
                ], timeout: .seconds(30)))
        guard result.isSuccess else {
            let tail = String(decoding: result.errorOutput.suffix(300), as: UTF8.self)
            throw HostFailure(.commandFailed, "kubeadm kubeconfig user: \(tail)")
        }
        // In a file, because that is where its reader takes one from.
        let path = Self.directory + "/bootstrapper.kubeconfig"
        try await effects.files.makeDirectory(Self.directory, mode: 0o700)
        try await effects.files.writeDurably(path, result.output, mode: 0o600)
        let kubeconfig = try await KubeconfigReader(effects: effects).kubeconfig(at: path)
        try await effects.files.remove(path)
        return kubeconfig
    }
}
