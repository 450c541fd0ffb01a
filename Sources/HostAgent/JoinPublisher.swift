import CorbelAPI
import Effects
import HostPlan
import Lifecycle
import Logging
import PKI
import ResourceClient

/// Publishes, on the host that leads a site, what lets further hosts in: the Secret `<cluster>-join` with an entry for
/// each role. The credential is short-lived, and made anew in good time.
struct JoinPublisher: Sendable {
    /// In the time of the world: what it looks at are certificates.
    private static let interval = Duration.seconds(2)
    private static let directory = "/etc/kubernetes/pki"
    /// What every control-plane host has alike. An authority that the distribution does not use is not there.
    private static let sharedFiles: [(path: String, mode: Int)] = [
        ("ca.crt", 0o644), ("ca.key", 0o600), ("sa.pub", 0o644), ("sa.key", 0o600), ("front-proxy-ca.crt", 0o644),
        ("front-proxy-ca.key", 0o600), ("etcd/ca.crt", 0o644), ("etcd/ca.key", 0o600),
    ]

    let namespace: String
    let effects: HostEffects
    let site: any ResourceClient
    let logger: Logger

    /// Runs until it is cancelled.
    func run() async throws {
        while true {
            do {
                for cluster in try await site.list(EdgeCluster.self, namespace: namespace) {
                    try await publish(for: cluster)
                }
            } catch let error as StatusError {
                logger.info("join material: \(error.message)")
            } catch let failure as HostFailure {
                logger.warning("join material: \(failure.message)")
            }
            try await effects.worldTime.sleep(for: Self.interval)
        }
    }

    private func publish(for cluster: EdgeCluster) async throws {
        let name = ObjectName.joinSecret(cluster.name)
        let present = try await site.find(Secret.self, namespace: namespace, name: name)
        if let present, try isFresh(present) { return }
        let fresh = try await secret(over: present, name, cluster)
        if present == nil {
            _ = try await site.create(fresh, by: "corbel-agent")
        } else {
            _ = try await site.update(fresh, by: "corbel-agent")
        }
        logger.notice("join material of \(cluster.name) is published")
    }

    /// Certificates are judged by the world's time.
    private func isFresh(_ secret: Secret) throws -> Bool {
        guard let bytes = secret.json["data", "worker"]?.stringValue.flatMap(Base64.decode) else { return false }
        let material = try JoinMaterial(json: try JSONValue(parsing: bytes))
        let info = try CertificateInfo(pem: PEM(bytes: material.certificate))
        return !info.validity.isDueForRenewal(at: effects.worldTime.now)
    }

    private func secret(over present: Secret?, _ name: String, _ cluster: EdgeCluster) async throws -> Secret {
        let kubeconfig = try await ClusterCredential(effects: effects).issueBootstrapper()
        let worker = JoinMaterial(kubeconfig, files: [])
        let controlPlane = JoinMaterial(kubeconfig, files: try await sharedFiles())
        var secret = present ?? Secret(namespace: namespace, name: name)
        secret.labels[WellKnown.clusterName] = cluster.name
        if present == nil { secret.type = clusterSecretType }
        secret.json["data"] = [
            "worker": .string(Base64.encode(worker.json.encoded)),
            "control-plane": .string(Base64.encode(controlPlane.json.encoded)),
        ]
        return secret
    }

    private func sharedFiles() async throws -> [JoinMaterial.File] {
        var found: [JoinMaterial.File] = []
        for file in Self.sharedFiles {
            let path = "\(Self.directory)/\(file.path)"
            guard try await effects.files.exists(path) else { continue }
            let content = try await effects.files.read(path, limit: 64 << 10)
            found.append(JoinMaterial.File(path: file.path, content: content, mode: file.mode))
        }
        return found
    }
}
