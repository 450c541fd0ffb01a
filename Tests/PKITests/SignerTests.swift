import CorbelAPI
import PKI
import Testing

@Suite("Signing revisions")
struct SignerTests {
    private let message = Array("revision 1".utf8)

    @Test("A signature holds for its message and its key, and for no other")
    func signing() throws {
        let signer = Signer()
        let signature = try signer.sign(message)
        #expect(signature.count == 64)
        #expect(try signer.verifier.isValid(signature, for: message))
        #expect(try !signer.verifier.isValid(signature, for: message + [0]))
        #expect(try !Signer().verifier.isValid(signature, for: message))
        var bent = signature
        bent[5] ^= 1
        #expect(try !signer.verifier.isValid(bent, for: message))
        #expect(try !signer.verifier.isValid([], for: message))
        #expect(try !signer.verifier.isValid(Array(signature.dropLast()), for: message))
    }

    @Test("Keys survive being stored, and keep their names")
    func storing() throws {
        let signer = Signer()
        let again = try Signer(pem: signer.pem)
        let verifier = try SignatureVerifier(pem: signer.verifier.pem)
        #expect(try again.verifier == verifier)
        #expect(verifier.keyID.count == 64)
        #expect(verifier.isValid(try again.sign(message), for: message))
    }

    @Test("openssl verifies our signature, and we verify its")
    func openSSL() async throws {
        let signer = Signer()
        let signature = try signer.sign(message)
        try await OpenSSL.with { openssl in
            try await openssl.write(PEM(bytes: message), to: "message")
            try await openssl.write(signer.pem, to: "key.pem")
            try await openssl.write(signer.verifier.pem, to: "public.pem")
            _ = try await openssl("pkeyutl -sign -rawin -inkey key.pem -in message -out signature")
            #expect(try await openssl.bytes("signature") == signature)
            _ = try await openssl("pkeyutl -verify -rawin -pubin -inkey public.pem -in message -sigfile signature")
        }
    }

    @Test("A key of another kind is refused")
    func otherKind() throws {
        let tls = try PrivateKey().pem
        #expect(statusError { try Signer(pem: tls) }?.message.contains("Ed25519 is needed") == true)
        #expect(statusError { try SignatureVerifier(pem: tls) }?.reason == .badRequest)
        #expect(statusError { try Signer(pem: PEM(text: "")) }?.reason == .badRequest)
    }

    @Test("A digest is the same at once and in pieces")
    func digest() {
        var digest = SHA256Digest()
        #expect(digest.hexadecimal == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        digest.update(Array("ab".utf8))
        digest.update(Array("c".utf8))
        #expect(digest.hexadecimal == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(digest.hexadecimal == SHA256Digest.hexadecimal(of: Array("abc".utf8)))
    }
}
