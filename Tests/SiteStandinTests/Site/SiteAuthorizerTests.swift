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
        return [Unstructured(own), Unstructured(other), Unstructured(pod), Unstructured(elsewhere)]
    }()

    private let authorizer = SiteAuthorizer { key in Self.objects.first { $0.key == key } }
    private static let host = UserInfo(name: "corbel:host:site:h1", groups: ["corbel:hosts"])
    private static let node = UserInfo(name: "system:node:h1", groups: ["system:nodes"])

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
            let groups = ["hostmachines": APIGroup.infrastructure, "leases": APIGroup.coordination]
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
            Case(.anonymous, "list pods site", false),
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
        for user in [Self.host, Self.node] {
            for object in Self.objects where await authorizer.maySee(object, user: user) {
                seen[user.name, default: []].append(object.name)
            }
        }
        #expect(seen["corbel:host:site:h1"] == ["edge-h1"])
        #expect(seen["system:node:h1"]?.contains("here") == true)
        #expect(seen["system:node:h1"]?.contains("there") == false)
    }
}
