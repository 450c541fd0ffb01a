import CorbelAPI
import Testing

@Suite("The JSON parser refuses, and says where,")
struct JSONParserErrorTests {
    @Test(
        "numbers that JSON does not have",
        arguments: [
            ("+1", 0, "unexpected character"), (".5", 0, "unexpected character"), ("NaN", 0, "unexpected character"),
            ("Infinity", 0, "unexpected character"), ("-Infinity", 1, "expected a digit"), ("-", 1, "expected a digit"),
            ("5.", 2, "expected a digit"), ("1.e5", 2, "expected a digit"), ("1e", 2, "expected a digit"),
            ("1e+", 3, "expected a digit"), ("[1e-]", 4, "expected a digit"),
            ("01", 0, "a number must not start with 0"), ("[-01]", 1, "a number must not start with 0"),
            ("00.5", 0, "a number must not start with 0"), ("1e400", 0, "number out of range"),
            ("[0,-1e400]", 3, "number out of range"), ("0x10", 1, "unexpected text after the document"),
            ("1_000", 1, "unexpected text after the document"),
        ])
    func numbers(text: String, offset: Int, message: String) throws {
        #expect(try refusal(of: text) == "\(message) at byte \(offset)")
    }

    @Test(
        "strings that are broken off, or hold what they must not",
        arguments: [
            (#""abc"#, 4, "unterminated string"), (#""ab\n"#, 5, "unterminated string"),
            (#""\"#, 2, "unterminated string"), ("\"a\tb\"", 2, "control character in a string"),
            ("\"\n\"", 1, "control character in a string"), ("\"\\n\u{1F}\"", 3, "control character in a string"),
            ("\"\u{00}\"", 1, "control character in a string"), (#""\x""#, 2, "unknown escape"),
            (#""ab\'""#, 4, "unknown escape"), (#""\N""#, 2, "unknown escape"),
            (#""\u12""#, 5, "expected four hexadecimal digits"), (#""\u12G4""#, 5, "expected four hexadecimal digits"),
            (#""\u"#, 3, "expected four hexadecimal digits"), (#""\u00é""#, 5, "expected four hexadecimal digits"),
            (#""\ud800\u12""#, 11, "expected four hexadecimal digits"), ("'a'", 0, "unexpected character"),
        ])
    func strings(text: String, offset: Int, message: String) throws {
        #expect(try refusal(of: text) == "\(message) at byte \(offset)")
    }

    @Test(
        "text that is not UTF-8",
        arguments: [
            ("a byte that continues nothing", [0x22, 0x61, 0x80, 0x22], 2),
            ("a sequence that is cut short", [0x22, 0xC3, 0xA9, 0xE2, 0x82, 0x22], 3),
            ("an overlong sequence", [0x22, 0xC0, 0xAF, 0x22], 1),
            ("half of a surrogate pair", [0x22, 0xED, 0xA0, 0x80, 0x22], 1),
            ("a code point past the last", [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], 1),
            ("a byte after an escape", [0x22, 0x5C, 0x6E, 0xFF, 0x22], 3),
            ("a sequence that an escape cuts short", Array("\"".utf8) + [0xC3] + Array(#"\u00a9""#.utf8), 1),
            ("a key", [0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D], 2),
        ] as [(String, [UInt8], Int)])
    func encoding(what: String, bytes: [UInt8], offset: Int) throws {
        #expect(try refusal(of: bytes) == "invalid UTF-8 at byte \(offset)")
    }

    @Test(
        "documents that are incomplete, or more than one",
        arguments: [
            ("", 0, "unexpected end of the document"), (" \n", 2, "unexpected end of the document"),
            ("[", 1, "unexpected end of the document"), (#"{"a":"#, 5, "unexpected end of the document"),
            ("[1", 2, "expected `,` or `]`"), (#"{"a":1"#, 6, "expected `,` or `}`"),
            ("{", 1, "expected a key in quotes"),
            ("nul", 3, "expected `null`"), ("nulL", 3, "expected `null`"), ("tru ", 3, "expected `true`"),
            ("False", 0, "unexpected character"), ("1 2", 2, "unexpected text after the document"),
            ("{}x", 2, "unexpected text after the document"), ("[]]", 2, "unexpected text after the document"),
            ("nullnull", 4, "unexpected text after the document"), ("\u{FEFF}{}", 0, "unexpected character"),
        ])
    func documents(text: String, offset: Int, message: String) throws {
        #expect(try refusal(of: text) == "\(message) at byte \(offset)")
    }

    @Test(
        "arrays and objects that are put together wrongly",
        arguments: [
            ("[1,]", 3, "unexpected character"), ("[,1]", 1, "unexpected character"),
            ("[1 2]", 3, "expected `,` or `]`"),
            ("[1}", 2, "expected `,` or `]`"), ("]", 0, "unexpected character"), (#"{"a"}"#, 4, "expected `:`"),
            (#"{"a" 1}"#, 5, "expected `:`"), (#"{"a":}"#, 5, "unexpected character"),
            (#"{"a":1,}"#, 7, "expected a key in quotes"), (#"{,"a":1}"#, 1, "expected a key in quotes"),
            ("{a:1}", 1, "expected a key in quotes"), ("{'a':1}", 1, "expected a key in quotes"),
            ("{1:2}", 1, "expected a key in quotes"), (#"{"a":1 "b":2}"#, 7, "expected `,` or `}`"),
            ("[1/**/]", 2, "expected `,` or `]`"), ("//", 0, "unexpected character"),
        ])
    func structures(text: String, offset: Int, message: String) throws {
        #expect(try refusal(of: text) == "\(message) at byte \(offset)")
    }

    @Test(
        "a key that comes twice",
        arguments: [
            (#"{"a":1,"a":2}"#, 7, "a"), (#"{"a":1,"\u0061":1}"#, 7, "a"), (#"{"b":1,"a":2,"b":3}"#, 13, "b"),
            (#"{"x":{"b":1,"c":2,"b":3}}"#, 18, "b"), (#"[{},{"":1,"":1}]"#, 10, ""),
        ])
    func duplicates(text: String, offset: Int, key: String) throws {
        #expect(try refusal(of: text) == "duplicate field \"\(key)\" at byte \(offset)")
    }

    @Test(
        "what stands deeper than the limit",
        arguments: [(0, "[]", 0), (1, "[1,[]]", 3), (1, #"{"a": {}}"#, 6), (2, "[[[]]]", 2)])
    func depth(limit: Int, text: String, offset: Int) throws {
        let refusal = try refusal(of: text, limits: JSONLimits(depth: limit))
        #expect(refusal == "nesting deeper than \(limit) at byte \(offset)")
    }

    @Test("and reads a damaged document to the end without a crash, or names a place in it")
    func damage() throws {
        var generator = SeededGenerator(seed: 20_261_121)
        for _ in 0..<2_000 {
            var bytes = generator.json(depth: 3).encoded
            for _ in 0..<Int.random(in: 1...3, using: &generator) where !bytes.isEmpty {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            do {
                let value = try JSONValue(parsing: bytes)
                #expect(try JSONValue(parsing: value.encoded) == value)
            } catch let error as JSONError {
                #expect((0...bytes.count).contains(error.offset), "\(error) of \(bytes)")
            }
        }
    }
}
