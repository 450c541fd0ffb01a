/// A place that packs come from.
public struct PackRegistry: TypedResource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }

    public enum RegistryType: String, Sendable, Hashable, CaseIterable {
        /// An OCI registry whose repositories are packs.
        case oci
        /// The registry that the centre itself serves.
        case builtIn = "built-in"
    }

    public static let definition = ResourceDefinition(
        group: APIGroup.corbel, version: "v1alpha1", kind: "PackRegistry", plural: "packregistries", shortNames: ["pr"],
        categories: ["corbel"],
        schema: .object(
            "", required: ["spec"],
            [
                "spec": .object(
                    "Where the registry is.", required: ["url", "type"],
                    [
                        "url": Schema.string("Its address.").matching("^(https|oci)://[^\\s]+$", "an https or oci URL")
                            .length(1...2048),
                        "type": .string("What it speaks.", oneOf: RegistryType.allCases.map(\.rawValue)),
                    ]),
                "status": .object(
                    "What is known of it.",
                    [
                        "packs": .integer("How many packs it holds."),
                        "lastSynced": .time("When it was last read."),
                        "conditions": .conditions,
                        "observedGeneration": .integer("The generation that the status speaks of."),
                    ]),
            ]),
        columns: [
            .init("URL", .field(["spec", "url"]), "Its address."),
            .init("Type", .field(["spec", "type"]), "What it speaks."),
            .init("Ready", .condition("Ready"), "Whether it answers."),
            .init("Packs", "integer", .field(["status", "packs"]), "How many packs it holds."),
            .init("Age", "date", .age(["metadata", "creationTimestamp"])),
        ])

    public var url: String { json["spec", "url"]?.stringValue ?? "" }
    public var type: RegistryType { json["spec", "type"]?.stringValue.flatMap(RegistryType.init) ?? .oci }
}
