/// Corbel's infrastructure provider (Cluster API's InfraMachine contract): a claimed host, and all that its agent is
/// to do.
///
/// Reconcilers write `spec`, the agent writes `status`; it is the one resource through which they meet. An agent acts
/// on the HostMachine that bears its own host's name in `spec.hostName`, and on no other.
public struct HostMachine: TypedResource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }

    public static let finalizer = "hostmachine.infrastructure.cluster.x-k8s.io"

    public static let definition = ResourceDefinition(
        group: APIGroup.infrastructure, version: "v1beta1", kind: "HostMachine", plural: "hostmachines",
        shortNames: ["hm"], categories: ["cluster-api"],
        schema: .object("", required: ["spec"], ["spec": specSchema, "status": statusSchema]),
        columns: [
            .init("Host", .field(["spec", "hostName"]), "The EdgeHost."),
            .init("Role", .field(["spec", "role"]), "What the host does."),
            .init("Ready", .condition("Ready"), "Whether the host serves."),
            .init("Slot", .field(["status", "slots", "booted"]), "The slot that is booted."),
            .init("OS", .field(["status", "running", "osVersion"]), "The operating system that runs."),
            .init(
                "Kubernetes", .field(["status", "running", "kubernetesVersion"]), "The Kubernetes version that runs."),
            .init("Task", .field(["status", "task", "phase"]), "How far the current task is."),
            .init("Age", "date", .age(["metadata", "creationTimestamp"])),
        ],
        selectableFields: [["spec", "hostName"]])

    public var clusterName: String {
        get { json["spec", "clusterName"]?.stringValue ?? "" }
        set { json["spec", "clusterName"] = .string(newValue) }
    }

    public var hostName: String {
        get { json["spec", "hostName"]?.stringValue ?? "" }
        set { json["spec", "hostName"] = .string(newValue) }
    }

    public var role: HostPool.Role {
        get { json["spec", "role"]?.stringValue.flatMap(HostPool.Role.init) ?? .worker }
        set { json["spec", "role"] = .string(newValue.rawValue) }
    }

    public var providerID: String? {
        get { json["spec", "providerID"]?.stringValue }
        set { json["spec", "providerID"] = newValue.map { .string($0) } }
    }

    /// What the host runs once it has nothing more to do.
    public var desired: HostState? {
        get { json["spec", "desired"].flatMap(HostState.init(json:)) }
        set { json["spec", "desired"] = newValue?.json }
    }

    /// The step that the host takes now.
    public var task: HostTask? {
        get { json["spec", "task"].flatMap(HostTask.init(json:)) }
        set { json["spec", "task"] = newValue?.json }
    }

    /// What the host runs, as its agent last said.
    public var running: HostState? {
        get { json["status", "running"].flatMap(HostState.init(json:)) }
        set { json["status", "running"] = newValue?.json }
    }

    public var taskStatus: HostTaskStatus? {
        get { json["status", "task"].flatMap(HostTaskStatus.init(json:)) }
        set { json["status", "task"] = newValue?.json }
    }

    /// Versions (by the image's digest) that failed on this host. They are not retried unless a person says so.
    public var failedImages: [String] {
        get { json["status", "failedImages"]?.stringList ?? [] }
        set { json["status", "failedImages"] = JSONValue(newValue) }
    }

    public var isProvisioned: Bool {
        get { json["status", "initialization", "provisioned"]?.boolValue ?? false }
        set { json["status", "initialization", "provisioned"] = .bool(newValue) }
    }

    /// The host's address within its site.
    public var address: String? {
        json["status", "addresses"]?.arrayValue?.first { $0["type"]?.stringValue == "InternalIP" }?["address"]?
            .stringValue
    }

    /// Where the API server of a control-plane host is reached, and by what it is known.
    public var apiServer: APIServerAddress? {
        get { json["status", "apiServer"].flatMap(APIServerAddress.init(json:)) }
        set { json["status", "apiServer"] = newValue?.json }
    }

    /// The certificate of Kubernetes on the host that ends first, as its agent last saw it.
    public var certificates: HostCertificates? {
        get { json["status", "certificates"].flatMap(HostCertificates.init(json:)) }
        set { json["status", "certificates"] = newValue?.json }
    }

    static let specSchema = Schema.object(
        "What the host should be, and what it is to do now.", required: ["clusterName", "hostName", "role"],
        [
            "clusterName": .name("The Cluster.").immutable,
            "hostName": .name("The EdgeHost.").immutable,
            "role": .string("What the host does.", oneOf: ["control-plane", "worker"]).immutable,
            "providerID": .string("`corbel://` and the host's name."),
            "desired": .hostState("What the host runs once it has nothing more to do."),
            "task": .object(
                "The step that the host takes now.", required: ["id", "type"],
                [
                    "id": .string("Tells this task from all others of the host; the same id is the same task."),
                    "type": .string("What is to be done.", oneOf: HostTask.TaskType.allCases.map(\.rawValue)),
                    "target": .hostState("What the host runs afterwards."),
                    "gate": .string("How far the host may go.", oneOf: ["Prepare", "Proceed"]),
                    "epoch": .integer("The epoch of the plane that gave the task."),
                    "leaseTransitions": .integer("The lease transitions of the leader that gave the task."),
                    "validateTimeoutSeconds": .integer("Uptime that the host has to become healthy in.", 1...86400),
                    "validateLimitSeconds": .integer("The hard limit that outside causes extend it to.", 1...604_800),
                    "parameters": .strings("What else the type needs, such as the member to remove."),
                ]),
        ])

    static let statusSchema = Schema.object(
        "What the agent says.",
        [
            "initialization": .object(
                "What has happened once.", ["provisioned": .boolean("Whether the host is ready to be bootstrapped.")]),
            "ready": .boolean("Whether the host serves."),
            "addresses": .array(
                "Addresses.",
                of: .object(
                    "An address.", required: ["type", "address"],
                    ["type": .string("Its type, such as InternalIP."), "address": .string("The address.")])),
            "running": .hostState("What the host runs."),
            "slots": .object(
                "The slots of the operating system.",
                [
                    "booted": .string("The slot that is booted.", oneOf: ["A", "B"]),
                    "committed": .string("The slot that is known to be good.", oneOf: ["A", "B"]),
                    "a": .anyObject("Version, digest and state of slot A."),
                    "b": .anyObject("Version, digest and state of slot B."),
                ]),
            "task": .object(
                "How far the current task is.",
                [
                    "id": .string("The task."),
                    "phase": .string("How far it is.", oneOf: HostTaskStatus.Phase.allCases.map(\.rawValue)),
                    "cause": .string("Whose failure it was.", oneOf: ["Host", "Cluster"]),
                    "reason": .string("One word for programs."),
                    "message": .string("A sentence for people."),
                    "since": .time("When the phase began."),
                    "progress": .integer("Per cent of a long step.", 0...100),
                    "result": .anyObject("What the task brought to light."),
                ]),
            "failedImages": .array("Digests of images that failed on this host.", of: Schema(.string), .set),
            "etcd": .anyObject("The host's etcd member: id, name, whether it leads, whether it is healthy."),
            "apiServer": .anyObject("The API server on a control-plane host: endpoint and certificate authority."),
            "certificates": .object(
                "The certificate of Kubernetes on the host that ends first.",
                [
                    "expires": .time("When it ends."), "name": .string("Which one it is, such as apiserver."),
                    "message": .string("Why the host could not renew it by itself, where it had to."),
                ]),
            "resources": .anyObject("Use of processor, memory and disk, in per cent."),
            "epoch": .integer("The highest epoch that the agent has seen."),
            "leaseTransitions": .integer("The highest lease transitions that the agent has seen in that epoch."),
            "bootID": .string("Changes with every boot."),
            "conditions": .conditions,
            "observedGeneration": .integer("The generation that the agent has read."),
        ])
}

/// The template of a ``HostMachine``; the contract asks for one.
public struct HostMachineTemplate: TypedResource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }

    public static let definition = ResourceDefinition(
        group: APIGroup.infrastructure, version: "v1beta1", kind: "HostMachineTemplate", plural: "hostmachinetemplates",
        categories: ["cluster-api"],
        schema: .template(
            of: .object("What the hosts are.", ["pool": .name("The pool of the EdgeCluster that gives the hosts.")])),
        hasStatus: false, columns: [.init("Age", "date", .age(["metadata", "creationTimestamp"]))])
}

/// Corbel's infrastructure of a whole cluster (Cluster API's InfraCluster contract).
public struct HostCluster: TypedResource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }

    public static let definition = ResourceDefinition(
        group: APIGroup.infrastructure, version: "v1beta1", kind: "HostCluster", plural: "hostclusters",
        categories: ["cluster-api"],
        schema: .object(
            "",
            [
                "spec": .object("What the cluster stands on.", ["controlPlaneEndpoint": .endpoint]),
                "status": .object(
                    "What is known of it.",
                    [
                        "initialization": .object(
                            "What has happened once.", ["provisioned": .boolean("Whether the infrastructure is there.")]
                        ),
                        "failureDomains": .array("Failure domains.", of: .anyObject("A failure domain.")),
                        "conditions": .conditions,
                    ]),
            ]),
        columns: [
            .init("Ready", .condition("Ready")), .init("Endpoint", .field(["spec", "controlPlaneEndpoint", "host"])),
            .init("Age", "date", .age(["metadata", "creationTimestamp"])),
        ])

    public var isProvisioned: Bool {
        get { json["status", "initialization", "provisioned"]?.boolValue ?? false }
        set { json["status", "initialization", "provisioned"] = .bool(newValue) }
    }
}
