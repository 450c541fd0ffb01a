import Testing

@testable import Profiles

@Suite("Patterns of variables")
struct PatternTests {
    @Test(
        "A pattern matches as RE2 has it",
        arguments: [
            ("abc", "xabcx", true), ("^abc$", "xabc", false), ("^a.c$", "a\nc", false), ("a|b|", "", true),
            ("^(a|bc)+$", "abcbca", true),
            ("^(a|bc)+$", "abcb", false), ("^a*$", "", true), ("^a+?$", "aaa", true), ("^a{2,3}$", "aaaa", false),
            ("^a{2,}$", "aaaa", true),
            ("^a{2}$", "aa", true), ("a{x", "a{x", true), ("^[a-c_-]+$", "a-c_b", true), ("^[^a-c]$", "b", false),
            ("^[]a]+$", "]a]", true),
            (#"^\d{1,3}(\.\d{1,3}){3}$"#, "10.0.0.255", true), (#"^\w+@\w+\.[a-z]{2,}$"#, "a_1@b.de", true),
            (#"\S\s\S"#, "a b", true),
            (#"^[\d\s]+$"#, "1 2\t3", true), (#"\D"#, "123", false), ("(?i)^straße[A-F]$", "STRAßEf", true),
            ("(?:ab)?c", "c", true),
            (#"\Aab\z"#, "ab", true), (#"^\[\]\\$"#, #"[]\"#, true), ("^ü$", "ü", true), ("", "anything", true),
            ("()*", "", true),
        ])
    func matches(pattern: String, text: String, expected: Bool) throws {
        #expect(try Pattern(pattern).matches(text) == expected)
    }

    @Test(
        "What is no pattern, or is not supported, is refused",
        arguments: [
            ("(", "missing )"), (")", "unexpected )"), ("[a", "missing ]"), ("*a", "a repetition of nothing"),
            ("a**", "a repetition follows a repetition"),
            ("a{3,2}", "a repetition goes from small to large, up to 1000"),
            ("a{1001}", "a repetition goes from small to large, up to 1000"),
            (#"\bx"#, #"\b is not supported"#), (#"(a)\1"#, #"\1 is not supported"#),
            ("[[:alpha:]]", "classes such as [:alpha:] are not supported; write [A-Za-z]"),
            ("(?=a)", "of the groups (?…), only (?:…) and a leading (?i) are supported"),
            ("[c-a]", "a range goes from small to large"),
            (#"a\"#, #"a trailing \"#),
            ("(a{1000}){1000}", "the pattern is too large: repetitions multiply to more than 4000 steps"),
            (String(repeating: "(", count: 60), "groups nest deeper than 50"),
        ])
    func refuses(pattern: String, message: String) {
        #expect(throws: PatternError(message: message)) { try Pattern(pattern) }
    }

    @Test("The cost is linear where backtracking would never end", .timeLimit(.minutes(1)))
    func cost() throws {
        let text = String(repeating: "a", count: 200) + "!"
        for pattern in ["^(a+)+$", "^(a|a)*$", "^(a*)*$", "^(a?){100}a{100}b$"] {
            #expect(try !Pattern(pattern).matches(text))
        }
    }
}
