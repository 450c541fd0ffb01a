import CorbelAPI
import PKI
import Testing

@Suite("The certificate authority")
struct CertificateAuthorityTests {
    let authority: CertificateAuthority

    init() throws {
        authority = try .selfSigned(commonName: "corbel-ca", now: .issuing, random: CountedBytes())
    }

    private func issue(
        _ profile: CertificateProfile, now: Timestamp = .issuing, validity: Duration = .days(90)
    ) throws -> CertificateInfo {
        let issued = try authority.issue(profile, now: now, validity: validity, random: CountedBytes(first: 7))
        return try CertificateInfo(pem: issued.certificate)
    }

    // MARK: - As openssl sees it

    @Test("openssl takes the authority for one that issues leaves and nothing else")
    func authorityInOpenSSL() async throws {
        try await OpenSSL.with { openssl in
            try await openssl.write(authority.certificate, to: "ca.pem")
            let text = try await openssl("x509 -in ca.pem -noout -text")
            for part in [
                "Subject: CN = corbel-ca", "Issuer: CN = corbel-ca", "X509v3 Basic Constraints: critical",
                "CA:TRUE, pathlen:0", "X509v3 Key Usage: critical", "Certificate Sign, CRL Sign",
                "ASN1 OID: prime256v1",
            ] { #expect(text.contains(part), "\(part) in \(text)") }
            let time = Timestamp.issuing.seconds
            _ = try await openssl("verify -x509_strict -attime \(time) -CAfile ca.pem ca.pem")
        }
    }

    @Test("openssl accepts a server's certificate for its names, its addresses and its purpose alone")
    func serverInOpenSSL() async throws {
        let profile = CertificateProfile.server(
            "corbel", dnsNames: ["corbel.example", "*.sites.example"], addresses: ["192.0.2.1", "2001:db8::1"])
        let issued = try authority.issue(profile, now: .issuing, validity: .days(90), random: CountedBytes(first: 7))
        try await OpenSSL.with { openssl in
            try await openssl.write(authority.certificate, to: "ca.pem")
            try await openssl.write(issued.certificate, to: "leaf.pem")
            let verify = "verify -x509_strict -attime \(Timestamp.issuing.seconds) -CAfile ca.pem"
            for option in [
                "-purpose sslserver", "-verify_hostname corbel.example", "-verify_hostname a.sites.example",
                "-verify_ip 192.0.2.1", "-verify_ip 2001:db8::1",
            ] { _ = try await openssl("\(verify) \(option) leaf.pem") }
            for option in ["-purpose sslclient", "-verify_hostname other.example", "-verify_ip 192.0.2.2"] {
                _ = try await openssl("\(verify) \(option) leaf.pem", expecting: 2)
            }
        }
    }

    @Test("openssl reads the user and the groups of a client's certificate, and its key fits")
    func clientInOpenSSL() async throws {
        let profile = CertificateProfile.client("corbel:host:default:h1", organizations: ["corbel:hosts", "site:ä"])
        let issued = try authority.issue(profile, now: .issuing, validity: .days(90), random: CountedBytes(first: 7))
        try await OpenSSL.with { openssl in
            try await openssl.write(authority.certificate, to: "ca.pem")
            try await openssl.write(issued.certificate, to: "leaf.pem")
            try await openssl.write(try issued.privateKey.pem, to: "key.pem")
            let subject = try await openssl("x509 -in leaf.pem -noout -subject -nameopt utf8,sep_comma_plus_space")
            #expect(subject == "subject=O=corbel:hosts, O=site:ä, CN=corbel:host:default:h1\n")
            let verify = "verify -x509_strict -attime \(Timestamp.issuing.seconds) -CAfile ca.pem -purpose sslclient"
            _ = try await openssl("\(verify) leaf.pem")
            let ofCertificate = try await openssl("x509 -in leaf.pem -noout -pubkey")
            #expect(try await openssl("pkey -in key.pem -pubout") == ofCertificate)
        }
    }

    // MARK: - Time

    @Test("A certificate begins a little before now and lasts as long as asked")
    func validity() throws {
        let validity = try issue(.client("a")).validity
        #expect(validity.notBefore == .issuing - CertificateAuthority.backdating)
        #expect(validity.notAfter == .issuing + .days(90))
    }

    @Test("No certificate outlives its authority")
    func cappedValidity() throws {
        let info = try issue(.client("a"), now: .issuing + .days(3600), validity: .days(90))
        #expect(info.validity.notAfter == authority.info.validity.notAfter)
        #expect(authority.info.validity.notAfter == .issuing + .days(3650))
    }

    @Test("An authority that has ended, or not begun, issues nothing", arguments: [3651, -1])
    func endedAuthority(days: Int) {
        let error = statusError { try issue(.client("a"), now: .issuing + .days(days)) }
        #expect(error?.reason == .serviceUnavailable)
        #expect(error?.message.contains("corbel-ca") == true)
    }

    // MARK: - What is refused

    @Test(
        "A profile that cannot stand in a certificate is refused with the part that is wrong",
        arguments: [
            (CertificateProfile.server("a", dnsNames: ["a_b"], addresses: []), "a_b"),
            (.server("a", dnsNames: ["a..b"], addresses: []), "a..b"),
            (.server("a", dnsNames: ["a.*"], addresses: []), "a.*"),
            (.server("a", dnsNames: ["*"], addresses: []), "*"),
            (.server("a", dnsNames: ["ä.example"], addresses: []), "ä.example"),
            (.server("a", dnsNames: [], addresses: ["192.0.2.256"]), "192.0.2.256"),
            (.client(""), "common name"),
            (CertificateProfile(CertificateSubject(commonName: "a"), []), "usages"),
        ])
    func badProfile(profile: CertificateProfile, part: String) {
        let error = statusError { try issue(profile) }
        #expect(error?.reason == .invalid)
        #expect(error?.message.contains(part) == true)
    }

    // MARK: - Keeping it

    @Test("An authority that was stored and read again issues for the same trust")
    func reload() throws {
        let again = try CertificateAuthority(certificate: authority.certificate, privateKey: authority.privateKey)
        let issued = try again.issue(.client("a"), now: .issuing, validity: .days(1), random: CountedBytes())
        let info = try CertificateInfo(pem: issued.certificate)
        #expect(info.rejection(by: authority.info, for: .clientAuthentication, at: .issuing) == nil)
    }

    @Test("A key of another authority, a leaf and a torn file are no authority")
    func badReload() throws {
        let other = try CertificateAuthority.selfSigned(commonName: "corbel-ca", now: .issuing, random: CountedBytes())
        let leaf = try authority.issue(.client("leaf"), now: .issuing, validity: .days(1), random: CountedBytes())
        let torn = PEM(bytes: Array(authority.certificate.bytes.prefix(200)))
        let cases: [(PEM, PEM, String)] = [
            (authority.certificate, try other.privateKey, "does not belong to the authority corbel-ca"),
            (leaf.certificate, try leaf.privateKey.pem, "leaf is not that of an authority"),
            (torn, try authority.privateKey, "the certificate cannot be read"),
            (authority.certificate, PEM(text: ""), "the private key cannot be read"),
        ]
        for (certificate, key, message) in cases {
            let error = statusError { try CertificateAuthority(certificate: certificate, privateKey: key) }
            #expect(error?.message.contains(message) == true, "\(message): \(error?.message ?? "accepted")")
        }
    }

    @Test("Nothing that describes a key shows it")
    func secrecy() throws {
        #expect("\(PrivateKey())" == "private key")
        #expect("\(Signer())" == "signing key")
    }
}
