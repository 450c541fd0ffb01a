import APIMachinery
import CorbelAPI
import Testing

@Suite("Strategic merge patch")
struct StrategicMergePatchTests {
    typealias Row = Case<(live: JSONValue, patch: JSONValue, result: JSONValue)>

    static let ports: JSONValue = ["ports": [["name": "a", "port": 1], ["name": "b", "port": 2]]]

    static let rows: [Row] = [
        Row("fields merge", (["color": "red"], ["replicas": 2], ["color": "red", "replicas": 2])),
        Row("null removes", (["color": "red"], ["color": .null], [:])),
        Row(
            "list elements merge by key",
            (
                ports, ["ports": [["name": "b", "port": 9], ["name": "c", "port": 3]]],
                ["ports": [["name": "a", "port": 1], ["name": "b", "port": 9], ["name": "c", "port": 3]]]
            )),
        Row(
            "a missing key has its default",
            (
                ["endpoints": [["port": 1, "protocol": "TCP", "host": "x"]]],
                ["endpoints": [["port": 1, "host": "y"]]],
                ["endpoints": [["port": 1, "protocol": "TCP", "host": "y"]]]
            )),
        Row(
            "$patch: delete of an element",
            (ports, ["ports": [["$patch": "delete", "name": "a"]]], ["ports": [["name": "b", "port": 2]]])),
        Row(
            "$patch: replace of a list",
            (ports, ["ports": [["$patch": "replace"], ["name": "z"]]], ["ports": [["name": "z"]]])),
        Row(
            "$patch: replace of an object",
            (["nested": ["a": "1", "b": [:]]], ["nested": ["$patch": "replace", "a": "2"]], ["nested": ["a": "2"]])),
        Row("$patch: delete of an object", (["nested": ["a": "1"]], ["nested": ["$patch": "delete"]], [:])),
        Row("sets are united", (["tags": ["x", "y"]], ["tags": ["y", "z"]], ["tags": ["x", "y", "z"]])),
        Row("atomic lists are replaced", (["args": ["x", "y"]], ["args": ["z"]], ["args": ["z"]])),
        Row(
            "$deleteFromPrimitiveList",
            (["tags": ["x", "y"]], ["$deleteFromPrimitiveList/tags": ["x"]], ["tags": ["y"]])),
        Row(
            "$setElementOrder of a keyed list",
            (
                ports, ["$setElementOrder/ports": [["name": "b"], ["name": "a"]]],
                ["ports": [["name": "b", "port": 2], ["name": "a", "port": 1]]]
            )),
        Row(
            "$setElementOrder leaves strangers in place",
            (["tags": ["x", "new", "y"]], ["$setElementOrder/tags": ["y", "x"]], ["tags": ["y", "new", "x"]])),
        Row(
            "$retainKeys",
            (["nested": ["a": "1", "b": [:]]], ["nested": ["$retainKeys": ["a"], "a": "2"]], ["nested": ["a": "2"]])),
        Row("directives do not stay", ([:], ["nested": ["$patch": "merge", "a": "1"]], ["nested": ["a": "1"]])),
        Row(
            "a new list is merged into nothing",
            ([:], ["ports": [["name": "a"], ["$patch": "delete", "name": "b"]]], ["ports": [["name": "a"]]])),
    ]

    @Test("applies", arguments: rows)
    func applies(_ row: Row) throws {
        let result = try StrategicMergePatch.apply(
            ["spec": row.value.patch], to: ["spec": row.value.live], schema: Widget.definition.objectSchema)
        #expect(result == ["spec": row.value.result])
    }

    @Test(
        "refuses",
        arguments: [
            ["spec": ["ports": [["port": 1]]]], ["spec": ["$patch": "explode"]],
            ["spec": ["$retainKeys": ["a"], "color": "red"]],
            ["spec": ["$setElementOrder/tags": "x"]], [],
        ] as [JSONValue])
    func refuses(_ patch: JSONValue) {
        #expect(
            failure { try StrategicMergePatch.apply(patch, to: [:], schema: Widget.definition.objectSchema) }?.reason
                == .badRequest)
    }

    @Test("finalizers and owners merge by the schema of metadata")
    func metadata() throws {
        let live: JSONValue = ["metadata": ["finalizers": ["a"], "ownerReferences": [["uid": "1", "name": "x"]]]]
        let patch: JSONValue = [
            "metadata": ["finalizers": ["b"], "ownerReferences": [["uid": "1", "controller": true]]]
        ]
        let result = try StrategicMergePatch.apply(patch, to: live, schema: Widget.definition.objectSchema)
        #expect(result["metadata", "finalizers"] == ["a", "b"])
        #expect(result["metadata", "ownerReferences"] == [["uid": "1", "name": "x", "controller": true]])
    }
}

@Suite("Patch types")
struct PatchTypeTests {
    @Test("reads a media type with parameters")
    func mediaType() {
        #expect(PatchType(mediaType: "application/merge-patch+json; charset=utf-8") == .merge)
        #expect(PatchType(mediaType: "application/json") == nil)
    }

    @Test("only built-in kinds take strategic merge patches")
    func strategic() throws {
        let object = Widget.object(["spec": ["color": "red"]])
        let patch: JSONValue = ["spec": ["replicas": 2]]
        let refused = failure { try PatchType.strategicMerge.patch(object, with: patch, definition: Widget.definition) }
        #expect(refused?.reason == .unsupportedMediaType)
        let patched = try PatchType.strategicMerge.patch(object, with: patch, definition: Widget.builtIn)
        #expect(patched.spec == ["color": "red", "replicas": 2])
    }

    @Test("the result of a patch is an object")
    func notAnObject() {
        let patch: JSONValue = [["op": "replace", "path": "", "value": 1]]
        #expect(
            failure { try PatchType.json.patch(Widget.object(), with: patch, definition: Widget.definition) } != nil)
        #expect(failure { try PatchType.merge.patch(Widget.object(), with: [], definition: Widget.definition) } != nil)
    }
}
