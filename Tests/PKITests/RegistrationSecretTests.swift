import EffectsLinux
import PKI
import Testing

@Suite("Registration tokens")
struct RegistrationSecretTests {
    @Test("A new token has the form of a bootstrap token and is read back")
    func form() throws {
        for _ in 0..<50 {
            let token = RegistrationSecret(from: SystemRandom())
            #expect(token.text.wholeMatch(of: /[a-z0-9]{6}\.[a-z0-9]{16}/) != nil)
            let again = try #require(RegistrationSecret(token.text))
            #expect(again.id == token.id)
            #expect(again.matches(secretDigest: token.secretDigest))
        }
    }

    @Test("The letters of tokens are all drawn, about equally often")
    func distribution() {
        let letters = (0..<2000).flatMap { _ in RegistrationSecret(from: SystemRandom()).text.filter { $0 != "." } }
        let counts = Dictionary(grouping: letters) { $0 }.mapValues(\.count)
        #expect(counts.count == 36)
        let expected = letters.count / 36
        #expect(counts.values.allSatisfy { abs($0 - expected) < expected / 3 })
    }

    @Test(
        "A text of another form is no token",
        arguments: [
            "", "abcdef", "abcdef.0123456789abcde", "abcdef.0123456789abcdef0", "ABCDEF.0123456789abcdef",
            "abcdef-0123456789abcdef", "abcde.f0123456789abcdef", "abcdef.0123456789abcdé",
        ])
    func malformed(text: String) {
        #expect(RegistrationSecret(text) == nil)
    }

    @Test("A secret matches its own digest only")
    func matching() throws {
        let token = try #require(RegistrationSecret("abcdef.0123456789abcdef"))
        #expect(token.secretDigest == SHA256Digest.hexadecimal(of: Array("0123456789abcdef".utf8)))
        #expect(token.matches(secretDigest: token.secretDigest))
        #expect(!token.matches(secretDigest: ""))
        #expect(!token.matches(secretDigest: String(token.secretDigest.dropLast()) + "x"))
        let other = try #require(RegistrationSecret("abcdef.0123456789abcdeg"))
        #expect(!other.matches(secretDigest: token.secretDigest))
    }

    @Test("A description shows the id alone")
    func secrecy() throws {
        let token = try #require(RegistrationSecret("abcdef.0123456789abcdef"))
        #expect("\(token)" == "abcdef.…")
    }
}
