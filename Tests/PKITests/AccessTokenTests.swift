import CorbelAPI
import PKI
import Testing

@Suite("Bearer tokens")
struct AccessTokenTests {
    private static let now = Timestamp(seconds: 1_800_000_000)

    private static func claims(_ validity: Duration = .seconds(600)) -> AccessToken.Claims {
        .init(subject: "corbel:admin", groups: ["system:masters"], issued: now, expires: now + validity, id: "t1")
    }

    @Test("A token says whose it is, until it ends, and not before it begins")
    func validity() throws {
        let signer = Signer()
        let token = try AccessToken(Self.claims(), by: signer)
        let verifier = AccessTokenVerifier(try signer.verifier)
        #expect(try verifier.claims(of: token.text, at: Self.now) == Self.claims())
        #expect(try verifier.claims(of: token.text, at: Self.now + .seconds(599)) == Self.claims())
        for moment in [Self.now + .seconds(600), Self.now + .seconds(90_000), Self.now - .seconds(61)] {
            #expect(throws: StatusError.self) { try verifier.claims(of: token.text, at: moment) }
        }
        #expect("\(token)" == "token …")
    }

    @Test("Validity is bounded")
    func bounds() {
        #expect(throws: StatusError.self) { try AccessToken(Self.claims(.seconds(86_401)), by: Signer()) }
        #expect(throws: StatusError.self) { try AccessToken(Self.claims(.zero), by: Signer()) }
    }

    @Test("No changed byte, no other key and no other algorithm passes")
    func forgery() throws {
        let signer = Signer()
        let text = try AccessToken(Self.claims(), by: signer).text
        let verifier = AccessTokenVerifier(try signer.verifier)
        let bytes = Array(text.utf8)
        for index in bytes.indices.dropLast() {
            var changed = bytes
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            guard changed != bytes else { continue }
            let forged = String(decoding: changed, as: UTF8.self)
            #expect(throws: StatusError.self, "byte \(index)") { try verifier.claims(of: forged, at: Self.now) }
        }
        let other = AccessTokenVerifier(try Signer().verifier)
        #expect(throws: StatusError.self) { try other.claims(of: text, at: Self.now) }
        let parts = text.split(separator: ".")
        // {"alg":"none","typ":"JWT"}
        let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.\(parts[1])."
        for forged in [none, "", "a.b.c", String(repeating: "a", count: 100_000), "\(text)=", "\(text).\(text)"] {
            #expect(throws: StatusError.self) { try verifier.claims(of: forged, at: Self.now) }
        }
    }
}
