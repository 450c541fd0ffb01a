import APIMachinery
import CorbelAPI
import Testing

@Suite("OpenAPI")
struct OpenAPITests {
    static let document = OpenAPI.document(
        for: GroupVersion("example.dev", "v1"), definitions: [Widget.definition, EdgeHost.definition])

    static func operation(_ path: String, _ method: String) -> JSONValue? { document["paths", path, method] }

    static let object = "/apis/example.dev/v1/namespaces/{namespace}/widgets/{name}"
    static let collection = "/apis/example.dev/v1/namespaces/{namespace}/widgets"

    @Test("holds the paths of its group version and no others")
    func paths() {
        #expect(
            Self.document["paths"]?.objectValue?.keys == [
                Self.collection, Self.object, Self.object + "/scale", Self.object + "/status",
                "/apis/example.dev/v1/widgets",
            ])
    }

    @Test(
        "each verb has its action and its kind",
        arguments: [
            (collection, "get", "list"), (collection, "post", "post"), (collection, "delete", "deletecollection"),
            (object, "get", "get"),
            (object, "put", "put"), (object, "patch", "patch"), (object, "delete", "delete"),
            (object + "/status", "patch", "patch"),
            ("/apis/example.dev/v1/widgets", "get", "list"),
        ])
    func actions(_ path: String, _ method: String, _ action: String) {
        let operation = Self.operation(path, method)
        #expect(operation?["x-kubernetes-action"] == .string(action))
        #expect(
            operation?["x-kubernetes-group-version-kind"] == [
                "group": "example.dev", "version": "v1", "kind": "Widget",
            ])
    }

    @Test("scale is another kind")
    func scale() {
        let operation = Self.operation(Self.object + "/scale", "put")
        #expect(operation?["x-kubernetes-group-version-kind", "kind"] == "Scale")
    }

    @Test(
        "writes have the parameters that kubectl looks for",
        arguments: [(collection, "post"), (object, "put"), (object, "patch")])
    func parameters(_ path: String, _ method: String) {
        let names =
            Self.operation(path, method)?["parameters"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
        #expect(Set(names).isSuperset(of: ["fieldValidation", "dryRun", "fieldManager"]))
        #expect(names.contains("force") == (method == "patch"))
    }

    @Test("operation identifiers are unique")
    func identifiers() {
        let operations = (Self.document["paths"]?.objectValue?.values ?? []).flatMap { $0.objectValue?.values ?? [] }
        let identifiers = operations.compactMap { $0["operationId"]?.stringValue }
        #expect(identifiers.count == 14)
        #expect(Set(identifiers).count == identifiers.count)
    }

    @Test("only built-in kinds take strategic merge patches")
    func patchTypes() {
        func types(_ definition: ResourceDefinition) -> [String]? {
            OpenAPI.document(for: definition.groupVersion, definitions: [definition])["paths", Self.object, "patch"]?[
                "requestBody"]?["content"]?.objectValue?.keys
        }
        let common = ["application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json"]
        #expect(types(Widget.definition) == common)
        #expect(types(Widget.builtIn) == common + ["application/strategic-merge-patch+json"])
    }

    @Test("every reference leads to a schema")
    func references() {
        let schemas = Self.document["components", "schemas"]?.objectValue ?? [:]
        let found = Self.references(in: Self.document)
        #expect(found.count > 20)
        for reference in found {
            #expect(schemas[String(reference.dropFirst("#/components/schemas/".count))] != nil, "\(reference)")
        }
    }

    private static func references(in value: JSONValue) -> [String] {
        switch value {
        case .object(let fields):
            fields.flatMap { $0.key == "$ref" ? [$0.value.stringValue ?? ""] : references(in: $0.value) }
        case .array(let elements): elements.flatMap(references)
        default: []
        }
    }

    @Test("models have Kubernetes' names")
    func names() {
        var secret = Widget.builtIn
        secret.group = ""
        #expect(OpenAPI.modelName(of: Widget.definition) == "dev.example.v1.Widget")
        #expect(OpenAPI.modelName(of: secret) == "io.k8s.api.core.v1.Widget")
        secret.group = "coordination.k8s.io"
        #expect(OpenAPI.modelName(of: secret) == "io.k8s.api.coordination.v1.Widget")
        let metadata = Self.document[
            "components", "schemas", "dev.example.v1.Widget", "properties", "metadata", "allOf"]
        #expect(metadata == [["$ref": "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"]])
    }

    typealias Row = Case<(schema: Schema, json: JSONValue)>

    static let rows: [Row] = [
        Row("string", (.string("D", oneOf: ["a"]), ["type": "string", "description": "D", "enum": ["a"]])),
        Row(
            "pattern",
            (
                Schema(.string).matching("^a$", "a").length(1...2),
                ["type": "string", "pattern": "^a$", "minLength": 1, "maxLength": 2]
            )),
        Row("integer", (.integer("", 1...5), ["type": "integer", "format": "int64", "minimum": 1, "maximum": 5])),
        Row("default", (Schema.boolean("").defaulting(to: true), ["type": "boolean", "default": true])),
        Row(
            "integer or string",
            (
                Schema(.intOrString),
                ["x-kubernetes-int-or-string": true, "anyOf": [["type": "integer"], ["type": "string"]]]
            )),
        Row("any", (.any(""), ["x-kubernetes-preserve-unknown-fields": true])),
        Row("open object", (.anyObject(""), ["type": "object", "x-kubernetes-preserve-unknown-fields": true])),
        Row("map", (.strings(""), ["type": "object", "additionalProperties": ["type": "string"]])),
        Row("atomic map", (Schema.object("", [:]).atomic, ["type": "object", "x-kubernetes-map-type": "atomic"])),
        Row(
            "set",
            (
                .array("", of: Schema(.string), .set).items(0...3),
                [
                    "type": "array", "items": ["type": "string"], "x-kubernetes-list-type": "set", "minItems": 0,
                    "maxItems": 3,
                ]
            )),
        Row(
            "atomic list",
            (
                .array("", of: Schema(.string)),
                ["type": "array", "items": ["type": "string"], "x-kubernetes-list-type": "atomic"]
            )),
        Row(
            "keyed list",
            (
                .array("", of: .object("", required: ["k"], ["k": Schema(.string)]), .map(keys: ["k"])),
                [
                    "type": "array",
                    "items": ["type": "object", "required": ["k"], "properties": ["k": ["type": "string"]]],
                    "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"],
                ]
            )),
        Row(
            "immutable",
            (
                Schema(.string).immutable,
                [
                    "type": "string",
                    "x-kubernetes-validations": [["rule": "self == oldSelf", "message": "field is immutable"]],
                ]
            )),
    ]

    @Test("describes", arguments: rows)
    func describes(_ row: Row) {
        #expect(OpenAPI.schema(row.value.schema) == row.value.json)
    }

    @Test("the index names every document with its hash")
    func index() {
        let index = OpenAPI.index([(GroupVersion("", "v1"), "A"), (GroupVersion("example.dev", "v1"), "B")])
        #expect(
            index == [
                "paths": [
                    "api/v1": ["serverRelativeURL": "/openapi/v3/api/v1?hash=A"],
                    "apis/example.dev/v1": ["serverRelativeURL": "/openapi/v3/apis/example.dev/v1?hash=B"],
                ]
            ])
    }
}

@Suite("CustomResourceDefinitions")
struct CustomResourceDefinitionTests {
    static let object = Widget.definition.customResourceDefinition(labels: ["cluster.x-k8s.io/v1beta2": "v1"])

    static var version: JSONValue { object.spec["versions"]?.arrayValue?.first ?? [:] }

    @Test("names and scope")
    func names() {
        #expect(Self.object.name == "widgets.example.dev")
        #expect(Self.object.labels == ["cluster.x-k8s.io/v1beta2": "v1"])
        #expect(Self.object.spec["scope"] == "Namespaced")
        #expect(
            Self.object.spec["names"] == [
                "kind": "Widget", "listKind": "WidgetList", "plural": "widgets", "singular": "widget",
                "shortNames": ["wd"],
                "categories": ["all"],
            ])
    }

    @Test("subresources, columns and selectable fields")
    func version() {
        #expect(
            Self.version["subresources"] == [
                "status": [:],
                "scale": [
                    "specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas",
                    "labelSelectorPath": ".status.selector",
                ],
            ])
        let columns = Self.version["additionalPrinterColumns"]?.arrayValue ?? []
        #expect(columns.map { $0["name"] } == ["Color", "Replicas", "Ready", "Tags", "Age"])
        #expect(columns[2]["jsonPath"] == ".status.conditions[?(@.type==\"Ready\")].status")
        #expect(columns[4]["type"] == "date")
        #expect(Self.version["selectableFields"] == [["jsonPath": ".spec.color"], ["jsonPath": ".spec.replicas"]])
    }

    @Test("the schema leaves the metadata to the server")
    func schema() {
        let schema = Self.version["schema", "openAPIV3Schema"]
        #expect(schema?["properties", "metadata"] == ["type": "object"])
        #expect(schema?["properties", "spec", "properties", "ports", "x-kubernetes-list-map-keys"] == ["name"])
        #expect(schema?["properties", "apiVersion", "type"] == "string")
    }
}
