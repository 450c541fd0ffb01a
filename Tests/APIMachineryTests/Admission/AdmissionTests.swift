import APIMachinery
import CorbelAPI
import Testing

@Suite("Pruning and field validation")
struct PruningTests {
    typealias Row = Case<(spec: JSONValue, pruned: JSONValue, unknown: [String])>

    static let rows: [Row] = [
        Row("known fields stay", (["color": "red"], ["color": "red"], [])),
        Row("unknown field", (["foo": 1, "color": "red"], ["color": "red"], ["spec.foo"])),
        Row("unknown field that is null", (["foo": .null], [:], ["spec.foo"])),
        Row("below an object", (["nested": ["b": ["d": 1]]], ["nested": ["b": [:]]], ["spec.nested.b.d"])),
        Row(
            "in a list",
            (
                ["ports": [["name": "a"], ["name": "b", "x": 1]]], ["ports": [["name": "a"], ["name": "b"]]],
                ["spec.ports[1].x"]
            )),
        Row("maps have free keys", (["limits": ["anything": "1"]], ["limits": ["anything": "1"]], [])),
        Row("any value is kept", (["extra": ["x": [1]]], ["extra": ["x": [1]]], [])),
        Row("an open object is kept", (["open": ["x": ["y": 1]]], ["open": ["x": ["y": 1]]], [])),
        Row(
            "a value of another type is left to validation",
            (["nested": [1], "ports": "x"], ["nested": [1], "ports": "x"], [])),
    ]

    @Test("prunes", arguments: rows)
    func prunes(_ row: Row) {
        let pruned = Widget.definition.prune(Widget.object(["spec": row.value.spec]).with(spec: row.value.spec))
        #expect(pruned.object.spec == row.value.pruned)
        #expect(pruned.unknownFields == row.value.unknown)
    }

    @Test("unknown fields of the root and of the metadata count")
    func rootAndMetadata() {
        let pruned = Widget.definition.prune(Widget.object(["extra": 1, "metadata": ["zone": "x"]]))
        #expect(pruned.warnings == ["unknown field \"extra\"", "unknown field \"metadata.zone\""])
        #expect(pruned.object == Widget.object())
    }

    @Test("a null in the metadata counts as left out, but for managed fields")
    func nullMetadata() {
        var object = Widget.object()
        object.json["metadata", "creationTimestamp"] = .null
        object.json["metadata", "labels"] = .null
        object.json["metadata", "managedFields"] = .null
        object.json["spec"] = ["color": .null]
        let pruned = Widget.definition.prune(object).object
        #expect(pruned.json["metadata"] == ["name": "w", "namespace": "default", "managedFields": .null])
        #expect(pruned.spec == ["color": .null])
        #expect(Widget.builtIn.prune(object).object.spec == [:])
    }

    @Test("Strict refuses in the words that kubectl shows")
    func strict() throws {
        let object = Widget.object(["spec": ["foo": 1, "bar": 2]])
        let error = failure { try Widget.definition.admit(object, .strict) }
        #expect(error?.reason == .badRequest)
        #expect(
            error?.message
                == "Widget in version \"v1\" cannot be handled as a Widget: strict decoding error: "
                + "unknown field \"spec.bar\", unknown field \"spec.foo\"")
        #expect(try Widget.definition.admit(object, .warn).warnings.count == 2)
        #expect(try Widget.definition.admit(object, .ignore).warnings.isEmpty)
        #expect(try Widget.definition.admit(object, .ignore).object.spec == [:])
    }

    @Test("reads the parameter")
    func parameter() throws {
        #expect(try FieldValidation(parameter: nil) == .warn)
        #expect(try FieldValidation(parameter: "Strict") == .strict)
        #expect(failure { try FieldValidation(parameter: "strict") }?.reason == .badRequest)
    }

    @Test("the type must be that of the path")
    func type() throws {
        try Widget.definition.requireType(Widget.object())
        for json: JSONValue in [
            [], ["apiVersion": "v2", "kind": "Widget"], ["apiVersion": "example.dev/v1", "kind": "Other"], [:],
        ] {
            #expect(failure { try Widget.definition.requireType(Unstructured(json: json)) }?.reason == .badRequest)
        }
    }
}

@Suite("Defaults")
struct DefaultTests {
    typealias Row = Case<(spec: JSONValue, result: JSONValue)>

    static let rows: [Row] = [
        Row("left out", ([:], ["replicas": 1])),
        Row("given", (["replicas": 4], ["replicas": 4])),
        Row("null counts as left out", (["replicas": .null], ["replicas": 1])),
        Row(
            "within an object that is there", (["nested": [:], "replicas": 1], ["nested": ["a": "x"], "replicas": 1])),
        Row(
            "within elements",
            (
                ["endpoints": [["port": 1]], "replicas": 1],
                ["endpoints": [["port": 1, "protocol": "TCP"]], "replicas": 1]
            )),
    ]

    @Test("fills in", arguments: rows)
    func fillsIn(_ row: Row) {
        let object = Widget.definition.applyDefaults(to: Widget.object().with(spec: row.value.spec))
        #expect(object.spec == row.value.result)
    }

    @Test("an object that is not there gets none")
    func absent() {
        #expect(Widget.definition.applyDefaults(to: Widget.object()) == Widget.object())
    }
}

@Suite("Validation by schema")
struct SchemaValidationTests {
    typealias Row = Case<(spec: JSONValue, errors: [String])>

    static let rows: [Row] = [
        Row(
            "all is well",
            (["replicas": 3, "color": "red", "ratio": 1, "size": "5%", "note": .null, "extra": .null], [])),
        Row("an integer may be written with a point", (["replicas": 3.0, "ratio": 0.5, "size": 5], [])),
        Row("type", (["replicas": "3"], ["spec.replicas: Invalid value: \"3\": must be of type integer, not string"])),
        Row(
            "fraction",
            (["replicas": 1.5], ["spec.replicas: Invalid value: 1.5: must be of type integer, not number"])),
        Row("null", (["color": .null], ["spec.color: Invalid value: null: must be of type string, not null"])),
        Row("object expected", (["nested": []], ["spec.nested: Invalid value: []: must be of type object, not array"])),
        Row("array expected", (["args": "x"], ["spec.args: Invalid value: \"x\": must be of type array, not string"])),
        Row(
            "integer or string",
            (["size": true], ["spec.size: Invalid value: true: must be of type integer or string, not boolean"])),
        Row(
            "map values",
            (["limits": ["cpu": 1]], ["spec.limits.cpu: Invalid value: 1: must be of type string, not integer"])),
        Row("required", (["ports": [["port": 1]]], ["spec.ports[0].name: Required value"])),
        Row(
            "enumeration",
            (
                ["color": "pink"],
                ["spec.color: Unsupported value: \"pink\": supported values: \"red\", \"green\", \"blue\""]
            )),
        Row(
            "pattern, said by its meaning",
            (
                ["name": "A_b"],
                [
                    "spec.name: Invalid value: \"A_b\": must be lower-case letters, digits and '-', "
                        + "starting and ending with a letter or digit"
                ]
            )),
        Row(
            "minimum and maximum",
            (["replicas": 11], ["spec.replicas: Invalid value: 11: must be between 0 and 10, inclusive"])),
        Row(
            "length",
            (
                ["name": .string(String(repeating: "a", count: 64))],
                ["spec.name: Too long: may not be more than 63 characters, has 64"]
            )),
        Row(
            "time",
            (
                ["when": "yesterday"],
                ["spec.when: Invalid value: \"yesterday\": must be a time as in RFC 3339, such as 2026-01-31T12:00:00Z"]
            )),
        Row("too few items", (["args": []], ["spec.args: Invalid value: 0: must have at least 1 items"])),
        Row("too many items", (["args": ["1", "2", "3", "4"]], ["spec.args: Too many: 4: must have at most 3 items"])),
        Row("items", (["args": ["1", 2]], ["spec.args[1]: Invalid value: 2: must be of type string, not integer"])),
        Row("duplicate in a set", (["tags": ["a", "b", "a"]], ["spec.tags[2]: Duplicate value: \"a\""])),
        Row(
            "duplicate key",
            (["ports": [["name": "a"], ["name": "a"]]], ["spec.ports[1]: Duplicate value: {\"name\":\"a\"}"])),
        Row(
            "duplicate key by a default",
            (
                ["endpoints": [["port": 1, "protocol": "TCP"], ["port": 1]]],
                ["spec.endpoints[1]: Duplicate value: {\"port\":1,\"protocol\":\"TCP\"}"]
            )),
        Row(
            "missing key",
            (
                ["endpoints": [["host": "x"]]],
                ["spec.endpoints[0].port: Required value: it tells the elements of the list apart"]
            )),
        Row(
            "several at once",
            (
                ["replicas": -1, "color": 1],
                [
                    "spec.color: Invalid value: 1: must be of type string, not integer",
                    "spec.replicas: Invalid value: -1: must be between 0 and 10, inclusive",
                ]
            )),
    ]

    @Test("reports", arguments: rows)
    func reports(_ row: Row) {
        let errors = Widget.definition.validate(Widget.object().with(spec: row.value.spec))
        #expect(errors.map(\.description) == row.value.errors)
    }

    typealias Change = Case<(old: JSONValue, new: JSONValue, errors: [String])>

    static let changes: [Change] = [
        Change("the same", (["token": "a"], ["token": "a"], [])),
        Change("set for the first time", ([:], ["token": "a"], [])),
        Change("changed", (["token": "a"], ["token": "b"], ["spec.token: Invalid value: \"b\": field is immutable"])),
        Change("removed", (["token": "a"], [:], ["spec.token: Invalid value: null: field is immutable"])),
        Change(
            "removed with what holds it",
            (["nested": ["b": ["c": "x"]]], [:], ["spec.nested.b.c: Invalid value: null: field is immutable"])),
    ]

    @Test("immutable fields", arguments: changes)
    func immutable(_ row: Change) {
        let errors = Widget.definition.validate(
            Widget.object().with(spec: row.value.new), old: Widget.object().with(spec: row.value.old))
        #expect(errors.map(\.description) == row.value.errors)
    }

    @Test("text that is too long for a pattern is refused before it is matched")
    func patternBound() {
        let schema = Schema(.string).matching("^(a+)+$", "letters a")
        let errors = schema.validate(.string(String(repeating: "a", count: 65_537)), old: nil, at: "x")
        #expect(errors.map(\.reason) == [.tooLong])
    }

    @Test("a pattern matches whole lines only")
    func newline() {
        #expect(Schema.name("").validate("a\n", old: nil, at: "x").count == 1)
    }

    @Test("requireValid names every field")
    func requireValid() {
        let error = failure { try Widget.definition.requireValid(Widget.object(["spec": ["replicas": 11]])) }
        #expect(error?.reason == .invalid)
        #expect(
            error?.message
                == "Widget.example.dev \"w\" is invalid: spec.replicas: Invalid value: 11: "
                + "must be between 0 and 10, inclusive"
        )
        #expect(error?.causes.map(\.field) == ["spec.replicas"])
    }
}

@Suite("Validation of metadata")
struct MetadataValidationTests {
    typealias Row = Case<(metadata: JSONValue, fields: [String])>

    static let owner: JSONValue = ["apiVersion": "v1", "kind": "K", "name": "n", "uid": "u"]

    static let rows: [Row] = [
        Row("plain", (["name": "a.b-c"], [])),
        Row("no name", (["name": .null], ["metadata.name"])),
        Row("upper case", (["name": "Abc"], ["metadata.name"])),
        Row("dash at the end", (["name": "a-"], ["metadata.name"])),
        Row("empty label within", (["name": "a..b"], ["metadata.name"])),
        Row("253 characters", (["name": .string(String(repeating: "a", count: 253))], [])),
        Row("254 characters", (["name": .string(String(repeating: "a", count: 254))], ["metadata.name"])),
        Row("prefix", (["generateName": "abc-"], [])),
        Row("bad prefix", (["generateName": "_x-"], ["metadata.generateName"])),
        Row("no namespace", (["namespace": .null], ["metadata.namespace"])),
        Row("bad namespace", (["namespace": "a.b"], ["metadata.namespace"])),
        Row("labels", (["labels": ["a": "", "x.dev/B_c": "V.1"]], [])),
        Row("bad label key", (["labels": ["a/b/c": "x"]], ["metadata.labels"])),
        Row("bad label value", (["labels": ["a": "b c"]], ["metadata.labels[a]"])),
        Row("label that is no string", (["labels": ["a": 1]], ["metadata.labels.a"])),
        Row("annotations", (["annotations": ["X.dev/a": "any text\n"]], [])),
        Row("bad annotation key", (["annotations": ["a b": ""]], ["metadata.annotations"])),
        Row(
            "annotations of 256 KiB",
            (["annotations": ["a": .string(String(repeating: "x", count: (256 << 10) - 1))]], [])),
        Row(
            "more",
            (["annotations": ["a": .string(String(repeating: "x", count: 256 << 10))]], ["metadata.annotations"])),
        Row("finalizers", (["finalizers": ["x.dev/a", "foregroundDeletion"]], [])),
        Row("bad finalizer", (["finalizers": ["a b"]], ["metadata.finalizers[0]"])),
        Row("both deletion finalizers", (["finalizers": ["orphan", "foregroundDeletion"]], ["metadata.finalizers"])),
        Row("the same finalizer twice", (["finalizers": ["a/b", "a/b"]], ["metadata.finalizers[1]"])),
        Row("owner", (["ownerReferences": [owner]], [])),
        Row(
            "owner without fields",
            (
                ["ownerReferences": [["apiVersion": "v1", "uid": "u"]]],
                ["metadata.ownerReferences[0].kind", "metadata.ownerReferences[0].name"]
            )),
        Row(
            "owner with an empty field",
            (["ownerReferences": [MergePatch.apply(["name": ""], to: owner)]], ["metadata.ownerReferences[0].name"])),
        Row(
            "owner of a bad version",
            (
                ["ownerReferences": [MergePatch.apply(["apiVersion": "a/b/c"], to: owner)]],
                ["metadata.ownerReferences[0].apiVersion"]
            )),
        Row(
            "two controllers",
            (
                [
                    "ownerReferences": [
                        MergePatch.apply(["controller": true], to: owner),
                        MergePatch.apply(["controller": true, "uid": "v"], to: owner),
                    ]
                ], ["metadata.ownerReferences"]
            )),
    ]

    @Test("reports", arguments: rows)
    func reports(_ row: Row) {
        let errors = Widget.definition.validate(Widget.object(["metadata": row.value.metadata]))
        #expect(errors.map(\.field) == row.value.fields)
    }

    @Test("a kind without namespaces takes none")
    func clusterScoped() {
        #expect(Widget.clusterScoped.validate(Widget.object()).map(\.reason) == [.forbidden])
        #expect(Widget.clusterScoped.validate(Widget.object(["metadata": ["namespace": .null]])).isEmpty)
    }
}

extension Unstructured {
    /// The object with exactly this spec, nulls included.
    func with(spec: JSONValue) -> Unstructured {
        var copy = self
        copy.spec = spec
        return copy
    }
}
