import APIServer
import CorbelAPI
import Testing

@testable import SiteStandin

@Suite("Who may do what at a site of the stand-in")
struct SiteAuthorizerTests {
    private static let objects: [Unstructured] = {
        var own = HostMachine(namespace: "site", name: "edge-h1")
        own.clusterName = "edge"
        own.hostName = "h1"
        var other = HostMachine(namespace: "site", name: "edge-h2")
        other.clusterName = "edge"
        other.hostName = "h2"
        var pod = Pod(namespace: "site", name: "here")
        pod.nodeName = "h1"
        var elsewhere = Pod(namespace: "site", name: "there")
        elsewhere.nodeName = "h2"
        let clusters = ["edge", "other"].map { Unstructured(EdgeCluster(namespace: "site", name: $0)) }
        let revisions = ["edge", "other"].map { cluster in
            var revision = ClusterRevision(namespace: "site", name: "\(cluster)-1")
            revision.clusterName = cluster
            return Unstructured(revision)
        }
        let requests = [node, bootstrapper].map { user in
            var request = CertificateSigningRequest(name: "csr-of-\(user.name.suffix(2))")
            request.userName = user.name
            return Unstructured(request)
        }
        let rest = [Unstructured(Node(name: "h2")), Unstructured(Secret(namespace: "site", name: "edge-join"))]
        return [Unstructured(own), Unstructured(other), Unstructured(pod), Unstructured(elsewhere)] + clusters
            + revisions + requests + rest
    }()

    private let authorizer = SiteAuthorizer { key in Self.objects.first { $0.key == key } }
    private static let host = UserInfo(name: "corbel:host:site:h1", groups: ["corbel:hosts"])
    private static let node = UserInfo(name: "system:node:h1", groups: ["system:nodes"])
    private static let bootstrapper = UserInfo(
        name: "system:bootstrap:abcdef", groups: ["system:bootstrappers:kubeadm:default-node-token"])
    private static let administrator = UserInfo(name: "ada", groups: ["kubeadm:cluster-admins"])
    private static let viewer = UserInfo(name: "vera", groups: ["corbel:viewers"])

    struct Case: Sendable {
        var user: UserInfo
        var words: String
        var isAllowed: Bool

        /// `verb resource[/subresource] namespace[/name]`, `-` for no namespace.
        init(_ user: UserInfo, _ words: String, _ isAllowed: Bool) {
            self.user = user
            self.words = words
            self.isAllowed = isAllowed
        }

        var attributes: RequestAttributes {
            let parts = words.split(separator: " ")
            let resource = parts[1].split(separator: "/")
            let place = parts[2].split(separator: "/")
            let groups = [
                "hostmachines": APIGroup.infrastructure, "leases": APIGroup.coordination,
                "certificatesigningrequests": APIGroup.certificates, "edgeclusters": APIGroup.corbel,
                "clusterrevisions": APIGroup.corbel, "clusterupdates": APIGroup.corbel,
            ]
            return RequestAttributes(
                user: user, verb: String(parts[0]),
                resource: GroupResource(groups[String(resource[0])] ?? "", String(resource[0])),
                subresource: resource.count > 1 ? String(resource[1]) : "",
                namespace: place[0] == "-" ? "" : String(place[0]),
                name: place.count > 1 ? String(place[1]) : "")
        }
    }

    @Test(
        "The table of permissions",
        arguments: [
            Case(host, "list hostmachines site", true), Case(host, "watch hostmachines site", true),
            Case(host, "list hostmachines other", false), Case(host, "get hostmachines site/edge-h1", true),
            Case(host, "patch hostmachines/status site/edge-h1", true),
            Case(host, "update hostmachines/status site/edge-h1", true),
            Case(host, "patch hostmachines/status site/edge-h2", false),
            Case(host, "patch hostmachines site/edge-h1", false),
            Case(host, "delete hostmachines site/edge-h1", false),
            Case(host, "get secrets site/edge-h1-bootstrap", true),
            Case(host, "get secrets site/edge-h2-bootstrap", false), Case(host, "get secrets site/other", false),
            Case(host, "list secrets site", false), Case(host, "get nodes -/h1", false),
            Case(host, "get pods site/here", false),
            Case(node, "create nodes -", true), Case(node, "patch nodes/status -/h1", true),
            Case(node, "patch nodes -/h2", false),
            Case(node, "delete nodes -/h1", false), Case(node, "update leases kube-node-lease/h1", true),
            Case(node, "update leases kube-node-lease/h2", false), Case(node, "get leases kube-system/x", false),
            Case(node, "update pods/status site/here", true), Case(node, "update pods/status site/there", false),
            Case(node, "delete pods site/here", true), Case(node, "delete pods site/there", false),
            Case(node, "update pods site/here", false), Case(node, "create pods/eviction site/here", false),
            Case(node, "get secrets site/edge-h1-bootstrap", false), Case(node, "create events site", true),
            Case(.anonymous, "list pods site", false), Case(.anonymous, "create certificatesigningrequests -", false),
            Case(host, "get edgeclusters site/edge", true), Case(host, "list edgeclusters site", true),
            Case(host, "get edgeclusters site/other", false), Case(host, "watch edgeclusters site", false),
            Case(host, "list edgeclusters elsewhere", false), Case(host, "patch edgeclusters site/edge", false),
            Case(host, "patch edgeclusters/status site/edge", false),
            Case(host, "get clusterrevisions site/edge-1", true), Case(host, "list clusterrevisions site", true),
            Case(host, "get clusterrevisions site/other-1", false),
            Case(host, "get clusterrevisions site/none", false),
            Case(host, "delete clusterrevisions site/edge-1", false), Case(host, "list clusterupdates site", false),
            Case(host, "create certificatesigningrequests -", false),
            Case(node, "create certificatesigningrequests -", true),
            Case(node, "get certificatesigningrequests -/csr", true),
            Case(node, "update certificatesigningrequests/approval -/csr", false),
            Case(node, "update certificatesigningrequests/status -/csr", false),
            Case(bootstrapper, "create certificatesigningrequests -", true),
            Case(bootstrapper, "get certificatesigningrequests -/csr", true),
            Case(bootstrapper, "watch certificatesigningrequests -", true),
            Case(bootstrapper, "update certificatesigningrequests/approval -/csr", false),
            Case(bootstrapper, "delete certificatesigningrequests -/csr", false),
            Case(bootstrapper, "get nodes -/h2", true), Case(bootstrapper, "list nodes -", true),
            Case(bootstrapper, "watch nodes -", false), Case(bootstrapper, "create nodes -", false),
            Case(bootstrapper, "get secrets site/edge-h1-bootstrap", false),
            Case(bootstrapper, "list pods site", false),
            Case(administrator, "delete nodes -/h1", true), Case(administrator, "get secrets site/edge-join", true),
            Case(administrator, "update certificatesigningrequests/approval -/csr", true),
            Case(viewer, "list pods site", true), Case(viewer, "get secrets site/edge-join", false),
            Case(viewer, "list secrets site", false), Case(viewer, "patch nodes -/h1", false),
            Case(viewer, "create pods/eviction site/here", false),
            Case(UserInfo(name: "corbel:host:site:h1", groups: []), "get hostmachines site/edge-h1", false),
            Case(UserInfo(name: "system:node:h1", groups: ["corbel:hosts"]), "get nodes -/h1", false),
        ])
    func permissions(_ example: Case) async {
        #expect(
            await authorizer.allows(example.attributes) == example.isAllowed, "\(example.user.name) \(example.words)")
    }

    @Test("Lists show what is one's own")
    func visibility() async {
        var seen: [String: [String]] = [:]
        for user in [Self.host, Self.node, Self.bootstrapper, Self.administrator, Self.viewer] {
            for object in Self.objects where await authorizer.maySee(object, user: user) {
                seen[user.name, default: []].append(object.name)
            }
        }
        #expect(seen["corbel:host:site:h1"] == ["edge-h1", "edge", "edge-1", "edge-join"])
        #expect(seen["system:node:h1"]?.contains("here") == true)
        #expect(seen["system:node:h1"]?.contains("there") == false)
        #expect(seen["system:node:h1"]?.filter { $0.hasPrefix("csr") } == ["csr-of-h1"])
        #expect(seen["system:bootstrap:abcdef"] == ["csr-of-ef", "h2"])
        #expect(seen["ada"]?.count == Self.objects.count)
        #expect(seen["vera"]?.count == Self.objects.count - 1)
        #expect(seen["vera"]?.contains("edge-join") == false)
    }

    @Test("Administrators alone see everything unasked")
    func everything() {
        let others = [Self.host, Self.node, Self.bootstrapper, Self.viewer, .anonymous]
        #expect(authorizer.seesEverything(Self.administrator))
        #expect(others.allSatisfy { !authorizer.seesEverything($0) })
    }
}
