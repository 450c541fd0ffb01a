import ControlLoop
import CorbelAPI
import PKI
import Testing

@testable import SiteStandin

@Suite("Who may have which certificate of a site")
struct SigningPolicyTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var signer = CertificateSigningRequest.kubeletClientSigner
        var user: String
        var groups: [String] = []
        var subject: CertificateSubject
        var usages = ["digital signature", "client auth"]
        var conditions: [String] = []
        /// `sign`, `approve` (and sign), `deny`, `fail` or `leave`.
        var verdict: String

        var testDescription: String {
            "\(user) asks \(signer) for \(subject.commonName) of \(subject.organizations), \(conditions): \(verdict)"
        }

        var request: CertificateSigningRequest {
            var request = CertificateSigningRequest(name: "csr")
            request.signerName = signer
            request.userName = user
            request.groups = groups
            request.usages = usages
            for condition in conditions { request.set(Condition(condition, .isTrue, reason: "Test"), now: .at(0)) }
            return request
        }
    }

    private static let node1 = CertificateSubject(commonName: "system:node:h1", organizations: ["system:nodes"])
    private static let bootstrapper = ["system:bootstrappers:kubeadm:default-node-token", "system:authenticated"]
    private static let client = CertificateSigningRequest.clientSigner
    private static let ada = CertificateSubject(commonName: "ada", organizations: ["kubeadm:cluster-admins"])
    private static let master = CertificateSubject(commonName: "eve", organizations: ["system:masters"])

    private static func bootstrap(
        _ subject: CertificateSubject, _ verdict: String, usages: [String] = ["digital signature", "client auth"]
    ) -> Case {
        Case(user: "system:bootstrap:a", groups: bootstrapper, subject: subject, usages: usages, verdict: verdict)
    }

    /// Somebody asks for the certificate of the node h1.
    private static func node(
        by user: String, _ verdict: String, of group: String = "system:nodes", _ conditions: [String] = []
    ) -> Case {
        Case(user: user, groups: [group], subject: node1, conditions: conditions, verdict: verdict)
    }

    /// A node asks for the certificate of a person: no such group is of any help.
    private static func person(
        _ subject: CertificateSubject, _ verdict: String, _ conditions: [String] = [], signer: String = client
    ) -> Case {
        Case(
            signer: signer, user: "system:node:h1", groups: ["system:nodes"], subject: subject, conditions: conditions,
            verdict: verdict)
    }

    @Test(
        "The table of verdicts",
        arguments: [
            bootstrap(node1, "approve"),
            bootstrap(node1, "approve", usages: ["key encipherment", "digital signature", "client auth"]),
            bootstrap(node1, "fail", usages: ["digital signature", "server auth", "client auth"]),
            bootstrap(node1, "fail", usages: ["digital signature"]),
            bootstrap(CertificateSubject(commonName: "system:node:", organizations: ["system:nodes"]), "fail"),
            bootstrap(CertificateSubject(commonName: "h1", organizations: ["system:nodes"]), "fail"),
            bootstrap(CertificateSubject(commonName: "system:node:h1"), "fail"),
            bootstrap(
                CertificateSubject(commonName: "system:node:h1", organizations: ["system:nodes", "x"]), "fail"),
            bootstrap(ada, "fail"), bootstrap(master, "fail"),
            node(by: "system:node:h1", "approve"), node(by: "system:node:h2", "deny"),
            node(by: "system:node:h1", "leave", of: "system:authenticated"),
            node(by: "ada", "leave", of: "system:authenticated"),
            node(by: "ada", "sign", of: "system:authenticated", ["Approved"]),
            node(by: "system:node:h1", "leave", ["Denied"]), node(by: "system:node:h1", "leave", ["Failed"]),
            person(ada, "leave"), person(ada, "sign", ["Approved"]), person(ada, "leave", ["Approved", "Denied"]),
            person(master, "fail", ["Approved"]), person(master, "fail"),
            person(CertificateSubject(commonName: ""), "fail", ["Approved"]),
            person(node1, "leave"), person(ada, "leave", ["Approved"], signer: "kubernetes.io/legacy-unknown"),
            person(ada, "leave", ["Approved"], signer: CertificateSigningRequest.siteSigner),
        ])
    func verdicts(_ example: Case) {
        let verdict = SigningPolicy.verdict(on: example.request, for: example.subject)
        #expect(verdict.word == example.verdict)
        guard case .sign(let profile, _, _) = verdict else { return }
        #expect(profile == CertificateProfile(example.subject, [.clientAuthentication]))
    }

    @Test(
        "A certificate holds for ten minutes to a year",
        arguments: [(nil, 365 * 86_400), (1, 600), (600, 600), (28_800, 28_800), (400 * 86_400, 365 * 86_400)])
    func validity(asked: Int?, given: Int) {
        var request = Self.person(Self.ada, "sign", ["Approved"]).request
        request.expiration = asked.map { .seconds($0) }
        guard case .sign(_, let validity, _) = SigningPolicy.verdict(on: request, for: Self.ada) else {
            Issue.record("it is not signed")
            return
        }
        #expect(validity == .seconds(given))
    }

    @Test("One that has its certificate is left alone")
    func issued() {
        var request = Self.node(by: "system:node:h1", "leave").request
        request.certificate = Array("-----BEGIN CERTIFICATE-----".utf8)
        #expect(SigningPolicy.verdict(on: request, for: Self.node1) == .leave)
    }

    @Test(
        "Requests are forgotten an hour after their end, or a day after nothing came of them",
        arguments: [
            (nil, 3599, false), (nil, 86_399, false), (nil, 86_400, true), ("Denied", 3599, false),
            ("Denied", 3600, true), ("Failed", 3600, true),
        ] as [(String?, Int64, Bool)])
    func collection(condition: String?, age: Int64, isDeleted: Bool) {
        let conditions = condition.map { [$0] } ?? []
        let request = Self.node(by: "system:node:h1", "leave", conditions).request.stored()
        var site = TestSite(request)
        site.reconcile(SigningRequestCollector(), request.key, now: .at(age))
        #expect((site.snapshot[request.key] == nil) == isDeleted)
    }
}

extension SigningVerdict {
    fileprivate var word: String {
        switch self {
        case .leave: "leave"
        case .sign(_, _, let approval): approval == nil ? "sign" : "approve"
        case .deny: "deny"
        case .fail: "fail"
        }
    }
}
