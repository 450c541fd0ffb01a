import Testing

@Suite("Words of Swift source")
struct SwiftLexerTests {
    private static func words(_ code: String) -> [String] {
        SwiftLexer(code).tokens.map { $0.kind == .string ? "'\($0.text)'" : $0.text }
    }

    @Test(
        "Code is split into words; comments and the inside of literals are not code",
        arguments: [
            ("a.b!?.c != d", ["a", ".", "b", "!?", ".", "c", "!=", "d"]),
            ("x // y\nz /* a /* b */ c */ w", ["x", "z", "w"]),
            (#"f("a // b", "\"{")"#, ["f", "(", "'a // b'", ",", "'{'", ")"]),
            (#""a \(b["c"] ?? "}") d""#, ["'a  d'", "(", "b", "[", "'c'", "]", "??", "'}'", ")"]),
            (##"#"a \(b) " \#(c)"# d"##, [#"'a \(b) " '"#, "(", "c", ")", "d"]),
            ("\"\"\"\n  \"a\" {\n  \"\"\" b", ["'\n  \"a\" {\n  '", "b"]),
            ("let r = /a\"{\\/}/; b", ["let", "r", "=", "''", ";", "b"]),
            ("let r = #/a\"/b/#\nc", ["let", "r", "=", "''", "c"]),
            ("a / b / c", ["a", "/", "b", "/", "c"]),
            ("1_000 + 2.5e3 + x.0", ["1_000", "+", "2.5e3", "+", "x", ".", "0"]),
            ("`default`.a", ["`default`", ".", "a"]),
            ("\"unterminated", ["'unterminated'"]),
        ])
    func words(code: String, words: [String]) { #expect(Self.words(code) == words) }

    @Test("Words and comments know their lines")
    func lines() {
        let lexer = SwiftLexer("a\n/* b\n c */ d\n\"\"\"\ne\n\"\"\"\nf // g\n")
        #expect(lexer.tokens.map(\.line) == [1, 3, 4, 7])
        #expect(lexer.comments.map(\.line) == [2, 3, 7])
    }

    @Test("A word knows whether it touches the word before it")
    func attachment() {
        let marks = SwiftLexer("a! !b\n!c (d)!").tokens.filter { $0.text == "!" }
        #expect(marks.map(\.isAttached) == [true, false, false, true])
    }
}
