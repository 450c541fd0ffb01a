import CorbelAPI
import EffectsLinux
import PKI
import Testing

@Suite("Reading and checking certificates")
struct CertificateInfoTests {
    let authority: CertificateAuthority

    init() throws {
        authority = try .selfSigned(commonName: "corbel-ca", now: .issuing, random: CountedBytes())
    }

    private func leaf(
        _ profile: CertificateProfile = .client("a"), by other: CertificateAuthority? = nil
    ) throws -> CertificateInfo {
        let issued = try (other ?? authority).issue(
            profile, now: .issuing, validity: .days(90), random: CountedBytes(first: 0xFE))
        return try CertificateInfo(pem: issued.certificate)
    }

    @Test("All that was put into a certificate is read from it")
    func reading() throws {
        let profile = CertificateProfile(
            CertificateSubject(commonName: "etcd", organizations: ["a", "b"]),
            [.clientAuthentication, .serverAuthentication], dnsNames: ["localhost"], addresses: ["127.0.0.1", "::1"])
        let info = try leaf(profile)
        #expect(info.subject == profile.subject)
        #expect(info.issuer == CertificateSubject(commonName: "corbel-ca"))
        #expect(info.dnsNames == ["localhost"])
        #expect(info.addresses == ["127.0.0.1", "::1"])
        #expect(info.usages == [.serverAuthentication, .clientAuthentication])
        #expect(info.serialNumber == "7eff000102030405060708090a0b0c0d0e0f10")
        #expect(!info.isAuthority)
        #expect(authority.info.isAuthority)
    }

    @Test("openssl agrees on fingerprint, serial number and dates, of the text and of DER")
    func agreement() async throws {
        let issued = try authority.issue(.client("a"), now: .issuing, validity: .days(90), random: CountedBytes())
        let info = try CertificateInfo(pem: issued.certificate)
        try await OpenSSL.with { openssl in
            try await openssl.write(issued.certificate, to: "leaf.pem")
            let said = try await openssl(
                "x509 -in leaf.pem -noout -serial -fingerprint -sha256 -dates -dateopt iso_8601")
            let plain = said.lowercased().replacing(":", with: "")
            #expect(plain.contains("fingerprint=\(info.fingerprint)"))
            #expect(plain.contains("serial=\(info.serialNumber)"))
            for moment in [info.validity.notBefore, info.validity.notAfter] {
                #expect(said.contains(moment.rfc3339.replacing("T", with: " ")))
            }
            _ = try await openssl("x509 -in leaf.pem -outform DER -out leaf.der")
            #expect(try CertificateInfo(der: try await openssl.bytes("leaf.der")) == info)
        }
    }

    @Test("What is no certificate is refused")
    func malformed() {
        #expect(statusError { try CertificateInfo(pem: PEM(text: "no")) }?.reason == .badRequest)
        #expect(statusError { try CertificateInfo(der: [0x30, 0x03, 0x02, 0x01]) }?.reason == .badRequest)
        let long = [UInt8](repeating: 0x30, count: 70_000)
        #expect(statusError { try CertificateInfo(der: long) }?.message == "the certificate holds 70000 bytes")
    }

    // MARK: - Verification

    @Test("A good certificate is accepted from its first second to its last")
    func accepted() throws {
        let info = try leaf()
        for moment in [info.validity.notBefore, .issuing, info.validity.notAfter] {
            #expect(info.rejection(by: authority.info, for: .clientAuthentication, at: moment) == nil)
        }
    }

    @Test("A certificate of another authority is refused, of the same name too")
    func otherAuthority() throws {
        for name in ["corbel-ca", "other"] {
            let other = try CertificateAuthority.selfSigned(commonName: name, now: .issuing, random: CountedBytes())
            let info = try leaf(by: other)
            #expect(
                info.rejection(by: authority.info, for: .clientAuthentication, at: .issuing)
                    == .notIssuedByAuthority("corbel-ca"))
        }
    }

    @Test("A leaf vouches for nobody, itself included")
    func leafAsAuthority() throws {
        let info = try leaf()
        #expect(info.rejection(by: info, for: .clientAuthentication, at: .issuing) == .notIssuedByAuthority("a"))
    }

    @Test("A certificate is refused outside its time, for another use, and when its authority has ended")
    func refused() throws {
        let info = try leaf()
        let (start, end) = (info.validity.notBefore, info.validity.notAfter)
        func rejection(_ usage: CertificateUsage, at moment: Timestamp) -> CertificateRejection? {
            info.rejection(by: authority.info, for: usage, at: moment)
        }
        #expect(rejection(.clientAuthentication, at: end + .seconds(1)) == .expired(notAfter: end))
        #expect(rejection(.serverAuthentication, at: .issuing) == .wrongUsage(.serverAuthentication))
        #expect(
            rejection(.clientAuthentication, at: .issuing + .days(4000)) == .authorityNotValid(authority.info.validity))
        #expect(
            rejection(.clientAuthentication, at: start - .seconds(1)) == .authorityNotValid(authority.info.validity))
        let later = try authority.issue(
            .client("a"), now: .issuing + .days(10), validity: .days(1), random: CountedBytes())
        let early = try CertificateInfo(pem: later.certificate)
        #expect(
            early.rejection(by: authority.info, for: .clientAuthentication, at: .issuing)
                == .notYetValid(notBefore: early.validity.notBefore))
    }

    @Test("A certificate with a critical extension that nobody here knows is refused")
    func criticalExtension() async throws {
        // This version of openssl issues for the present alone.
        let now = SystemClock().now
        let authority = try CertificateAuthority.selfSigned(commonName: "corbel-ca", now: now, random: CountedBytes())
        try await OpenSSL.with { openssl in
            try await openssl.write(authority.certificate, to: "ca.pem")
            try await openssl.write(authority.privateKey, to: "ca.key")
            try await openssl.write("1.2.3.4=critical,ASN1:NULL\nextendedKeyUsage=clientAuth\n", to: "extensions")
            _ = try await openssl("req -new -newkey ed25519 -nodes -keyout key.pem -out request.pem -subj /CN=a")
            _ = try await openssl(
                "x509 -req -in request.pem -CA ca.pem -CAkey ca.key -out leaf.pem -days 36500 -extfile extensions")
            let info = try CertificateInfo(pem: try await openssl.read("leaf.pem"))
            #expect(
                info.rejection(by: authority.info, for: .clientAuthentication, at: now + .days(1))
                    == .unknownCriticalExtension("1.2.3.4"))
        }
    }

    @Test("Every refusal is a sentence that names what it is about")
    func sentences() {
        let moment = Timestamp.issuing
        #expect("\(CertificateRejection.expired(notAfter: moment))" == "the certificate expired at \(moment)")
        #expect("\(CertificateRejection.wrongUsage(.clientAuthentication))".hasSuffix("for client authentication"))
    }

    // MARK: - Renewal

    @Test(
        "A certificate is due when less than a third of its lifetime is left",
        arguments: [(0, false), (59, false), (60, false), (61, true), (90, true), (200, true)])
    func renewal(day: Int, isDue: Bool) {
        let validity = CertificateValidity(notBefore: .issuing, notAfter: .issuing + .days(90))
        #expect(validity.isDueForRenewal(at: .issuing + .days(day)) == isDue)
        #expect(validity.renewalTime == .issuing + .days(60))
    }
}
