import APIMachinery
import CorbelAPI
import Testing

@Suite("Merge patch (RFC 7386)")
struct MergePatchTests {
    typealias Row = (document: JSONValue, patch: JSONValue, result: JSONValue)

    /// The examples of the document's appendix.
    static let rows: [Row] = [
        (["a": "b"], ["a": "c"], ["a": "c"]),
        (["a": "b"], ["b": "c"], ["a": "b", "b": "c"]),
        (["a": "b"], ["a": .null], [:]),
        (["a": "b", "b": "c"], ["a": .null], ["b": "c"]),
        (["a": ["b"]], ["a": "c"], ["a": "c"]),
        (["a": "c"], ["a": ["b"]], ["a": ["b"]]),
        (["a": ["b": "c"]], ["a": ["b": "d", "c": .null]], ["a": ["b": "d"]]),
        (["a": [["b": "c"]]], ["a": [1]], ["a": [1]]),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        (["a": "b"], ["c"], ["c"]),
        (["a": "foo"], .null, .null),
        (["a": "foo"], "bar", "bar"),
        (["e": .null], ["a": 1], ["e": .null, "a": 1]),
        ([1, 2], ["a": "b", "c": .null], ["a": "b"]),
        ([:], ["a": ["bb": ["ccc": .null]]], ["a": ["bb": [:]]]),
    ]

    @Test("applies", arguments: rows)
    func applies(_ row: Row) {
        #expect(MergePatch.apply(row.patch, to: row.document) == row.result)
    }

    static let differences: [Row] = [
        (["a": 1], [:], ["a": 1]),
        (["a": 1, "b": 2], ["a": .null], ["b": 2]),
        (["a": 1], ["b": 2], ["a": 1, "b": 2]),
        (["a": ["x": 1, "y": 2]], ["a": ["x": .null, "y": 3]], ["a": ["y": 3]]),
        (["a": [1, 2]], ["a": [1]], ["a": [1]]),
        (["a": ["x": 1]], ["a": 1], ["a": 1]),
        (["a": 1], ["a": ["x": 1]], ["a": ["x": 1]]),
    ]

    @Test("makes the patch between two documents", arguments: differences)
    func makes(_ row: Row) {
        #expect(MergePatch.make(from: row.document, to: row.result) == row.patch)
        #expect(MergePatch.apply(row.patch, to: row.document) == row.result)
    }
}
