import Audit
import Centre
import CorbelAPI
import Effects
import EffectsLinux
import Testing

/// Who may do what, as stock kubectl sees it.
@Suite("kubectl and access", .timeLimit(.minutes(5)))
struct AccessKubectlTests {
    private static let ada = "--as=ada"

    /// kubectl until it ends with 0: roles are followed a moment after they are written.
    private func eventually(_ centre: RunningCentre, _ line: String) async throws -> String {
        for _ in 0..<100 {
            let said = try await centre.run(kubectl: line)
            if said.status == 0 { return said.output }
        }
        Issue.record("kubectl \(line) is not allowed")
        return ""
    }

    @Test("makes roles and bindings, asks what one may do, and is refused the rest")
    func roles() async throws {
        try await RunningCentre.with { centre in
            try await centre.kubectl("create role reader --verb=get,list --resource=configmaps --resource-name=one")
            try await centre.kubectl("create rolebinding ada --role=reader --user=ada")
            #expect(try await centre.kubectl("get rolebinding ada -o wide").contains("Role/reader"))
            #expect(try await eventually(centre, "auth can-i get configmaps/one \(Self.ada)").contains("yes"))
            #expect(try await centre.kubectl("auth can-i get configmaps/two \(Self.ada)", expecting: 1).contains("no"))
            #expect(try await centre.kubectl("auth can-i get configmaps/one --as=eve", expecting: 1).contains("no"))
            #expect(try await centre.kubectl("auth can-i get /version \(Self.ada)").contains("yes"))
            #expect(try await centre.kubectl("auth can-i get /metrics \(Self.ada)", expecting: 1).contains("no"))
            let list = try await centre.kubectl("auth can-i --list \(Self.ada)")
            #expect(list.contains("configmaps") && list.contains("[one]") && list.contains("selfsubjectreviews"))
            #expect(try await centre.kubectl("auth can-i --list").contains("*.*"))
            let refused = try await centre.kubectl("get secrets \(Self.ada)", expecting: 1)
            #expect(
                refused.contains(
                    "secrets is forbidden: User \"ada\" cannot list resource \"secrets\" in API group \"\" in the "
                        + "namespace \"default\""), "\(refused)")
            let whoami = try await centre.kubectl("auth whoami \(Self.ada) --as-group=devs --as-uid=u1 -o json")
            #expect(whoami.contains("\"ada\"") && whoami.contains("devs") && whoami.contains("u1"))
            #expect(try await centre.kubectl("auth whoami").contains("corbel:admin"))
        }
    }

    @Test("gathers roles, and gives admin, edit and view to people")
    func clusterRoles() async throws {
        try await RunningCentre.with { centre in
            try await centre.kubectl("create rolebinding viewers --clusterrole=view --group=viewers")
            let viewer = "\(Self.ada) --as-group=viewers"
            #expect(try await eventually(centre, "get edgeclusters \(viewer)").isEmpty)
            #expect(try await centre.kubectl("get secrets \(viewer)", expecting: 1).contains("forbidden"))
            #expect(
                try await centre.kubectl("get edgeclusters -A \(viewer)", expecting: 1).contains("at the cluster scope")
            )
            try await centre.kubectl(
                "create clusterrole more --verb=get --resource=leases.coordination.k8s.io")
            try await centre.kubectl(
                "create clusterrole gather --aggregation-rule=gathered=yes")
            try await centre.kubectl("label clusterrole more gathered=yes")
            for _ in 0..<100 {
                if try await centre.kubectl("get clusterrole gather -o yaml").contains("leases") { break }
            }
            #expect(try await centre.kubectl("get clusterrole gather -o yaml").contains("leases"))
            let defaults = try await centre.kubectl("get clusterroles -o name")
            for name in ["cluster-admin", "admin", "edit", "view", "system:discovery", "system:basic-user"] {
                #expect(defaults.contains("clusterrole.rbac.authorization.k8s.io/\(name)\n"), "\(name)")
            }
            #expect(try await centre.kubectl("describe clusterrole view").contains("edgeclusters.corbel.dev"))
            #expect(try await centre.kubectl("get clusterrolebindings").contains("ClusterRole/cluster-admin"))
        }
    }

    private static let manifest = """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: Role
        metadata: {name: made, namespace: default}
        rules:
        - {verbs: [get], apiGroups: [""], resources: [configmaps]}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata: {name: made, namespace: default}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: made}
        subjects:
        - {apiGroup: rbac.authorization.k8s.io, kind: User, name: ada}
        """

    @Test("reconciles roles, and nobody gives more than they have")
    func reconcile() async throws {
        try await RunningCentre.with { centre in
            try await centre.write("roles.yaml", Self.manifest)
            #expect(try await centre.kubectl("auth reconcile -f roles.yaml").contains("reconciled"))
            try await centre.write("roles.yaml", Self.manifest.replacing("[get]", with: "[get, list]"))
            #expect(try await centre.kubectl("auth reconcile -f roles.yaml").contains("reconciled"))
            #expect(try await centre.kubectl("get role made -o jsonpath={.rules[*].verbs}").contains("list"))
            try await centre.kubectl("create rolebinding admins --clusterrole=admin --user=ada")
            _ = try await eventually(centre, "auth can-i create roles \(Self.ada)")
            try await centre.kubectl("create role mine --verb=get --resource=configmaps \(Self.ada)")
            try await centre.kubectl("create rolebinding mine --clusterrole=edit --user=bob \(Self.ada)")
            let escalation = try await centre.kubectl(
                "create role theirs --verb=update --resource=clusterrevisions \(Self.ada)", expecting: 1)
            #expect(escalation.contains("attempting to grant RBAC permissions not currently held"))
            let binding = try await centre.kubectl(
                "create rolebinding theirs --clusterrole=cluster-admin --user=bob \(Self.ada)", expecting: 1)
            #expect(binding.contains("attempting to grant RBAC permissions not currently held"))
            let impersonation = try await centre.kubectl("get configmaps --as=ada --as-group=g --v=0")
            #expect(!impersonation.contains("forbidden"))
        }
    }

    @Test("A token of the data directory lets the administrator in, and changes are audited with who made them")
    func tokensAndAudit() async throws {
        try await RunningCentre.with { centre in
            let data = centre.directory + "/data"
            let maker = AdministratorToken(
                dataDirectory: data, files: LinuxFiles(), time: SystemClock(), random: SystemRandom())
            let token = try await maker.make(validity: .seconds(60)).text
            let header = ["-H", "Authorization: Bearer \(token)"]
            let path = "/api/v1/namespaces/default/configmaps"
            #expect(try await centre.curl(path, header, isAnonymous: true).head.hasPrefix("200"))
            let body = #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"generateName":"by-token-"}}"#
            let created = try await centre.curl(
                path, header + ["-H", "Content-Type: application/json", "-d", body], isAnonymous: true)
            #expect(created.head.hasPrefix("201"))
            let forged = ["-H", "Authorization: Bearer \(token.dropLast(4))AAAA"]
            #expect(try await centre.curl(path, forged, isAnonymous: true).head.hasPrefix("401"))
            let both = header + ["-H", "Impersonate-User: ada", "-X", "DELETE"]
            #expect(try await centre.curl(path + "/x", both, isAnonymous: true).head.hasPrefix("403"))
            try await centre.kubectl("create secret generic s --from-literal=password=hidden-word")
            let audit = try await centre.audit()
            #expect(!audit.contains(token) && !audit.contains("hidden-word") && !audit.contains("aGlkZGVuLXdvcmQ"))
            let lines = try audit.split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
            let made = lines.first { $0["object", "name"]?.stringValue?.hasPrefix("by-token-") ?? false }
            #expect(made?["user", "name"] == "corbel:admin" && made?["code"] == 201)
            #expect(made?["user", "credential"]?.stringValue?.hasPrefix("JTI=") == true)
            #expect(made?["source"] == "127.0.0.1")
            #expect(lines.contains { $0["code"] == 401 && $0["user", "name"] == "system:anonymous" })
            #expect(lines.contains { $0["impersonated", "name"] == "ada" && $0["code"] == 403 })
            #expect(lines.contains { $0["object", "resource"] == "secrets" && $0["object", "name"] == "s" })
            let report = try await AuditVerifier.verify(AuditDirectory(path: data + "/audit"), files: LinuxFiles())
            #expect(report.findings.allSatisfy { $0.message.contains("head.json is missing") }, "\(report.findings)")
        }
    }

    @Test("Health says more when it is asked to, and metrics are for those who may read them")
    func healthAndMetrics() async throws {
        try await RunningCentre.with { centre in
            let ready = try await centre.curl("/readyz?verbose", isAnonymous: true)
            #expect(ready.body == "[+]ping ok\n[+]store ok\nreadyz check passed\n")
            #expect(try await centre.curl("/livez", isAnonymous: true).body == "ok")
            #expect(try await centre.kubectl("get --raw /livez?verbose").contains("[+]ping ok"))
            #expect(try await centre.curl("/metrics", isAnonymous: true).head.hasPrefix("403"))
            try await centre.kubectl("get configmaps")
            let metrics = try await centre.curl("/metrics").body
            let counted =
                #"apiserver_request_total{verb="LIST",group="",version="v1",resource="configmaps",subresource="","#
                + #"scope="namespace",code="200"} 1"#
            #expect(metrics.contains(counted), "\(metrics)")
            #expect(metrics.contains("corbel_store_revision "))
            #expect(metrics.contains(#"le="+Inf"} 1"#))
        }
    }
}
