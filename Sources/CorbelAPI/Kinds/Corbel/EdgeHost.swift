/// A bare-metal machine that has registered, or that somebody announced: its identity, its inventory and its health.
///
/// An EdgeHost lives at the centre only. Its name is the host's identity: the common name of the host's certificate is
/// `corbel:host:<namespace>:<name>`.
public struct EdgeHost: TypedResource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }

    public static let definition = ResourceDefinition(
        group: APIGroup.corbel, version: "v1alpha1", kind: "EdgeHost", plural: "edgehosts", shortNames: ["eh"],
        categories: ["corbel"],
        schema: .object("", ["spec": specSchema, "status": statusSchema]),
        columns: [
            .init("State", .field(["status", "state"]), "Unapproved, Ready, InUse or Maintenance."),
            .init("Reachable", .condition("Reachable"), "Whether the host has been heard of in time."),
            .init("Cluster", .field(["spec", "consumerRef", "name"]), "The cluster that has claimed the host."),
            .init("OS", .field(["status", "os", "version"]), "The operating-system version that is booted."),
            .init("Slot", .field(["status", "os", "slot"]), "The slot that is booted."),
            .init("Address", .field(["status", "address"]), "The host's address."),
            .init("Age", "date", .age(["metadata", "creationTimestamp"])),
            .init("Agent", .field(["status", "agentVersion"]), "The version of the agent.", wide: true),
        ])

    /// Whether the host may have a certificate: by a token that approves, or by hand.
    public var isApproved: Bool {
        get { json["spec", "approved"]?.boolValue ?? false }
        set { json["spec", "approved"] = .bool(newValue) }
    }

    /// The EdgeCluster (of the same namespace) that has claimed the host.
    public var consumerCluster: String? {
        get { json["spec", "consumerRef", "name"]?.stringValue }
        set {
            json["spec", "consumerRef"] = newValue.map {
                ["apiVersion": "corbel.dev/v1alpha1", "kind": "EdgeCluster", "name": .string($0)]
            }
        }
    }

    public var address: String? { json["status", "address"]?.stringValue }

    private static let specSchema = Schema.object(
        "What the owner of the host says of it.",
        [
            "approved": .boolean("Whether the host may take part.").defaulting(to: false),
            "signingRequestDigest": .string("The SHA-256 of the public key that was approved, in hexadecimal.")
                .matching("^[0-9a-f]{64}$", "64 hexadecimal digits"),
            "consumerRef": .anyObject("The EdgeCluster that has claimed the host."),
            "maintenance": .boolean("Whether the host is to be left alone.").defaulting(to: false),
            "revoked": .boolean("Whether the host's certificates are refused.").defaulting(to: false),
        ])

    private static let statusSchema = Schema.object(
        "What is known of the host.",
        [
            "state": .string("Where the host stands.", oneOf: ["Unapproved", "Ready", "InUse", "Maintenance"]),
            "address": .string("The address that the host is reached at within its site."),
            "agentVersion": .string("The version of the agent."),
            "bootID": .string("Changes with every boot."),
            "os": .anyObject("Slot, version and digest of what is booted."),
            "inventory": .anyObject(
                "What the host has: processors, memoryBytes, slotBytes (room for an image in the slot that is not "
                    + "booted), imageRoomBytes (room to fetch one)."),
            "publicKeyDigest": .string("The SHA-256 of the public key that the host registered with."),
            "certificateExpires": .time("When the host's certificate ends."),
            "registrationToken": .string("The RegistrationToken that the host came with."),
            "site": .anyObject("How a claimed host reaches its site's API server."),
            "conditions": .conditions,
        ])
}

/// A token that lets hosts register. Its secret is shown once and kept as a digest only.
public struct RegistrationToken: TypedResource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }

    public static let definition = ResourceDefinition(
        group: APIGroup.corbel, version: "v1alpha1", kind: "RegistrationToken", plural: "registrationtokens",
        shortNames: ["rt"], categories: ["corbel"],
        schema: .object(
            "", required: ["spec"],
            [
                "spec": .object(
                    "What the token permits.", required: ["expires"],
                    [
                        "secretDigest": .string("The SHA-256 of the token's secret, in hexadecimal.")
                            .matching("^[0-9a-f]{64}$", "64 hexadecimal digits").immutable,
                        "expires": .time("When the token ends."),
                        "revoked": .boolean("Whether the token ended early.").defaulting(to: false),
                        "approves": .boolean("Whether a host that comes with it needs no approval by hand.")
                            .defaulting(to: true),
                        "maxUses": .integer("How many hosts may register with it.", 1...1_000_000),
                        "hostLabels": .strings("Labels for the hosts that register with it."),
                    ]),
                "status": .object(
                    "How the token was used.",
                    [
                        "uses": .integer("How many hosts have registered with it."),
                        "lastUsed": .time("When a host last registered with it."),
                        "conditions": .conditions,
                    ]),
            ]),
        columns: [
            .init("Expires", "string", .field(["spec", "expires"]), "When the token ends."),
            .init("Revoked", "boolean", .field(["spec", "revoked"]), "Whether it ended early."),
            .init("Uses", "integer", .field(["status", "uses"]), "How many hosts have registered with it."),
            .init("Age", "date", .age(["metadata", "creationTimestamp"])),
        ])

    public var secretDigest: String? { json["spec", "secretDigest"]?.stringValue }
    public var expires: Timestamp? { json["spec", "expires"]?.stringValue.flatMap(Timestamp.init(rfc3339:)) }
    public var isRevoked: Bool { json["spec", "revoked"]?.boolValue ?? false }
    public var approves: Bool { json["spec", "approves"]?.boolValue ?? true }
    public var maxUses: Int? { json["spec", "maxUses"]?.intValue }
    public var uses: Int {
        get { json["status", "uses"]?.intValue ?? 0 }
        set { json["status", "uses"] = JSONValue(newValue) }
    }
}
