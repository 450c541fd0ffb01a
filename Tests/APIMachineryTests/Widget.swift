import APIMachinery
import CorbelAPI
import Testing

/// A kind with a field for every form that the schema knows.
enum Widget {
    static let definition = ResourceDefinition(
        group: "example.dev", version: "v1", kind: "Widget", plural: "widgets", shortNames: ["wd"], categories: ["all"],
        schema: .object("", ["spec": spec, "status": status]),
        scale: .init(
            specReplicas: ["spec", "replicas"], statusReplicas: ["status", "replicas"],
            selector: ["status", "selector"]),
        columns: [
            .init("Color", .field(["spec", "color"]), "The color."),
            .init("Replicas", "integer", .field(["spec", "replicas"])),
            .init("Ready", .condition("Ready")),
            .init("Ports", "integer", .count(["spec", "ports"])),
            .init("Up", .ratio(["status", "replicas"], ["spec", "replicas"]), wide: true),
            .init("Tags", .field(["spec", "tags"])),
            .init("Age", "date", .age(["metadata", "creationTimestamp"])),
        ],
        selectableFields: [["spec", "color"], ["spec", "replicas"]])

    /// The same kind as if it were Kubernetes' own.
    static let builtIn: ResourceDefinition = {
        var copy = definition
        copy.isBuiltIn = true
        return copy
    }()

    static let clusterScoped: ResourceDefinition = {
        var copy = definition
        copy.scope = .cluster
        return copy
    }()

    private static let port = Schema.object(
        "", required: ["name"],
        ["name": .name(""), "port": .integer("", 1...65535), "env": .array("", of: env, .map(keys: ["key"]))])

    private static let env = Schema.object("", ["key": .string(""), "value": .string("")])

    private static let endpoint = Schema.object(
        "", ["port": .integer(""), "protocol": .string("").defaulting(to: "TCP"), "host": .string("")])

    private static let spec = Schema.object(
        "",
        [
            "replicas": .integer("", 0...10).defaulting(to: 1),
            "color": .string("", oneOf: ["red", "green", "blue"]),
            "name": .name(""),
            "token": .string("").immutable,
            "when": .time(""),
            "paused": .boolean(""),
            "ratio": Schema(.number),
            "ports": .array("", of: port, .map(keys: ["name"])),
            "endpoints": .array("", of: endpoint, .map(keys: ["port", "protocol"])),
            "tags": .array("", of: Schema(.string), .set).items(0...3),
            "args": .array("", of: Schema(.string)).items(1...3),
            "selector": Schema.strings("").atomic,
            "limits": .strings(""),
            "nested": .object(
                "", ["a": .string("").defaulting(to: "x"), "b": .object("", ["c": .string("").immutable])]),
            "size": Schema(.intOrString),
            "note": nullableNote,
            "extra": .any(""),
            "open": .anyObject(""),
        ])

    private static let nullableNote: Schema = {
        var schema = Schema.string("")
        schema.isNullable = true
        return schema
    }()

    private static let status = Schema.object(
        "", ["phase": .string(""), "replicas": .integer(""), "selector": .string(""), "conditions": .conditions])

    /// An object of the kind with the fields of `parts`.
    static func object(_ parts: JSONValue = [:], name: String = "w") -> Unstructured {
        let identity: JSONValue = [
            "apiVersion": "example.dev/v1", "kind": "Widget",
            "metadata": ["name": .string(name), "namespace": "default"],
        ]
        return Unstructured(json: MergePatch.apply(parts, to: identity))
    }

    /// An object that a server has stored.
    static func stored(_ parts: JSONValue = [:]) -> Unstructured {
        let metadata: JSONValue = [
            "metadata": [
                "uid": "u1", "resourceVersion": "7", "generation": 3, "creationTimestamp": "2026-01-01T00:00:00Z",
            ]
        ]
        return object(MergePatch.apply(parts, to: metadata))
    }
}

func moment(_ seconds: Int64) -> Timestamp { Timestamp(seconds: 1_800_000_000 + seconds) }

/// The error that `body` throws.
func failure(_ body: () throws -> some Any) -> StatusError? {
    do {
        _ = try body()
    } catch let error as StatusError {
        return error
    } catch {
        Issue.record("\(error) is no StatusError")
    }
    return nil
}

/// A case of a table with a name for the report.
struct Case<Value: Sendable>: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let value: Value

    init(_ name: String, _ value: Value) {
        testDescription = name
        self.value = value
    }
}
