import CorbelAPI
import Testing

@Suite("The JSON parser accepts")
struct JSONParserTests {
    @Test(
        "Numbers, exactly as far as their types go",
        arguments: [
            ("0", 0), ("-0", 0), ("-0.0", -0.0), ("7", 7), ("-10", -10),
            ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
            ("9223372036854775808", .double(0x1p63)), ("-9223372036854775809", .double(-0x1p63)),
            ("123456789012345678901234567890", .double(1.2345678901234568e29)),
            ("1.0", 1.0), ("0.5", 0.5), ("1e0", 1.0), ("1E+2", 100.0), ("1e-2", 0.01), ("-1.5e3", -1500.0),
            ("0e9", 0.0), ("1e05", 100_000.0), ("5e-324", .double(.leastNonzeroMagnitude)), ("1e-400", 0.0),
            ("1.7976931348623157e308", .double(.greatestFiniteMagnitude)),
        ] as [(String, JSONValue)])
    func numbers(text: String, value: JSONValue) throws { #expect(try JSONValue(parsing: text) == value) }

    @Test(
        "Strings and their escapes",
        arguments: [
            (#""""#, ""), (#""a b""#, "a b"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{08}\u{0C}\n\r\t"),
            (#""\u0041\u00e9\u00E9""#, "A\u{E9}\u{E9}"), (#""\u0000""#, "\u{00}"), (#""\u20AC""#, "\u{20AC}"),
            (#""\ud83d\ude00""#, "\u{1F600}"), (#""\uD800\uDC00\uDBFF\uDFFF""#, "\u{10000}\u{10FFFF}"),
            ("\"\u{7F}\u{2028}\u{1F600}\"", "\u{7F}\u{2028}\u{1F600}"), (#""\u0065\u0301""#, "e\u{301}"),
            (#""a\u0301\n\u00e9""#, "a\u{301}\n\u{E9}"),
        ])
    func strings(text: String, value: String) throws {
        #expect(try JSONValue(parsing: text) == .string(value))
    }

    @Test(
        "Halves of surrogate pairs, as the replacement character",
        arguments: [
            (#""\ud800""#, "\u{FFFD}"), (#""\udc00""#, "\u{FFFD}"), (#""\udc00\ud800""#, "\u{FFFD}\u{FFFD}"),
            (#""\ud800x""#, "\u{FFFD}x"), (#""\ud800\n""#, "\u{FFFD}\n"), (#""\ud800\u0041""#, "\u{FFFD}A"),
            (#""\ud800\ud800\udc00""#, "\u{FFFD}\u{10000}"),
        ])
    func surrogates(text: String, value: String) throws {
        #expect(try JSONValue(parsing: text) == .string(value))
    }

    @Test(
        "Literals, arrays, objects and white space",
        arguments: [
            ("null", .null), ("true", true), ("false", false), ("[]", []), ("{}", [:]), (" \t\r\n[ ]\n", []),
            ("{ }", [:]), ("[[],{},[1]]", [[], [:], [1]]), ("[ 1 , 2 ]", [1, 2]),
            (" { \"a\" : { \"b\" : [ true , null ] } } ", ["a": ["b": [true, .null]]]), (#"{"":1}"#, ["": 1]),
            (#"{"b":1,"a":{"a":2}}"#, ["a": ["a": 2], "b": 1]),
            ("{\"\u{E9}\":1,\"e\u{301}\":2}", ["e\u{301}": 2, "\u{E9}": 1]),
        ] as [(String, JSONValue)])
    func structures(text: String, value: JSONValue) throws { #expect(try JSONValue(parsing: text) == value) }

    @Test("Bytes of any collection")
    func collections() throws {
        let scattered = Array(#"{"a":"\u00e9"}"#.utf8).lazy.map { $0 }
        #expect(try JSONValue(parsing: scattered) == ["a": "\u{E9}"])
        #expect(try JSONValue(parsing: Array("xx[1]xx".utf8)[2..<5]) == [1])
    }

    // MARK: - Limits

    @Test(
        "Arrays and objects as deep as the limit",
        arguments: [(0, "1"), (1, "[]"), (1, #"{"a":1}"#), (2, "[[1]]"), (2, #"[{"a":1},[2]]"#)])
    func depth(limit: Int, text: String) throws {
        #expect(try refusal(of: text, limits: JSONLimits(depth: limit)) == nil)
    }

    @Test("A document as deep as the limit that stands unless said, and none deeper")
    func defaultDepth() throws {
        let deep = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        #expect(try refusal(of: deep(256)) == nil)
        #expect(try refusal(of: deep(257)) == "nesting deeper than 256 at byte 256")
        #expect(try refusal(of: String(repeating: "[", count: 100_000)) == "nesting deeper than 256 at byte 256")
    }

    @Test("A document as long as the limit, and none longer")
    func length() throws {
        let limits = JSONLimits(bytes: 4)
        #expect(try refusal(of: "[10]", limits: limits) == nil)
        #expect(try refusal(of: "[10] ", limits: limits) == "document of 5 bytes is longer than 4 at byte 0")
    }
}
