import CorbelAPI
import Testing

@Suite("A JSON object")
struct JSONObjectTests {
    @Test("Its fields stand in the order of their keys' bytes, in whatever order they came")
    func order() throws {
        // In bytes: 42, 61, 61 62, C3, EF, F0.
        let keys = ["B", "a", "ab", "\u{E9}", "\u{FFFD}", "\u{1F600}"]
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<50 {
            let shuffled = keys.shuffled(using: &generator)
            let pairs = shuffled.map { ($0, JSONValue($0)) }
            var assigned = JSONObject()
            for (key, value) in pairs { assigned[key] = value }
            let built = JSONObject(pairs) { $1 }
            let text = "{" + shuffled.map { "\"\($0)\":\"\($0)\"" }.joined(separator: ",") + "}"
            #expect(built.keys == keys)
            #expect(built.values == keys.map { JSONValue($0) })
            #expect(assigned == built)
            #expect(try JSONValue(parsing: text) == .object(built))
        }
    }

    @Test("Keys that are canonically equal are two keys")
    func canonicalEquivalence() {
        var object: JSONObject = ["\u{E9}": 1]
        #expect(object["e\u{301}"] == nil)
        object["e\u{301}"] = 2
        #expect(object.count == 2)
        #expect(object["\u{E9}"] == 1)
        object["\u{E9}"] = nil
        #expect(object["e\u{301}"] == 2)
        #expect(object.count == 1)
    }

    @Test("Of two values of a key the caller chooses one")
    func duplicates() {
        let pairs: [(String, JSONValue)] = [("a", 1), ("b", 2), ("a", 3), ("b", 4), ("c", 5)]
        #expect(JSONObject(pairs) { first, _ in first } == ["a": 1, "b": 2, "c": 5])
        #expect(JSONObject(pairs) { $1 } == ["a": 3, "b": 4, "c": 5])
        #expect((["a": 1, "a": 2] as JSONObject) == ["a": 2])
    }

    @Test("Fields are replaced and removed by key")
    func changes() {
        var object: JSONObject = ["b": 1, "d": 2]
        object["b"] = 3
        object["c"] = 4
        object["a"] = nil
        object["d"] = nil
        object["e"] = nil
        #expect(object == ["b": 3, "c": 4])
        #expect(object.map(\.key) == ["b", "c"])
        #expect(object[0].value == 3)
    }
}
