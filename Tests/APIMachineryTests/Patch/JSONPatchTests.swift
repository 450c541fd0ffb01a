import APIMachinery
import CorbelAPI
import Testing

@Suite("JSON Patch (RFC 6902)")
struct JSONPatchTests {
    typealias Row = Case<(document: JSONValue, patch: JSONValue, result: JSONValue)>

    static let rows: [Row] = [
        Row("add a field", (["a": 1], [["op": "add", "path": "/b", "value": 2]], ["a": 1, "b": 2])),
        Row("add replaces a field", (["a": 1], [["op": "add", "path": "/a", "value": 2]], ["a": 2])),
        Row("add into an array", (["a": [1, 3]], [["op": "add", "path": "/a/1", "value": 2]], ["a": [1, 2, 3]])),
        Row("add at the end by index", (["a": [1]], [["op": "add", "path": "/a/1", "value": 2]], ["a": [1, 2]])),
        Row("add at the end by dash", (["a": [1]], [["op": "add", "path": "/a/-", "value": 2]], ["a": [1, 2]])),
        Row("add the whole document", (["a": 1], [["op": "add", "path": "", "value": ["b": 1]]], ["b": 1])),
        Row("add a null", (["a": 1], [["op": "add", "path": "/b", "value": .null]], ["a": 1, "b": .null])),
        Row("remove a field", (["a": 1, "b": 2], [["op": "remove", "path": "/a"]], ["b": 2])),
        Row("remove an element", (["a": [1, 2, 3]], [["op": "remove", "path": "/a/1"]], ["a": [1, 3]])),
        Row(
            "replace",
            (["a": ["b": [1, 2]]], [["op": "replace", "path": "/a/b/1", "value": 9]], ["a": ["b": [1, 9]]])),
        Row("replace the whole document", (["a": 1], [["op": "replace", "path": "", "value": [:]]], [:])),
        Row("move a field", (["a": 1], [["op": "move", "from": "/a", "path": "/b"]], ["b": 1])),
        Row(
            "move an element", (["a": [1, 2, 3]], [["op": "move", "from": "/a/0", "path": "/a/2"]], ["a": [2, 3, 1]])),
        Row("move onto itself", (["a": 1], [["op": "move", "from": "/a", "path": "/a"]], ["a": 1])),
        Row("copy", (["a": ["x": 1]], [["op": "copy", "from": "/a", "path": "/b"]], ["a": ["x": 1], "b": ["x": 1]])),
        Row("test passes", (["a": ["x": 1]], [["op": "test", "path": "/a", "value": ["x": 1]]], ["a": ["x": 1]])),
        Row("test compares numbers by value", (["a": 1], [["op": "test", "path": "/a", "value": 1.0]], ["a": 1])),
        Row("test for null of what is missing", (["a": 1], [["op": "test", "path": "/b", "value": .null]], ["a": 1])),
        Row(
            "escaped pointer",
            (["a/b": 1, "c~d": 2], [["op": "remove", "path": "/a~1b"], ["op": "remove", "path": "/c~0d"]], [:])),
        Row("empty key", (["": 1], [["op": "replace", "path": "/", "value": 2]], ["": 2])),
        Row(
            "order matters",
            ([:], [["op": "add", "path": "/a", "value": []], ["op": "add", "path": "/a/-", "value": 1]], ["a": [1]])),
    ]

    @Test("applies", arguments: rows)
    func applies(_ row: Row) throws {
        #expect(try JSONPatch.apply(row.value.patch, to: row.value.document) == row.value.result)
    }

    typealias Refusal = Case<(patch: JSONValue, reason: StatusError.Reason)>

    static let refusals: [Refusal] = [
        Refusal("no array", (["op": "add"], .badRequest)),
        Refusal("unknown op", ([["op": "merge", "path": "/a"]], .badRequest)),
        Refusal("no path", ([["op": "remove"]], .badRequest)),
        Refusal("no value", ([["op": "add", "path": "/a"]], .badRequest)),
        Refusal("no from", ([["op": "copy", "path": "/a"]], .badRequest)),
        Refusal("pointer without slash", ([["op": "remove", "path": "a"]], .badRequest)),
        Refusal("bad escape", ([["op": "remove", "path": "/~2"]], .badRequest)),
        Refusal("failed test", ([["op": "test", "path": "/a", "value": 2]], .invalid)),
        Refusal("test of what is missing", ([["op": "test", "path": "/x", "value": 2]], .invalid)),
        Refusal("remove what is missing", ([["op": "remove", "path": "/x"]], .invalid)),
        Refusal("remove the document", ([["op": "remove", "path": ""]], .invalid)),
        Refusal("replace what is missing", ([["op": "replace", "path": "/x", "value": 1]], .invalid)),
        Refusal("add below what is missing", ([["op": "add", "path": "/x/y", "value": 1]], .invalid)),
        Refusal("add below a number", ([["op": "add", "path": "/a/y", "value": 1]], .invalid)),
        Refusal("index out of range", ([["op": "add", "path": "/l/3", "value": 1]], .invalid)),
        Refusal("leading zero", ([["op": "add", "path": "/l/01", "value": 1]], .invalid)),
        Refusal("dash names no element", ([["op": "remove", "path": "/l/-"]], .invalid)),
        Refusal("move into itself", ([["op": "move", "from": "/o", "path": "/o/p"]], .invalid)),
    ]

    @Test("refuses", arguments: refusals)
    func refuses(_ row: Refusal) {
        let document: JSONValue = ["a": 1, "l": [1, 2], "o": ["p": 1]]
        #expect(failure { try JSONPatch.apply(row.value.patch, to: document) }?.reason == row.value.reason)
    }

    @Test("names the operation and its path")
    func namesTheOperation() {
        let patch: JSONValue = [["op": "add", "path": "/a", "value": 1], ["op": "test", "path": "/a", "value": 2]]
        #expect(
            failure { try JSONPatch.apply(patch, to: [:]) }?.message
                == "operation 1 of the JSON patch (test \"/a\") failed: "
                + "the value differs from the one that is tested for"
        )
    }

    @Test("refuses more than 10,000 operations")
    func tooManyOperations() throws {
        let operation: JSONValue = ["op": "test", "path": "/a", "value": 1]
        let most = JSONValue.array(Array(repeating: operation, count: JSONPatch.operationLimit))
        #expect(try JSONPatch.apply(most, to: ["a": 1]) == ["a": 1])
        let more = JSONValue.array(Array(repeating: operation, count: JSONPatch.operationLimit + 1))
        #expect(failure { try JSONPatch.apply(more, to: ["a": 1]) }?.reason == .requestEntityTooLarge)
    }

    @Test("bounds what copies add")
    func copyBomb() {
        let copy: JSONValue = ["op": "copy", "from": "", "path": "/x"]
        let patch = JSONValue.array(Array(repeating: copy, count: 40))
        let document: JSONValue = ["a": .string(String(repeating: "a", count: 200_000))]
        #expect(failure { try JSONPatch.apply(patch, to: document) }?.reason == .requestEntityTooLarge)
    }

    @Test("a pointer survives its text form", arguments: ["", "/", "/a", "/a~1b/~0/0"])
    func pointer(_ text: String) throws {
        #expect(try JSONPointer(text).description == text)
    }
}
