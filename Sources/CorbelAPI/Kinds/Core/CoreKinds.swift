/// A namespace: a project of Corbel's.
public struct Namespace: TypedResource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }

    public static let definition = ResourceDefinition(
        group: APIGroup.core, version: "v1", kind: "Namespace", plural: "namespaces", shortNames: ["ns"],
        scope: .cluster,
        schema: .object(
            "",
            [
                "spec": .object(
                    "What holds the namespace.",
                    ["finalizers": .array("Who must agree before the namespace is gone.", of: Schema(.string))]),
                "status": .object(
                    "Where the namespace stands.",
                    [
                        "phase": .string("Active or Terminating.", oneOf: ["Active", "Terminating"]),
                        "conditions": .conditions,
                    ]),
            ]),
        columns: [
            .init("Status", .field(["status", "phase"])),
            .init("Age", "date", .age(["metadata", "creationTimestamp"])),
        ],
        isBuiltIn: true, selectableFields: [["status", "phase"]])
}

/// Data that must not be shown.
public struct Secret: TypedResource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }

    public static let definition = ResourceDefinition(
        group: APIGroup.core, version: "v1", kind: "Secret", plural: "secrets",
        schema: .object(
            "",
            [
                "data": .strings("The entries, in base64."),
                "stringData": .strings("Entries as text; they are moved into `data` when written."),
                "type": .string("What the entries are for.").defaulting(to: "Opaque"),
                "immutable": .boolean("Whether the entries may never change."),
            ]), hasStatus: false,
        columns: [
            .init("Type", .field(["type"])), .init("Data", "integer", .count(["data"])),
            .init("Age", "date", .age(["metadata", "creationTimestamp"])),
        ],
        isBuiltIn: true, selectableFields: [["type"]])

    public var type: String {
        get { json["type"]?.stringValue ?? "Opaque" }
        set { json["type"] = .string(newValue) }
    }
}

/// Data that may be shown.
public struct ConfigMap: TypedResource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }

    public static let definition = ResourceDefinition(
        group: APIGroup.core, version: "v1", kind: "ConfigMap", plural: "configmaps", shortNames: ["cm"],
        schema: .object(
            "",
            [
                "data": .strings("The entries."),
                "binaryData": .strings("Entries that are no text, in base64."),
                "immutable": .boolean("Whether the entries may never change."),
            ]), hasStatus: false,
        columns: [
            .init("Data", "integer", .count(["data"])), .init("Age", "date", .age(["metadata", "creationTimestamp"])),
        ], isBuiltIn: true)

    public var data: [String: String] {
        get { json["data"]?.stringMap ?? [:] }
        set { json["data"] = JSONValue(newValue) }
    }
}

/// Something that happened to an object (core/v1 Event).
public struct Event: TypedResource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }

    public static let definition = ResourceDefinition(
        group: APIGroup.core, version: "v1", kind: "Event", plural: "events", shortNames: ["ev"],
        schema: .object(
            "",
            [
                "involvedObject": .objectReference("The object that it happened to."),
                "related": .objectReference("A second object."),
                "reason": .string("What happened, in one word."),
                "message": .string("What happened, in a sentence."),
                "type": .string("Normal or Warning."),
                "action": .string("What was done about it."),
                "count": .integer("How often."),
                "firstTimestamp": .nullableTime("When it first happened."),
                "lastTimestamp": .nullableTime("When it last happened."),
                "eventTime": .nullableTime("When it happened."),
                "reportingComponent": .string("Who says so."),
                "reportingInstance": .string("Which instance says so."),
                "source": .object("Who says so.", ["component": .string("A program."), "host": .string("A host.")]),
                "series": .anyObject("How often a series repeated."),
            ]), hasStatus: false,
        columns: [
            .init("Last Seen", "string", .age(["lastTimestamp"])), .init("Type", .field(["type"])),
            .init("Reason", .field(["reason"])), .init("Kind", .field(["involvedObject", "kind"])),
            .init("Object", .field(["involvedObject", "name"])), .init("Message", .field(["message"])),
        ],
        isBuiltIn: true,
        selectableFields: [
            ["involvedObject", "kind"], ["involvedObject", "namespace"], ["involvedObject", "name"],
            ["involvedObject", "uid"], ["involvedObject", "apiVersion"], ["involvedObject", "resourceVersion"],
            ["involvedObject", "fieldPath"], ["reason"], ["reportingComponent"], ["source", "component"], ["type"],
        ])
}

/// A lock with an end: who leads (coordination.k8s.io/v1 Lease).
public struct Lease: TypedResource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }

    public static let definition = ResourceDefinition(
        group: APIGroup.coordination, version: "v1", kind: "Lease", plural: "leases",
        schema: .object(
            "",
            [
                "spec": .object(
                    "Who holds the lease.",
                    [
                        "holderIdentity": .string("The holder."),
                        "leaseDurationSeconds": .integer("How long the lease holds without renewal."),
                        "acquireTime": .time("When the holder acquired it."),
                        "renewTime": .time("When the holder last renewed it."),
                        "leaseTransitions": .integer("How often the holder changed."),
                        "strategy": .string("How the holder is chosen."),
                        "preferredHolder": .string("Who should hold it."),
                    ])
            ]), hasStatus: false,
        columns: [
            .init("Holder", .field(["spec", "holderIdentity"])),
            .init("Age", "date", .age(["metadata", "creationTimestamp"])),
        ], isBuiltIn: true)

    public var holder: String {
        get { json["spec", "holderIdentity"]?.stringValue ?? "" }
        set { json["spec", "holderIdentity"] = .string(newValue) }
    }

    /// How often the holder has changed.
    public var transitions: Int {
        get { json["spec", "leaseTransitions"]?.intValue ?? 0 }
        set { json["spec", "leaseTransitions"] = JSONValue(newValue) }
    }

    public var duration: Duration {
        get { .seconds(json["spec", "leaseDurationSeconds"]?.intValue ?? 0) }
        set { json["spec", "leaseDurationSeconds"] = .integer(newValue.components.seconds) }
    }

    public var acquireTime: Timestamp? {
        get { json["spec", "acquireTime"]?.stringValue.flatMap(Timestamp.init(rfc3339:)) }
        set { json["spec", "acquireTime"] = newValue.map { .string($0.rfc3339Micro) } }
    }

    public var renewTime: Timestamp? {
        get { json["spec", "renewTime"]?.stringValue.flatMap(Timestamp.init(rfc3339:)) }
        set { json["spec", "renewTime"] = newValue.map { .string($0.rfc3339Micro) } }
    }
}

extension Schema {
    static func objectReference(_ description: String) -> Schema {
        .object(
            description,
            [
                "kind": .string("Its kind."), "namespace": .string("Its namespace."), "name": .string("Its name."),
                "uid": .string("Its UID."), "apiVersion": .string("Its API version."),
                "resourceVersion": .string("Its revision."), "fieldPath": .string("The part that is meant."),
            ]
        ).atomic
    }

    static func nullableTime(_ description: String) -> Schema {
        var schema = Schema.time(description)
        schema.isNullable = true
        return schema
    }
}
