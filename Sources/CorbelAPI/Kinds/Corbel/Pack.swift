/// What a layer is made of: default values and the manifests that they render to, in one version.
public struct Pack: TypedResource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }

    /// Says in a sentence that a pack stands in for the real one of its name.
    public static let standInAnnotation = "corbel.dev/stand-in"

    public static let definition = ResourceDefinition(
        group: APIGroup.corbel, version: "v1alpha1", kind: "Pack", plural: "packs", categories: ["corbel"],
        schema: .object("", required: ["spec"], ["spec": specSchema]), hasStatus: false,
        columns: [
            .init("Pack", .field(["spec", "name"]), "The pack's name."),
            .init("Version", .field(["spec", "version"]), "The pack's version."),
            .init("Layer", .field(["spec", "layer"]), "The layer that it is for."),
            .init("Manifests", "integer", .count(["spec", "manifests"]), "How many texts of objects it has."),
            .init("Age", "date", .age(["metadata", "creationTimestamp"])),
            .init("Registry", .field(["spec", "registry"]), "The PackRegistry that it came from.", wide: true),
        ], selectableFields: [["spec", "name"], ["spec", "version"]])

    /// The name of the object that holds a pack: its name and its version, as a name may be written.
    public static func objectName(_ name: String, _ version: String) -> String {
        let text = "\(name)-\(version)".lowercased()
        return String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-") ? $0 : "-" })
    }

    public var packName: String { json["spec", "name"]?.stringValue ?? "" }
    public var version: String { json["spec", "version"]?.stringValue ?? "" }
    public var layer: LayerType { json["spec", "layer"]?.stringValue.flatMap(LayerType.init) ?? .addon }
    public var registry: String? { json["spec", "registry"]?.stringValue }
    /// YAML as written: the default values, with their comments.
    public var values: String { json["spec", "values"]?.stringValue ?? "" }
    public var manifests: [ManifestText] { (json["spec", "manifests"]?.arrayValue ?? []).map(ManifestText.init(json:)) }
    /// The container images that an air-gapped site needs.
    public var images: [String] { json["spec", "images"]?.stringList ?? [] }

    private static let specSchema = Schema.object(
        "What the pack holds.", required: ["name", "version", "layer"],
        [
            "name": Schema.name("The pack's name.").immutable,
            "displayName": .string("What people call it."),
            "description": .string("What it is for."),
            "version": Schema.string("The pack's version.").length(1...64).immutable,
            "layer": .string("The layer that it is for.", oneOf: LayerType.allCases.map(\.rawValue)),
            "registry": .name("The PackRegistry that it came from."),
            "values": .string("YAML, kept as written: the default values.").length(0...1_000_000),
            "schema": .anyObject("A JSON schema of the values."),
            "manifests": .manifestTexts("Objects that the pack applies; macros are resolved."),
            "images": .array("Container images that an air-gapped site needs.", of: Schema(.string), .set),
        ])
}
