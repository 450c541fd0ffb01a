import Centre
import CorbelAPI
import Testing

/// Stock kubectl, found on the PATH, against a centre over TLS.
@Suite("kubectl", .timeLimit(.minutes(5)))
struct KubectlTests {
    private static let profile = """
        apiVersion: corbel.dev/v1alpha1
        kind: EdgeHost
        metadata:
          name: h1
        spec:
          approved: true
        """

    @Test("finds the resources and explains them")
    func discovery() async throws {
        try await RunningCentre.with { centre in
            let resources = try await centre.kubectl("api-resources")
            for part in ["edgehosts", "eh", "corbel.dev/v1alpha1", "machines", "cluster.x-k8s.io/v1beta2", "leases"] {
                #expect(resources.contains(part), "\(part)")
            }
            let explanation = try await centre.kubectl("explain edgehost.spec.approved")
            #expect(explanation.contains("<boolean>") && explanation.contains("Whether the host may take part."))
            #expect(try await centre.kubectl("version").contains("+corbel-0.0.0"))
        }
    }

    @Test("creates Kubernetes' own kinds, which it sends as protobuf")
    func create() async throws {
        try await RunningCentre.with { centre in
            try await centre.kubectl("create namespace edge")
            try await centre.kubectl("-n edge create configmap cm --from-literal=k=v")
            try await centre.kubectl("-n edge create secret generic s --from-literal=password=pw")
            #expect(try await centre.kubectl("-n edge get configmap cm -o jsonpath={.data.k}") == "v")
            #expect(try await centre.kubectl("-n edge get secret s -o jsonpath={.data.password}") == "cHc=")
            #expect(try await centre.kubectl("get namespaces").contains("Active"))
            try await centre.kubectl("delete namespace edge --timeout=60s")
            #expect(try await centre.kubectl("get namespace edge", expecting: 1).contains("not found"))
        }
    }

    @Test("applies on both sides, shows the difference, edits, patches and deletes")
    func apply() async throws {
        try await RunningCentre.with { centre in
            try await centre.write("host.yaml", Self.profile)
            try await centre.kubectl("diff -f host.yaml", expecting: 1)
            #expect(try await centre.kubectl("apply -f host.yaml").contains("edgehost.corbel.dev/h1 created"))
            #expect(try await centre.kubectl("apply -f host.yaml").contains("unchanged"))
            try await centre.kubectl("diff -f host.yaml")
            try await centre.write("host.yaml", Self.profile + "\n  maintenance: true\n")
            #expect(try await centre.kubectl("diff -f host.yaml", expecting: 1).contains("+  maintenance: true"))
            #expect(try await centre.kubectl("apply -f host.yaml").contains("configured"))
            let conflict = try await centre.kubectl(
                "apply --server-side --field-manager=other -f -", input: Self.refused, expecting: 1)
            #expect(conflict.contains("conflict"))
            try await centre.kubectl(
                "apply --server-side --force-conflicts --field-manager=other -f -", input: Self.refused)
            #expect(try await centre.kubectl("get eh h1 -o jsonpath={.spec.maintenance}") == "false")
            try await centre.write(
                "editor", "#!/bin/sh\nexec sed -i 's/maintenance: false/maintenance: true/' \"$1\"\n")
            try await centre.kubectl("edit eh h1", environment: ["EDITOR": centre.directory + "/editor"])
            #expect(try await centre.kubectl("get eh h1 -o jsonpath={.spec.maintenance}") == "true")
            try await centre.kubectl("patch eh h1 --type=merge -p {\"spec\":{\"maintenance\":false}}")
            try await centre.kubectl("label eh h1 site=a")
            #expect(try await centre.kubectl("get eh -l site=a -o name") == "edgehost.corbel.dev/h1\n")
            try await centre.kubectl("delete eh h1")
            #expect(try await centre.kubectl("get eh h1", expecting: 1).contains("NotFound"))
        }
    }

    private static let refused = """
        apiVersion: corbel.dev/v1alpha1
        kind: EdgeHost
        metadata: {name: h1}
        spec: {maintenance: false}
        """

    @Test("says which field of which file is wrong, before and after it is sent")
    func validation() async throws {
        try await RunningCentre.with { centre in
            let unknown = Self.profile + "\n  colour: red\n"
            let first = try await centre.kubectl("apply -f -", input: unknown, expecting: 1)
            #expect(first.contains("spec.colour"), "\(first)")
            let wrong = Self.profile.replacing("true", with: "perhaps")
            let second = try await centre.kubectl("apply -f -", input: wrong, expecting: 1)
            #expect(second.contains("spec.approved"), "\(second)")
        }
    }

    @Test("prints useful columns, follows changes and waits for a condition")
    func watch() async throws {
        try await RunningCentre.with { centre in
            try await centre.kubectl("apply -f -", input: Self.profile)
            let table = try await centre.kubectl("get edgehosts")
            #expect(table.contains("NAME") && table.contains("REACHABLE") && table.contains("h1"))
            #expect(try await centre.kubectl("get eh h1 -o yaml").contains("kind: EdgeHost"))
            let condition =
                #"{"status":{"conditions":[{"type":"Tested","status":"True","reason":"R","message":"","#
                + #""lastTransitionTime":"2026-01-01T00:00:00Z"}]}}"#
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await centre.kubectl("wait eh/h1 --for=condition=Tested --timeout=60s") }
                group.addTask {
                    let seen = try await centre.kubectl("get eh -w --request-timeout=15s", expecting: 0)
                    #expect(seen.split(separator: "\n").filter { $0.hasPrefix("h1") }.count >= 2, "\(seen)")
                }
                for _ in 0..<3 { try await centre.kubectl("get eh") }
                try await centre.kubectl("patch eh h1 --subresource=status --type=merge -p \(condition)")
                try await group.waitForAll()
            }
        }
    }

    @Test("describes an object with its events")
    func describe() async throws {
        try await RunningCentre.with { centre in
            try await centre.kubectl("apply -f -", input: Self.profile)
            let uid = try await centre.kubectl("get eh h1 -o jsonpath={.metadata.uid}")
            let event = """
                apiVersion: v1
                kind: Event
                metadata: {name: h1.1, namespace: default}
                involvedObject:
                  {apiVersion: corbel.dev/v1alpha1, kind: EdgeHost, name: h1, namespace: default, uid: \(uid)}
                reason: Tested
                message: It was tried.
                type: Normal
                count: 1
                firstTimestamp: "2026-01-01T00:00:00Z"
                lastTimestamp: "2026-01-01T00:00:00Z"
                source: {component: test}
                """
            try await centre.kubectl("create -f -", input: event)
            let description = try await centre.kubectl("describe eh h1")
            #expect(description.contains("Tested") && description.contains("It was tried."))
        }
    }
}
