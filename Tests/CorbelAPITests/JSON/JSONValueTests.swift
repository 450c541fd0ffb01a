import CorbelAPI
import Testing

@Suite("A JSON value")
struct JSONValueTests {
    // MARK: - Equality

    @Test(
        "Values that differ in type, in bytes or in bits differ",
        arguments: [
            (.null, false), (1, true), (1, 1.0), (0.0, -0.0), ("1", 1), ("\u{E9}", "e\u{301}"), ([], [:]),
            (["a\u{323}\u{307}"], ["a\u{307}\u{323}"]), (["\u{E9}": 1], ["e\u{301}": 1]), (["a": 1], ["a": 1, "b": 2]),
            (["a": .null], [:]),
        ] as [(JSONValue, JSONValue)])
    func differ(left: JSONValue, right: JSONValue) { #expect(left != right) }

    @Test("Equal values are equal, hash alike and are encoded alike, however they came about")
    func equal() throws {
        var built: JSONValue = ["b": 1]
        built["a"] = ["\u{E9}", 0.5, .null]
        let parsed = try JSONValue(parsing: #"{"a":["\u00e9",5e-1,null],"b":1}"#)
        #expect(built == parsed)
        #expect(Set([built, parsed]).count == 1)
        #expect(built.encoded == parsed.encoded)
    }

    @Test("It has no nil literal, so that a choice between nil and a value can remove a field")
    func noNilLiteral() {
        let type: Any.Type = JSONValue.self
        #expect(!(type is any ExpressibleByNilLiteral.Type))
        for isPresent in [true, false] {
            var value: JSONValue = ["a": 1]
            value["a"] = isPresent ? "x" : nil
            #expect(value == (isPresent ? ["a": "x"] : [:]))
        }
    }

    @Test("A null that is written stays a null")
    func writtenNull() {
        var value: JSONValue = [:]
        value["a"] = .null
        #expect(value.encodedText == #"{"a":null}"#)
        #expect(value["a"]?.isNull == true)
    }

    // MARK: - Views

    @Test(
        "The integer of a number is exact or absent",
        arguments: [
            (1, 1), (.integer(.max), Int.max), (2.0, 2), (-0.0, 0), (1e18, 1_000_000_000_000_000_000), (1.5, nil),
            (1e19, nil), (.double(.infinity), nil), ("1", nil), (true, nil),
        ] as [(JSONValue, Int?)])
    func intValue(value: JSONValue, integer: Int?) { #expect(value.intValue == integer) }

    @Test("A view of another type is absent")
    func views() {
        let all: [JSONValue] = [.null, true, 1, 1.5, "a", [], [:]]
        #expect(all.map(\.typeName) == ["null", "boolean", "integer", "number", "string", "array", "object"])
        #expect(all.map(\.isNull) == [true, false, false, false, false, false, false])
        #expect(all.compactMap(\.boolValue) == [true])
        #expect(all.compactMap(\.doubleValue) == [1, 1.5])
        #expect(all.compactMap(\.stringValue) == ["a"])
        #expect(all.compactMap(\.arrayValue) == [[]])
        #expect(all.compactMap(\.objectValue) == [[:]])
    }

    @Test("Lists and maps of strings leave out what is none")
    func strings() {
        #expect((["a", 1, "b"] as JSONValue).stringList == ["a", "b"])
        #expect((["a": "1", "b": 2] as JSONValue).stringMap == ["a": "1"])
        #expect(("a" as JSONValue).stringList == nil)
        #expect(("a" as JSONValue).stringMap == nil)
        #expect(JSONValue(["x": "1", "a": "2"]).encodedText == #"{"a":"2","x":"1"}"#)
    }

    // MARK: - Paths

    private static let tree: JSONValue = ["a": ["b": ["c": 1]], "list": [["b": 1]], "text": "x", "none": .null]

    @Test(
        "Reading a path finds the value or nothing",
        arguments: [
            ([], tree), (["a"], ["b": ["c": 1]]), (["a", "b", "c"], 1), (["a", "x"], nil), (["a", "b", "c", "d"], nil),
            (["list", "0"], nil), (["text", "x"], nil), (["none"], .null), (["none", "x"], nil), ([""], nil),
        ] as [([String], JSONValue?)])
    func read(path: [String], value: JSONValue?) { #expect(Self.tree[path: path] == value) }

    struct Write: Sendable {
        var path: [String]
        var value: JSONValue?
        var before: JSONValue
        var after: JSONValue

        init(_ before: JSONValue, _ path: [String], _ value: JSONValue?, _ after: JSONValue) {
            self.path = path
            self.value = value
            self.before = before
            self.after = after
        }
    }

    @Test(
        "Writing a path makes the objects on the way, and removing leaves those above",
        arguments: [
            Write([:], ["a", "b", "c"], 1, ["a": ["b": ["c": 1]]]),
            Write(["a": ["b": 1, "x": 2]], ["a", "b"], 3, ["a": ["b": 3, "x": 2]]),
            Write(["a": ["b": 1]], ["a", "b"], nil, ["a": [:]]),
            Write(["a": ["b": 1]], ["a", "x"], nil, ["a": ["b": 1]]),
            Write(["a": 1], ["x", "y", "z"], nil, ["a": 1]),
            Write(["a": 1], ["a", "b"], nil, ["a": 1]),
            Write(["a": 1], ["a", "b"], 2, ["a": ["b": 2]]),
            Write(["a": .null], ["a", "b"], 2, ["a": ["b": 2]]),
            Write("text", ["a"], 1, ["a": 1]),
            Write("text", ["a"], nil, "text"),
            Write([1], ["a", "b"], 1, ["a": ["b": 1]]),
            Write(["a": 1], [], "all", "all"),
            Write(["a": 1], [], nil, ["a": 1]),
        ])
    func write(_ write: Write) {
        var value = write.before
        value[path: write.path] = write.value
        #expect(value == write.after)
    }

    @Test("Field names in a row are a path")
    func fields() {
        var value: JSONValue = [:]
        value["a", "b", "c"] = 1
        #expect(value["a", "b"] == ["c": 1])
        value["a", "b", "c"] = nil
        #expect(value == ["a": ["b": [:]]])
    }

    @Test("A copy keeps its fields when the original changes")
    func copies() {
        let original: JSONValue = ["a": ["b": 1]]
        var copy = original
        copy["a", "b"] = 2
        #expect(original == ["a": ["b": 1]])
    }
}
