import CorbelAPI
import Testing

@Suite("Base64")
struct Base64Tests {
    @Test(
        "agrees with the test vectors of RFC 4648",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func vectors(text: String, encoded: String) {
        #expect(Base64.encode(Array(text.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(text.utf8))
    }

    @Test("uses the alphabet with + and /")
    func alphabet() {
        #expect(Base64.encode([0xFB, 0xFF, 0xBF]) == "+/+/")
        #expect(Base64.decode("+/+/") == [0xFB, 0xFF, 0xBF])
        #expect(Base64.decode("-_-_") == nil)
    }

    @Test("skips line breaks, wherever they stand")
    func lineBreaks() { #expect(Base64.decode("\nZm9v\r\nYg=\n=\n") == Array("foob".utf8)) }

    @Test(
        "is not decoded from a text with another length, padding or alphabet",
        arguments: [
            "Z", "Zg", "Zg=", "Zm9", "Zm9vY", "=", "==", "====", "Z===", "Zg===", "Zm9v=", "Zm9v====", "Zg==Zg==",
            "Z=g=",
            "=Zg=", "Zm 8", "Zm8 ", "Zm8é", "Zm8*", "Zm\u{00}8",
        ])
    func invalid(text: String) { #expect(Base64.decode(text) == nil) }

    @Test("gives back the bytes that it was given")
    func roundTrip() {
        var generator = SeededGenerator(seed: 4648)
        for _ in 0..<1_000 {
            let bytes = generator.bytes(upTo: 100)
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
    }
}
