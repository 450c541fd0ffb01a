public import CorbelAPI

/// Which versions may run beside each other, by https://kubernetes.io/releases/version-skew-policy/, and which steps
/// kubeadm and etcd can take. Versions are written without a leading `v`.
public enum VersionSkew {
    /// How far kubelet may be behind the API server, in minors.
    public static let kubeletLag = 3

    /// kubelet is never newer than the API server, and at most three minors older.
    public static func check(kubelet: String, apiServer: String, field: String = "kubeletVersion") -> [FieldError] {
        guard let server = SemanticVersion(apiServer) else { return [notAVersion("apiServerVersion", apiServer)] }
        guard let node = SemanticVersion(kubelet) else { return [notAVersion(field, kubelet)] }
        if node.major != server.major || node.minor > server.minor {
            return [.invalid(field, .string(kubelet), "must not be newer than the API server's \(apiServer)")]
        }
        if server.minor - node.minor > kubeletLag {
            return [
                .invalid(
                    field, .string(kubelet), "must be at most \(kubeletLag) minors behind the API server's \(apiServer)"
                )
            ]
        }
        return []
    }

    /// API servers of one cluster are at most one minor apart.
    public static func check(apiServers: [String], field: String = "apiServerVersions") -> [FieldError] {
        var versions: [SemanticVersion] = []
        for (index, text) in apiServers.enumerated() {
            guard let version = SemanticVersion(text) else { return [notAVersion("\(field)[\(index)]", text)] }
            versions.append(version)
        }
        guard let oldest = versions.min(), let newest = versions.max() else { return [] }
        if oldest.major == newest.major, newest.minor - oldest.minor <= 1 { return [] }
        return [.invalid(field, JSONValue(apiServers), "must be at most one minor apart")]
    }

    /// kubeadm goes up one minor at a time, to any patch, and never down.
    public static func check(
        upgradeFrom current: String, to target: String, field: String = "kubernetesVersion"
    ) -> [FieldError] {
        guard let from = SemanticVersion(current) else { return [notAVersion("\(field) (current)", current)] }
        guard let to = SemanticVersion(target) else { return [notAVersion(field, target)] }
        if to < from { return [.invalid(field, .string(target), "must not be older than \(current), which runs")] }
        if to.major != from.major || to.minor - from.minor > 1 {
            return [.invalid(field, .string(target), "must be at most one minor above \(current), which runs")]
        }
        return []
    }

    /// A change of a cluster's version, seen from everything that runs in it.
    ///
    /// - Parameters:
    ///   - kubelets: The versions of all nodes.
    ///   - target: The version that the control plane is to move to.
    public static func check(
        controlPlaneFrom current: String, to target: String, kubelets: [String], field: String = "kubernetesVersion"
    ) -> [FieldError] {
        let step = check(upgradeFrom: current, to: target, field: field)
        guard step.isEmpty else { return step }
        return kubelets.enumerated().flatMap { check(kubelet: $1, apiServer: target, field: "kubeletVersions[\($0)]") }
    }

    /// etcd joins members of at most one minor apart, goes up one minor at a time, and goes back only while no member
    /// of the newer minor has made the cluster's version move (https://etcd.io/docs/v3.6/upgrades/).
    public static func check(etcdFrom current: String, to target: String, field: String = "etcdVersion") -> [FieldError]
    {
        guard let from = SemanticVersion(current) else { return [notAVersion("\(field) (current)", current)] }
        guard let to = SemanticVersion(target) else { return [notAVersion(field, target)] }
        if to.major != from.major || abs(to.minor - from.minor) > 1 {
            return [.invalid(field, .string(target), "must be within one minor of \(current), which runs")]
        }
        if to.minor < from.minor {
            return [
                .forbidden(
                    field, "etcd cannot go back from \(current) to \(target) without a snapshot of before the upgrade")
            ]
        }
        return []
    }

    private static func notAVersion(_ field: String, _ value: String) -> FieldError {
        .invalid(field, .string(value), "must be a version such as 1.33.6, without a leading v")
    }
}
