import CorbelAPI
import Effects
import PKI
import Testing

@Suite("Signing requests")
struct SigningRequestTests {
    let authority: CertificateAuthority

    init() throws {
        authority = try .selfSigned(commonName: "corbel-ca", now: .issuing, random: CountedBytes())
    }

    @Test("openssl verifies a request of ours and reads its subject")
    func requestInOpenSSL() async throws {
        let subject = CertificateSubject(commonName: "corbel:host:default:h1", organizations: ["corbel:hosts"])
        let request = try SigningRequest(subject, key: PrivateKey())
        #expect(request.claimedSubject == subject)
        try await OpenSSL.with { openssl in
            try await openssl.write(request.pem, to: "request.pem")
            let text = try await openssl("req -in request.pem -verify -noout -text")
            #expect(text.contains("verify OK"))
            #expect(text.contains("Subject: O = corbel:hosts, CN = corbel:host:default:h1"))
        }
    }

    @Test(
        "A request of openssl is accepted for the kinds of keys that are allowed",
        arguments: [
            ("ec -pkeyopt ec_paramgen_curve:P-256", KeyType.p256),
            ("ec -pkeyopt ec_paramgen_curve:P-384", .p384),
            ("ed25519", .ed25519),
            ("rsa:2048", .rsa(bits: 2048)),
            ("rsa:3072", .rsa(bits: 3072)),
        ])
    func openSSLRequest(algorithm: String, keyType: KeyType) async throws {
        try await OpenSSL.with { openssl in
            _ = try await openssl(
                "req -new -newkey \(algorithm) -nodes -keyout key.pem -out request.pem -subj /O=system:masters/CN=root")
            let request = try SigningRequest(pem: try await openssl.read("request.pem"))
            #expect(request.keyType == keyType)
            #expect(request.claimedSubject == CertificateSubject(commonName: "root", organizations: ["system:masters"]))
            _ = try await openssl("pkey -in key.pem -pubout -outform DER -out public.der")
            #expect(request.publicKeyDigest == SHA256Digest.hexadecimal(of: try await openssl.bytes("public.der")))

            let certificate = try authority.sign(
                request, as: .client("host-1", organizations: ["hosts"]), now: .issuing, validity: .days(1),
                random: CountedBytes())
            try await openssl.write(authority.certificate, to: "ca.pem")
            try await openssl.write(certificate, to: "leaf.pem")
            let time = Timestamp.issuing.seconds
            _ = try await openssl("verify -attime \(time) -CAfile ca.pem -purpose sslclient leaf.pem")
            let info = try CertificateInfo(pem: certificate)
            #expect(info.subject == CertificateSubject(commonName: "host-1", organizations: ["hosts"]))
            #expect(info.publicKeyDigest == request.publicKeyDigest)
            #expect(try PrivateKey(pem: try await openssl.read("key.pem")).publicKeyDigest == info.publicKeyDigest)
        }
    }

    @Test(
        "A request with a weak or unusual key is refused",
        arguments: [
            "rsa:1024", "ec -pkeyopt ec_paramgen_curve:P-521", "ec -pkeyopt ec_paramgen_curve:secp256k1", "ed448",
        ])
    func refusedKey(algorithm: String) async throws {
        try await OpenSSL.with { openssl in
            _ = try await openssl("req -new -newkey \(algorithm) -nodes -keyout key.pem -out request.pem -subj /CN=a")
            let pem = try await openssl.read("request.pem")
            #expect(statusError { try SigningRequest(pem: pem) }?.reason == .badRequest)
        }
    }

    @Test("A request whose content was changed after it was signed is refused")
    func tampered() async throws {
        try await OpenSSL.with { openssl in
            _ = try await openssl(
                "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k -out request.der -outform DER"
                    + " -subj /CN=honest")
            var der = try await openssl.bytes("request.der")
            let name = Array("honest".utf8)
            let start = try #require(der.indices.first { der[$0...].starts(with: name) })
            der[start] = UInt8(ascii: "H")
            let text =
                "-----BEGIN CERTIFICATE REQUEST-----\n\(lines(Base64.encode(der)))-----END CERTIFICATE REQUEST-----\n"
            let error = statusError { try SigningRequest(pem: PEM(text: text)) }
            #expect(error?.message == "the signing request is not signed with the key that it carries")
        }
    }

    private func lines(_ text: String) -> String {
        stride(from: 0, to: text.count, by: 64).map { String(text.dropFirst($0).prefix(64)) + "\n" }.joined()
    }

    @Test("What is no request is refused, and what is too long is not even parsed")
    func malformed() throws {
        let good = try SigningRequest(CertificateSubject(commonName: "a"), key: PrivateKey()).pem
        let cases: [(String, String)] = [
            ("", "cannot be read"),
            ("hello", "cannot be read"),
            (authority.certificate.text, "cannot be read"),
            (String(good.text.dropLast(40)), "cannot be read"),
            (good.text.replacing("A", with: "!"), "cannot be read"),
            (String(repeating: "\n", count: SigningRequest.maximumBytes) + good.text, "at most 16384 are allowed"),
        ]
        for (text, message) in cases {
            let error = statusError { try SigningRequest(pem: PEM(text: text)) }
            #expect(error?.reason == .badRequest)
            #expect(error?.message.contains(message) == true, "\(message): \(error?.message ?? "accepted")")
        }
    }
}
