import CorbelAPI
import PKI
import Testing

@testable import HostAgent

@Suite("Whom a site lets in on the centre's word")
struct AccessPolicyTests {
    struct Case: Sendable {
        var name = "ada"
        var organizations = ["kubeadm:cluster-admins"]
        var usages = ["client auth", "digital signature"]
        var authority = "Centre"
        /// What the refusal says; `nil` where there is none.
        var problem: String?
    }

    @Test(
        "The table of refusals",
        arguments: [
            Case(problem: nil), Case(organizations: ["corbel:viewers"], problem: nil),
            Case(usages: ["client auth", "key encipherment"], problem: nil),
            Case(name: "eve", problem: "ada asks for the certificate of \"eve\""),
            Case(name: "", problem: "ada asks"),
            Case(organizations: ["system:masters"], problem: "the organization must be"),
            Case(organizations: ["system:nodes"], problem: "the organization must be"),
            Case(organizations: ["kubeadm:cluster-admins", "system:masters"], problem: "and no other"),
            Case(organizations: [], problem: "the organization must be"),
            Case(usages: ["client auth", "server auth"], problem: "not for server auth"),
            Case(authority: "Site", problem: "under its own authority"),
        ])
    func refusals(_ example: Case) {
        #expect(Self.problem(example, user: "ada").matches(example.problem))
    }

    @Test(
        "Names of nodes, components and hosts are no names of people", arguments: ["system:node:h1", "corbel:host:a:b"])
    func names(name: String) {
        #expect(Self.problem(Case(name: name), user: name).matches("is no name of a person"))
    }

    private static func problem(_ example: Case, user: String) -> String? {
        var cluster = EdgeCluster(namespace: "default", name: "edge")
        cluster.json["status", "authority"] = .string(example.authority)
        var request = CertificateSigningRequest(generateName: "kubeconfig-", atSiteOf: cluster)
        request.userName = user
        request.usages = example.usages
        let subject = CertificateSubject(commonName: example.name, organizations: example.organizations)
        return AccessPolicy.problem(of: request, for: subject, at: cluster)
    }

    @Test(
        "Nothing holds longer than a day",
        arguments: [(nil, 28_800), (60, 600), (3600, 3600), (86_400, 86_400), (1_000_000, 86_400)])
    func validity(asked: Int?, given: Int) {
        var request = CertificateSigningRequest(
            generateName: "kubeconfig-", atSiteOf: EdgeCluster(namespace: "default", name: "edge"))
        request.uid = "u1"
        request.request = Array("pem".utf8)
        request.usages = ["digital signature"]
        request.expiration = asked.map { .seconds($0) }
        let copy = AccessPolicy.copy(of: request, labelled: ["a": "b"])
        #expect(copy.expiration == .seconds(given))
        #expect(copy.name == "corbel-access-u1" && copy.labels == ["a": "b"])
        #expect(copy.signerName == "kubernetes.io/kube-apiserver-client")
        #expect(copy.usages == ["digital signature", "client auth"] && copy.request == request.request)
    }
}

extension String? {
    fileprivate func matches(_ part: String?) -> Bool {
        guard let part else { return self == nil }
        return self?.contains(part) ?? false
    }
}
