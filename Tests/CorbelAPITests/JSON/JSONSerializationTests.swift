import CorbelAPI
import Testing

@Suite("A JSON value's encoding")
struct JSONSerializationTests {
    @Test(
        "is compact and orders the keys",
        arguments: [
            (.null, "null"), (true, "true"), (-3, "-3"), (.integer(.min), "-9223372036854775808"), (1.0, "1.0"),
            (-0.0, "-0.0"), (1e21, "1e+21"), (0.1, "0.1"), ([], "[]"), ([:], "{}"), ([1, [], "a"], #"[1,[],"a"]"#),
            (["b": [:], "a": .null], #"{"a":null,"b":{}}"#), (.double(.infinity), "null"), (.double(.nan), "null"),
        ] as [(JSONValue, String)])
    func compact(value: JSONValue, text: String) { #expect(value.encodedText == text) }

    @Test("escapes what JSON demands, and nothing else")
    func escapes() {
        let value: JSONValue = ["\n\"": "\\\u{00}\u{08}\t\r\u{1F}/\u{7F}\u{E9}\u{2028}\u{1F600}"]
        #expect(
            value.encodedText
                == #"{"\n\"":"\\\u0000\u0008\t\r\u001f/"# + "\u{7F}\u{E9}\u{2028}\u{1F600}" + #""}"#)
    }

    @Test("for people has a field a line, two spaces a level and nothing inside what is empty")
    func pretty() {
        let value: JSONValue = ["b": [1, ["c": .null]], "a": [:], "d": [], "e": "x: y"]
        #expect(
            value.prettyText == """
                {
                  "a": {},
                  "b": [
                    1,
                    {
                      "c": null
                    }
                  ],
                  "d": [],
                  "e": "x: y"
                }
                """)
        #expect((1 as JSONValue).prettyText == "1")
    }

    @Test("and its pretty text are read back as the same value")
    func roundTrip() throws {
        var generator = SeededGenerator(seed: 8259)
        for _ in 0..<2_000 {
            let value = generator.json(depth: 4)
            #expect(try JSONValue(parsing: value.encoded) == value)
            #expect(try JSONValue(parsing: value.prettyText) == value)
        }
    }
}
