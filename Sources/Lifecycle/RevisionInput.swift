public import ControlLoop
public import CorbelAPI

/// What the profiles of a cluster come to.
public enum Resolution: Sendable {
    /// The revision's content: `spec` with its digest, without a name, an epoch or a sequence.
    case resolved(ClusterRevision)
    /// What is wrong: each problem names field, value and what is allowed.
    case refused([FieldError])
}

/// How the reconcilers reach profiles, diffs and impacts, which are other modules' work.
public protocol RevisionSource: Sendable {
    /// Resolves the profiles of `cluster` with the profiles, packs and Secrets that the snapshot holds. `running` is the revision that
    /// the cluster runs, against which changes that may not happen (another CNI, a Kubernetes downgrade) are refused.
    func resolve(_ cluster: EdgeCluster, running: ClusterRevision?, in snapshot: Snapshot) -> Resolution

    /// What going from one revision to another will do, in the form of `ClusterUpdate.spec.plan`.
    func plan(from old: ClusterRevision, to new: ClusterRevision, hosts: [PlannedHost]) -> JSONValue
}

/// A host that a plan may touch.
public struct PlannedHost: Sendable, Hashable {
    public var name: String
    public var pool: String
    public var role: HostPool.Role
    public var isEtcdLeader: Bool

    public init(name: String, pool: String, role: HostPool.Role, isEtcdLeader: Bool) {
        self.name = name
        self.pool = pool
        self.role = role
        self.isEtcdLeader = isEtcdLeader
    }
}

/// What the rollout reads of `ClusterUpdate.spec.plan`.
struct RolloutPlan {
    struct Host {
        var name: String
        var task: HostTask.TaskType?
        var disturbsNode: Bool
    }

    /// In the plan's order.
    var hosts: [Host]

    init(_ plan: JSONValue) {
        let entries = plan["hosts"]?.arrayValue ?? []
        let highest = plan["impact"]?.stringValue ?? ""
        hosts = entries.compactMap { entry in
            guard let name = entry.stringValue ?? entry["name"]?.stringValue ?? entry["host"]?.stringValue else { return nil }
            return Host(name: name, impact: entry["impact"]?.stringValue ?? highest)
        }
    }
}

extension RolloutPlan.Host {
    init(name: String, impact: String) {
        self.name = name
        switch impact {
        case "ConfigReload": (task, disturbsNode) = (.reloadConfiguration, false)
        case "ServiceRestart": (task, disturbsNode) = (.restartServices, false)
        case "RollingUpgrade": (task, disturbsNode) = (.upgradeKubernetes, true)
        case "Reboot": (task, disturbsNode) = (.reboot, true)
        case "Repave": (task, disturbsNode) = (.repave, true)
        // A change of workloads alone touches no host.
        default: (task, disturbsNode) = (nil, false)
        }
    }
}

extension ClusterRevision {
    /// What a host runs that follows the revision.
    var hostState: HostState {
        HostState(
            revision: name, osVersion: osVersion, osImage: osImage, osDigest: osDigest, kubernetesVersion: kubernetesVersion)
    }

    /// The digest that the image's reference ends with; empty where it names none.
    private var osDigest: String {
        guard let at = osImage.lastIndex(of: "@") else { return "" }
        return String(osImage[osImage.index(after: at)...])
    }
}
