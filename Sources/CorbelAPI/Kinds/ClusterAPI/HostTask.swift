/// What a host runs, or is to run.
public struct HostState: Sendable, Hashable {
    /// The ClusterRevision whose settings apply.
    public var revision: String
    public var osVersion: String
    /// The image of the operating system: a reference that the agent can fetch.
    public var osImage: String
    /// The image's digest, `sha256:` and 64 hexadecimal digits.
    public var osDigest: String
    /// Without a leading `v`.
    public var kubernetesVersion: String

    public init(revision: String, osVersion: String, osImage: String, osDigest: String, kubernetesVersion: String) {
        self.revision = revision
        self.osVersion = osVersion
        self.osImage = osImage
        self.osDigest = osDigest
        self.kubernetesVersion = kubernetesVersion
    }

    public init?(json: JSONValue) {
        guard json.objectValue != nil else { return nil }
        revision = json["revision"]?.stringValue ?? ""
        osVersion = json["osVersion"]?.stringValue ?? ""
        osImage = json["osImage"]?.stringValue ?? ""
        osDigest = json["osDigest"]?.stringValue ?? ""
        kubernetesVersion = json["kubernetesVersion"]?.stringValue ?? ""
    }

    public var json: JSONValue {
        [
            "revision": .string(revision), "osVersion": .string(osVersion), "osImage": .string(osImage),
            "osDigest": .string(osDigest), "kubernetesVersion": .string(kubernetesVersion),
        ]
    }
}

/// One step that a host is told to take.
public struct HostTask: Sendable, Hashable {
    public enum TaskType: String, Sendable, Hashable, CaseIterable {
        /// Start or join the cluster with the bootstrap Secret.
        case bootstrap = "Bootstrap"
        /// Adopt settings that need nothing to be restarted (impact `ConfigReload`, `NoOp`).
        case reloadConfiguration = "ReloadConfiguration"
        /// Adopt settings and restart the services that read them.
        case restartServices = "RestartServices"
        /// Upgrade Kubernetes in place.
        case upgradeKubernetes = "UpgradeKubernetes"
        /// Adopt settings and reboot the slot that is booted.
        case reboot = "Reboot"
        /// Write the other slot and reboot into it.
        case repave = "Repave"
        /// Remove the etcd member that `parameters.member` names; carried out by another member's host.
        case removeEtcdMember = "RemoveEtcdMember"
        /// Hand etcd's leadership to another member.
        case moveEtcdLeader = "MoveEtcdLeader"
        /// Save etcd to the file that the EtcdSnapshot in `parameters.snapshot` asks for.
        case snapshotEtcd = "SnapshotEtcd"
        /// Make the certificates of Kubernetes on the host anew, and have what holds the old ones read them; where
        /// `parameters.withinSeconds` is given, only if the first of them ends within that time.
        case renewCertificates = "RenewCertificates"
        /// Leave the cluster: stop Kubernetes and wipe its data.
        case reset = "Reset"
    }

    /// How far the host may go. Preparing disturbs nobody: it downloads, and writes the slot that is not in use.
    public enum Gate: String, Sendable, Hashable {
        case prepare = "Prepare"
        case proceed = "Proceed"
    }

    public var id: String
    public var type: TaskType
    public var target: HostState?
    public var gate: Gate
    /// The epoch of the plane that gave the task, and the lease transitions of its leader: an agent refuses older ones.
    public var epoch: Int
    public var leaseTransitions: Int
    /// Counted in uptime.
    public var validateTimeout: Duration
    public var validateLimit: Duration
    public var parameters: [String: String]

    public init(
        id: String, type: TaskType, target: HostState? = nil, gate: Gate = .proceed, epoch: Int, leaseTransitions: Int,
        validateTimeout: Duration = .seconds(600), validateLimit: Duration = .seconds(3600),
        parameters: [String: String] = [:]
    ) {
        self.id = id
        self.type = type
        self.target = target
        self.gate = gate
        self.epoch = epoch
        self.leaseTransitions = leaseTransitions
        self.validateTimeout = validateTimeout
        self.validateLimit = validateLimit
        self.parameters = parameters
    }

    public init?(json: JSONValue) {
        guard let id = json["id"]?.stringValue, let type = json["type"]?.stringValue.flatMap(TaskType.init) else {
            return nil
        }
        self.init(
            id: id, type: type, target: json["target"].flatMap(HostState.init(json:)),
            gate: json["gate"]?.stringValue.flatMap(Gate.init) ?? .prepare, epoch: json["epoch"]?.intValue ?? 0,
            leaseTransitions: json["leaseTransitions"]?.intValue ?? 0,
            validateTimeout: .seconds(json["validateTimeoutSeconds"]?.intValue ?? 600),
            validateLimit: .seconds(json["validateLimitSeconds"]?.intValue ?? 3600),
            parameters: json["parameters"]?.stringMap ?? [:])
    }

    public var json: JSONValue {
        var json: JSONValue = [
            "id": .string(id), "type": .string(type.rawValue), "gate": .string(gate.rawValue),
            "epoch": JSONValue(epoch),
            "leaseTransitions": JSONValue(leaseTransitions),
            "validateTimeoutSeconds": .integer(validateTimeout.components.seconds),
            "validateLimitSeconds": .integer(validateLimit.components.seconds),
        ]
        json["target"] = target?.json
        if !parameters.isEmpty { json["parameters"] = JSONValue(parameters) }
        return json
    }
}

/// What an agent says of its task.
public struct HostTaskStatus: Sendable, Hashable {
    public enum Phase: String, Sendable, Hashable, CaseIterable {
        case accepted = "Accepted"
        case downloading = "Downloading"
        case writing = "Writing"
        /// Everything that disturbs nobody is done; the host waits for the gate.
        case prepared = "Prepared"
        case applying = "Applying"
        case rebooting = "Rebooting"
        case validating = "Validating"
        case done = "Done"
        /// The host went back to what it ran before, and is a member again.
        case reverted = "Reverted"
        case failed = "Failed"
        case refused = "Refused"

        public var isFinal: Bool {
            switch self {
            case .done, .reverted, .failed, .refused: true
            default: false
            }
        }
    }

    /// Whose failure it was (law 3): the host's own marks the version as failed there; the cluster's blames nothing.
    public enum Cause: String, Sendable, Hashable {
        case host = "Host"
        case cluster = "Cluster"
    }

    public var id: String
    public var phase: Phase
    public var cause: Cause?
    public var reason: String
    public var message: String
    public var since: Timestamp?
    /// Per cent.
    public var progress: Int?
    public var result: JSONValue?

    public init(
        id: String, phase: Phase, cause: Cause? = nil, reason: String = "", message: String = "",
        since: Timestamp? = nil,
        progress: Int? = nil, result: JSONValue? = nil
    ) {
        self.id = id
        self.phase = phase
        self.cause = cause
        self.reason = reason
        self.message = message
        self.since = since
        self.progress = progress
        self.result = result
    }

    public init?(json: JSONValue) {
        guard let id = json["id"]?.stringValue, let phase = json["phase"]?.stringValue.flatMap(Phase.init) else {
            return nil
        }
        self.init(
            id: id, phase: phase, cause: json["cause"]?.stringValue.flatMap(Cause.init),
            reason: json["reason"]?.stringValue ?? "", message: json["message"]?.stringValue ?? "",
            since: json["since"]?.stringValue.flatMap(Timestamp.init(rfc3339:)), progress: json["progress"]?.intValue,
            result: json["result"])
    }

    public var json: JSONValue {
        var json: JSONValue = ["id": .string(id), "phase": .string(phase.rawValue)]
        json["cause"] = cause.map { .string($0.rawValue) }
        if !reason.isEmpty { json["reason"] = .string(reason) }
        if !message.isEmpty { json["message"] = .string(message) }
        json["since"] = since.map { .string($0.rfc3339) }
        json["progress"] = progress.map { JSONValue($0) }
        json["result"] = result
        return json
    }
}

extension Schema {
    static func hostState(_ description: String) -> Schema {
        .object(
            description,
            [
                "revision": .string("The ClusterRevision whose settings apply."),
                "osVersion": .string("The version of the operating system."),
                "osImage": .string("The image of the operating system."),
                "osDigest": .string("The image's digest."),
                "kubernetesVersion": .string("The Kubernetes version, without a leading v."),
            ])
    }
}
