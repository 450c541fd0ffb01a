/// A change of a running cluster from one revision to another: what differs, what it will do, whether it may, and how
/// far it is.
///
/// The reconciler writes one when intent and running revision differ. A user approves exactly the revision that it
/// names; when the intent changes again, the approval is void and a new update takes this one's place.
public struct ClusterUpdate: TypedResource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }

    public static let definition = ResourceDefinition(
        group: APIGroup.corbel, version: "v1alpha1", kind: "ClusterUpdate", plural: "clusterupdates",
        shortNames: ["cu"],
        categories: ["corbel"],
        schema: .object("", required: ["spec"], ["spec": specSchema, "status": statusSchema]),
        columns: [
            .init("Cluster", .field(["spec", "clusterName"]), "The cluster."),
            .init("To", .field(["spec", "toRevision"]), "The revision that it leads to."),
            .init("Impact", .field(["spec", "plan", "impact"]), "The highest impact of its changes."),
            .init("Safe", "boolean", .field(["spec", "forecast", "safe"]), "What its rehearsal says."),
            .init("Approved", "boolean", .field(["spec", "approval", "approved"]), "Whether it may begin."),
            .init("Phase", .field(["status", "phase"]), "How far it is."),
            .init("Hosts", .ratio(["status", "updatedHosts"], ["status", "totalHosts"]), "Hosts done of all."),
            .init("Age", "date", .age(["metadata", "creationTimestamp"])),
            .init("From", .field(["spec", "fromRevision"]), "The revision that it starts from.", wide: true),
        ])

    public enum Phase: String, Sendable {
        case pendingApproval = "PendingApproval"
        case progressing = "Progressing"
        case paused = "Paused"
        case halted = "Halted"
        case aborted = "Aborted"
        case completed = "Completed"
        case superseded = "Superseded"
    }

    public var clusterName: String {
        get { json["spec", "clusterName"]?.stringValue ?? "" }
        set { json["spec", "clusterName"] = .string(newValue) }
    }

    public var fromRevision: String {
        get { json["spec", "fromRevision"]?.stringValue ?? "" }
        set { json["spec", "fromRevision"] = .string(newValue) }
    }

    public var toRevision: String {
        get { json["spec", "toRevision"]?.stringValue ?? "" }
        set { json["spec", "toRevision"] = .string(newValue) }
    }

    /// Whether somebody has approved exactly the revision that the update leads to.
    public var isApproved: Bool {
        json["spec", "approval", "approved"]?.boolValue == true
            && json["spec", "approval", "revision"]?.stringValue == toRevision
    }

    /// Whether somebody has yet to say that it may begin.
    public var awaitsApproval: Bool { phase == .pendingApproval && !isApproved }

    public var isPaused: Bool { json["spec", "paused"]?.boolValue ?? false }
    public var isAborted: Bool { json["spec", "aborted"]?.boolValue ?? false }

    /// Diff, impacts and hosts in order, as the module `Revisions` writes them.
    public var plan: JSONValue {
        get { json["spec", "plan"] ?? [:] }
        set { json["spec", "plan"] = newValue }
    }

    /// How the update went when it was rehearsed, as the module `Simulator` writes it, or why it was not; absent until
    /// one of the two is known.
    public var forecast: JSONValue? {
        get { json["spec", "forecast"] }
        set { json["spec", "forecast"] = newValue }
    }

    public var phase: Phase {
        get { json["status", "phase"]?.stringValue.flatMap(Phase.init) ?? .pendingApproval }
        set { json["status", "phase"] = .string(newValue.rawValue) }
    }

    private static let specSchema = Schema.object(
        "What will change, and whether it may.", required: ["clusterName", "fromRevision", "toRevision"],
        [
            "clusterName": .name("The EdgeCluster.").immutable,
            "fromRevision": Schema.string("The revision that the cluster runs.").immutable,
            "toRevision": Schema.string("The revision that the update leads to.").immutable,
            "plan": .anyObject("Diff, impacts with the rules that decided them, hosts in order, warnings."),
            "forecast": forecastSchema,
            "approval": .object(
                "Who approved what.",
                [
                    "approved": .boolean("Whether the update may begin."),
                    "revision": .string("The revision that was approved: the update's own."),
                    "by": .string("Who approved."),
                    "time": .time("When."),
                    "downtime": .boolean("Whether downtime was approved for a cluster that tolerates no loss."),
                ]),
            "paused": .boolean("Whether the rollout rests before its next step.").defaulting(to: false),
            "aborted": .boolean("Whether the rollout stops here and leaves the cluster sound.").defaulting(to: false),
        ])

    /// Fields are added, never changed.
    private static let forecastSchema: Schema = {
        var schema = Schema.object(
            "How the update went on a cluster in miniature. The centre writes it, and makes it anew if it is removed.",
            [
                "toRevision": .string("The revision that was rehearsed."),
                "safe": .boolean("Whether it comes through, and nothing that was tried takes the cluster's API away."),
                "ending": .string("How it ends: Completes, HaltsSafely, Waits or BreaksALaw."),
                "totalSeconds": .anyObject("From the approval to the end: typical, atLeast, atMost."),
                "hosts": .array(
                    "In the order in which they are disturbed.",
                    of: .anyObject("name, impact, beginsSeconds, endsSeconds, downSeconds.")),
                "workloads": .array(
                    "How many pods stay ready.", of: .anyObject("namespace, name, pods, stayReady, shortSeconds.")),
                "mishaps": .array(
                    "What would happen if something went wrong.",
                    of: .anyObject("mishap, host, text, ending, message, goesOn, clusterAnswers, seconds.")),
                "durations": .string("Where the durations come from."),
                "refused": .object(
                    "Why there is no forecast.",
                    ["reason": .string("One word in CamelCase."), "message": .string("A sentence.")]),
            ])
        schema.preservesUnknownFields = true
        return schema
    }()

    private static let statusSchema = Schema.object(
        "How far the update is.",
        [
            "phase": .string("How far the update is."),
            "attempt": .integer("How often the rollout was begun; a person allows each after the first."),
            "updatedHosts": .integer("Hosts that have committed."),
            "totalHosts": .integer("Hosts that the update touches."),
            "hosts": .array(
                "Each host's progress.",
                of: .anyObject("A host: name, phase, since, message, beganAt, endedAt, phases: [{phase, since}]."),
                .atomic),
            "waits": .array("What the update waits for.", of: .anyObject("One wait.")),
            "startedAt": .time("When the first step was taken."),
            "completedAt": .time("When the last host had committed."),
            "conditions": .conditions,
            "observedGeneration": .integer("The generation that the status speaks of."),
        ])
}

/// A snapshot of a site's etcd, taken by an agent before a step that cannot be undone otherwise.
public struct EtcdSnapshot: TypedResource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }

    public static let definition = ResourceDefinition(
        group: APIGroup.corbel, version: "v1alpha1", kind: "EtcdSnapshot", plural: "etcdsnapshots",
        categories: ["corbel"],
        schema: .object(
            "", required: ["spec"],
            [
                "spec": .object(
                    "What to take.", required: ["clusterName", "hostName"],
                    [
                        "clusterName": .name("The EdgeCluster."), "hostName": .name("The host that takes it."),
                        "reason": .string("Why it is taken."),
                    ]),
                "status": .object(
                    "What was taken.",
                    [
                        "path": .string("The file on that host."), "bytes": .integer("Its length."),
                        "digest": .string("Its SHA-256."), "revision": .integer("etcd's revision in it."),
                        "completedAt": .time("When it was done."), "conditions": .conditions,
                    ]),
            ]),
        columns: [
            .init("Cluster", .field(["spec", "clusterName"])), .init("Host", .field(["spec", "hostName"])),
            .init("Bytes", "integer", .field(["status", "bytes"])),
            .init("Age", "date", .age(["metadata", "creationTimestamp"])),
        ])
}
