import ControlLoop
import CorbelAPI

/// One thing that is not as it should be.
struct HealthFinding: Hashable, Comparable {
    enum Severity: Int, Hashable {
        case unknown = 0
        case yellow, red
    }

    var severity: Severity
    var reason: String
    var message: String

    static func < (left: HealthFinding, right: HealthFinding) -> Bool {
        (-left.severity.rawValue, left.reason, left.message) < (-right.severity.rawValue, right.reason, right.message)
    }

    var json: JSONValue {
        let level =
            switch severity {
            case .unknown: "Unknown"
            case .yellow: "Yellow"
            case .red: "Red"
            }
        return ["level": .string(level), "reason": .string(reason), "message": .string(message)]
    }
}

/// The roll-up of a cluster's health: Green without a finding, otherwise the worst of them. Unknown is a state of its
/// own: a cluster of which nothing is heard is neither healthy nor failed.
struct ClusterHealth {
    static let reasonLimit = 32

    let findings: [HealthFinding]

    /// `layers` are those of the revision that runs, where this plane is the one that installs them.
    init(_ scope: ClusterScope, layers: [LayerPlan.Layer]) {
        let hosts = scope.hostMachines
        let all =
            Self.nodes(hosts, scope) + Self.etcd(scope) + hosts.flatMap(Self.resources) + Self.pods(scope)
            + layers.flatMap(Self.layer) + Self.updates(scope) + Self.certificates(scope)
        findings = all.sorted()
    }

    var level: String {
        switch findings.first?.severity {
        case nil: "Green"
        case .red: "Red"
        case .yellow: "Yellow"
        case .unknown: "Unknown"
        }
    }

    /// `{level, reasons: [{level, reason, message}]}`, the worst first; beyond the limit they are counted.
    var json: JSONValue {
        var reasons = findings.prefix(Self.reasonLimit).map(\.json)
        if findings.count > Self.reasonLimit {
            let more = findings.count - Self.reasonLimit
            reasons.append(["level": .string(level), "reason": "More", "message": .string("\(more) further findings")])
        }
        return ["level": .string(level), "reasons": .array(reasons)]
    }

    private static func nodes(_ hosts: [HostMachine], _ scope: ClusterScope) -> [HealthFinding] {
        guard !hosts.isEmpty else {
            return [
                HealthFinding(severity: .unknown, reason: "NoHosts", message: "no host has begun to become a member")
            ]
        }
        return hosts.compactMap { host in
            guard host.hasBootstrapped else {
                return HealthFinding(
                    severity: .yellow, reason: "HostBooting", message: "\(host.hostName) is not a member yet")
            }
            guard let node = scope.node(ofHost: host.hostName) else {
                return HealthFinding(
                    severity: .unknown, reason: "NodeMissing", message: "nothing is known of the node \(host.hostName)")
            }
            switch node.condition("Ready")?.status {
            case .isTrue: return nil
            case .unknown:
                return HealthFinding(
                    severity: .yellow, reason: "HostUnreachable", message: "\(host.hostName) is not heard of")
            default:
                let why = node.condition("Ready")?.message ?? "it has not reported"
                return HealthFinding(
                    severity: .yellow, reason: "NodeNotReady", message: "the node \(host.hostName) is not ready: \(why)"
                )
            }
        }
    }

    private static func etcd(_ scope: ClusterScope) -> [HealthFinding] {
        let quorum = scope.quorum
        guard !quorum.voters.isEmpty else { return [] }
        if quorum.healthy < EtcdQuorum.majority(of: quorum.voters.count) {
            let message = "etcd has no quorum: \(quorum.healthy) of \(quorum.voters.count) members are healthy"
            return [HealthFinding(severity: .red, reason: "QuorumLost", message: message)]
        }
        return quorum.unhealthyHosts.map {
            HealthFinding(
                severity: .yellow, reason: "EtcdMemberUnhealthy", message: "the etcd member of \($0) is unhealthy")
        }
    }

    /// Use of processor, memory and disk in per cent, as the agent reports it: `{cpu, memory, disk}`.
    private static func resources(_ host: HostMachine) -> [HealthFinding] {
        guard let use = host.json["status", "resources"] else { return [] }
        let limits: [(String, Int, HealthFinding.Severity)] = [
            ("cpu", HealthThresholds.busy, .yellow), ("memory", HealthThresholds.busy, .yellow),
            ("disk", HealthThresholds.diskFilling, .yellow), ("disk", HealthThresholds.diskFull, .red),
        ]
        let findings = limits.compactMap { name, limit, severity -> (String, HealthFinding)? in
            guard let percent = use[name]?.doubleValue, percent >= Double(limit) else { return nil }
            let message = "\(name) of \(host.hostName) is at \(Int(percent)) %, above \(limit) %"
            return (name, HealthFinding(severity: severity, reason: "ResourceThreshold", message: message))
        }
        // Of two thresholds of one resource the worse one speaks.
        return Dictionary(findings, uniquingKeysWith: { $1 }).values.sorted()
    }

    /// What the control plane says of certificates that end and are not renewed.
    private static func certificates(_ scope: ClusterScope) -> [HealthFinding] {
        guard let condition = scope.controlPlane?.condition("CertificatesValid"), condition.status == .isFalse else {
            return []
        }
        let reason = condition.reason == "Expired" ? "CertificateExpired" : "CertificateExpires"
        return [HealthFinding(severity: .yellow, reason: reason, message: condition.message)]
    }

    private static func pods(_ scope: ClusterScope) -> [HealthFinding] {
        guard scope.plane == .site else { return [] }
        return scope.snapshot.list(Pod.self).compactMap { pod in
            let containers = pod.json["status", "containerStatuses"]?.arrayValue ?? []
            return containers.lazy.compactMap { stuck($0, in: pod) }.first
        }
    }

    /// A container that waits for what does not come by itself. A kubelet changes to and fro between two words for an
    /// image that it cannot pull: the finding does not.
    private static func stuck(_ container: JSONValue, in pod: Pod) -> HealthFinding? {
        let (reason, trouble): (String, String)
        switch container["state", "waiting", "reason"]?.stringValue {
        case "CrashLoopBackOff": (reason, trouble) = ("CrashLoopBackOff", "keeps crashing")
        case "ImagePullBackOff", "ErrImagePull", "ErrImageNeverPull", "InvalidImageName":
            let image = container["image"]?.stringValue.map { " \($0)" } ?? ""
            (reason, trouble) = ("ImagePullBackOff", "waits for its image\(image), which cannot be pulled")
        case "CreateContainerConfigError", "CreateContainerError":
            (reason, trouble) = ("CreateContainerError", "cannot be made: its configuration or its files are missing")
        default: return nil
        }
        let name = container["name"]?.stringValue ?? ""
        return HealthFinding(
            severity: .yellow, reason: reason,
            message: "the container \(name) of the pod \(pod.namespace)/\(pod.name) \(trouble)")
    }

    private static func layer(_ layer: LayerPlan.Layer) -> [HealthFinding] {
        guard layer.map != nil else {
            if layer.manifests.objects.isEmpty { return [] }
            let message = "the layer \(layer.name) is not installed yet"
            return [HealthFinding(severity: .yellow, reason: "LayerMissing", message: message)]
        }
        let drifted = layer.toApply.map {
            HealthFinding(
                severity: .yellow, reason: "ProfileDrift",
                message: "\($0.key) is not what the layer \(layer.name) says; it is being mended")
        }
        let waiting = layer.obstacles.map { key, obstacle in
            HealthFinding(
                severity: .yellow, reason: "LayerNotReady", message: "\(key) of the layer \(layer.name): \(obstacle)")
        }
        return drifted + waiting
    }

    private static func updates(_ scope: ClusterScope) -> [HealthFinding] {
        guard let update = scope.activeUpdate, update.phase == .halted else { return [] }
        let message = update.condition("Halted")?.message ?? "the update \(update.name) has halted"
        return [HealthFinding(severity: .yellow, reason: "UpdateHalted", message: message)]
    }
}
