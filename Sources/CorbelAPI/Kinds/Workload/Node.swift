/// A member of a Kubernetes cluster (core/v1 Node), as far as Corbel reads it.
public struct Node: TypedResource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }

    public static let definition = ResourceDefinition(
        group: APIGroup.core, version: "v1", kind: "Node", plural: "nodes", shortNames: ["no"], scope: .cluster,
        schema: .object(
            "",
            [
                "spec": .object(
                    "What the node should be.",
                    [
                        "unschedulable": .boolean("Whether new pods are kept away."),
                        "providerID": .string("Tells the machine from all others."),
                        "podCIDR": .string("The addresses of its pods."),
                        "taints": .array("Taints.", of: .anyObject("A taint.")),
                    ]),
                "status": .workloadStatus("What the kubelet says."),
            ]),
        columns: [
            .init("Ready", .condition("Ready")), .init("Unschedulable", "boolean", .field(["spec", "unschedulable"])),
            .init("Age", "date", .age(["metadata", "creationTimestamp"])),
            .init("Version", .field(["status", "nodeInfo", "kubeletVersion"])),
            .init("OS-Image", .field(["status", "nodeInfo", "osImage"]), wide: true),
        ],
        isBuiltIn: true, selectableFields: [["spec", "unschedulable"]])

    public var isUnschedulable: Bool {
        get { json["spec", "unschedulable"]?.boolValue ?? false }
        set { json["spec", "unschedulable"] = newValue ? true : nil }
    }

    public var isReady: Bool { isTrue("Ready") }

    public var kubeletVersion: String? { json["status", "nodeInfo", "kubeletVersion"]?.stringValue }
}

/// A pod (core/v1 Pod), as far as Corbel reads it.
public struct Pod: TypedResource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }

    public static let definition = ResourceDefinition(
        group: APIGroup.core, version: "v1", kind: "Pod", plural: "pods", shortNames: ["po"],
        schema: .object(
            "", ["spec": .podSpec, "status": .workloadStatus("What the kubelet says.")]),
        columns: [
            .init("Ready", .condition("Ready")), .init("Status", .field(["status", "phase"])),
            .init("Age", "date", .age(["metadata", "creationTimestamp"])),
            .init("IP", .field(["status", "podIP"]), wide: true),
            .init("Node", .field(["spec", "nodeName"]), wide: true),
        ],
        isBuiltIn: true, selectableFields: [["spec", "nodeName"], ["status", "phase"]])

    public var nodeName: String? {
        get { json["spec", "nodeName"]?.stringValue }
        set { json["spec", "nodeName"] = newValue.map { .string($0) } }
    }

    public var isReady: Bool { isTrue("Ready") }
    public var phase: String { json["status", "phase"]?.stringValue ?? "Pending" }
    public var isFinished: Bool { phase == "Succeeded" || phase == "Failed" }

    /// Whether the kubelet runs the pod from a file, so that no API request can end it.
    public var isMirror: Bool { annotation("kubernetes.io/config.mirror") != nil }

    public var isFromDaemonSet: Bool { controllerReference?.kind == "DaemonSet" }
}

/// Pods that are all alike (apps/v1 Deployment), as far as Corbel reads it.
public struct Deployment: TypedResource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }

    public static let definition = ResourceDefinition(
        group: APIGroup.apps, version: "v1", kind: "Deployment", plural: "deployments", shortNames: ["deploy"],
        categories: ["all"],
        schema: .object(
            "",
            [
                "spec": .object(
                    "What the pods should be.", required: ["selector", "template"],
                    [
                        "replicas": .integer("How many.", 0...10000).defaulting(to: 1), "selector": .labelSelector,
                        "template": .podTemplate, "strategy": .anyObject("How changes roll out."),
                        "minReadySeconds": .integer("How long a pod is ready before it counts."),
                        "revisionHistoryLimit": .integer("How many old sets are kept."),
                        "progressDeadlineSeconds": .integer("When a rollout counts as stuck."),
                        "paused": .boolean("Whether the deployment rests."),
                    ]),
                "status": .workloadStatus("What is known of the pods."),
            ]),
        scale: .init(specReplicas: ["spec", "replicas"], statusReplicas: ["status", "replicas"]),
        columns: [
            .init("Ready", .ratio(["status", "readyReplicas"], ["spec", "replicas"])),
            .init("Up-to-date", "integer", .field(["status", "updatedReplicas"])),
            .init("Available", "integer", .field(["status", "availableReplicas"])),
            .init("Age", "date", .age(["metadata", "creationTimestamp"])),
        ], isBuiltIn: true)

    public var replicas: Int { json["spec", "replicas"]?.intValue ?? 1 }
}

/// One pod on every node (apps/v1 DaemonSet), as far as Corbel reads it.
public struct DaemonSet: TypedResource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }

    public static let definition = ResourceDefinition(
        group: APIGroup.apps, version: "v1", kind: "DaemonSet", plural: "daemonsets", shortNames: ["ds"],
        categories: ["all"],
        schema: .object(
            "",
            [
                "spec": .object(
                    "What the pods should be.", required: ["selector", "template"],
                    [
                        "selector": .labelSelector, "template": .podTemplate,
                        "updateStrategy": .anyObject("How changes roll out."),
                        "minReadySeconds": .integer("How long a pod is ready before it counts."),
                        "revisionHistoryLimit": .integer("How many old sets are kept."),
                    ]),
                "status": .workloadStatus("What is known of the pods."),
            ]),
        columns: [
            .init("Desired", "integer", .field(["status", "desiredNumberScheduled"])),
            .init("Ready", "integer", .field(["status", "numberReady"])),
            .init("Age", "date", .age(["metadata", "creationTimestamp"])),
        ], isBuiltIn: true)
}

/// How many pods must stay up when pods are evicted (policy/v1 PodDisruptionBudget).
public struct PodDisruptionBudget: TypedResource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }

    public static let definition = ResourceDefinition(
        group: APIGroup.policy, version: "v1", kind: "PodDisruptionBudget", plural: "poddisruptionbudgets",
        shortNames: ["pdb"],
        schema: .object(
            "",
            [
                "spec": .object(
                    "How many must stay up.",
                    [
                        "minAvailable": Schema(.intOrString, "How many must stay up."),
                        "maxUnavailable": Schema(.intOrString, "How many may be down."),
                        "selector": .labelSelector,
                        "unhealthyPodEvictionPolicy": .string("When unhealthy pods may be evicted."),
                    ]),
                "status": .workloadStatus("What is known of the pods."),
            ]),
        columns: [
            .init("Min Available", .field(["spec", "minAvailable"])),
            .init("Max Unavailable", .field(["spec", "maxUnavailable"])),
            .init("Allowed Disruptions", "integer", .field(["status", "disruptionsAllowed"])),
            .init("Age", "date", .age(["metadata", "creationTimestamp"])),
        ], isBuiltIn: true)
}

extension Schema {
    static let podSpec: Schema = {
        var spec = Schema.anyObject("What the pod should be.")
        spec.properties = [
            "nodeName": .string("The node that runs the pod."),
            "containers": .array("Its containers.", of: .anyObject("A container."), .map(keys: ["name"])),
        ]
        return spec
    }()

    static let podTemplate = Schema.object(
        "What new pods are made of.", ["metadata": .anyObject("Labels and annotations."), "spec": .podSpec])

    /// The status of a workload: its conditions, and whatever else Kubernetes writes.
    static func workloadStatus(_ description: String) -> Schema {
        var status = Schema.anyObject(description)
        status.properties = ["conditions": .array("Conditions.", of: .anyObject("A condition."), .map(keys: ["type"]))]
        return status
    }
}
