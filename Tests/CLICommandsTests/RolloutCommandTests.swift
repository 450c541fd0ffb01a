import APIMachinery
import CorbelAPI
import KubeClient
import ResourceClient
import Testing

@testable import CLICommands

@Suite("corbel approve, rollout, token, host, check and version against a centre")
struct RolloutCommandTests {
    private func withUpdate(
        _ update: ClusterUpdate, _ body: @escaping @Sendable (TestCentre, ClusterUpdate) async throws -> Void
    ) async throws {
        try await TestCentre.run { centre in
            let applied = try await centre.corbel("apply", "--no-wait", "-f", "-", input: Samples.cluster)
            try #require(applied.code == 0, "\(applied)")
            try await body(centre, try await centre.client.create(update, by: "test"))
        }
    }

    /// Writes an update's status as a reconciler would.
    private func report(_ status: JSONValue, on update: ClusterUpdate, _ centre: TestCentre) async throws {
        let present = try await centre.client.find(ClusterUpdate.self, namespace: "default", name: update.name)
        var changed = try #require(present)
        changed.json["status"] = status
        _ = try await centre.client.updateStatus(changed, by: "test")
    }

    @Test("approve approves exactly the update of the cluster, and says by whom")
    func approve() async throws {
        try await withUpdate(Samples.update()) { centre, update in
            let run = try await centre.corbel("approve", "site", "--no-wait", "-o", "json")
            #expect(run.code == 0, "\(run)")
            #expect(try run.json["approved"] == true)
            let found = try await centre.client.find(ClusterUpdate.self, namespace: "default", name: update.name)
            #expect(found?.isApproved == true)
            #expect(found?.json["spec", "approval", "by"] == "corbel:admin")
        }
    }

    @Test("downtime has to be approved by its name")
    func downtime() async throws {
        try await withUpdate(Samples.update(plan: ["downtime": "the API server is down"])) { centre, _ in
            let refused = try await centre.corbel("approve", "site")
            #expect(refused.code == 1 && refused.progress.contains("the API server is down"), "\(refused)")
            #expect(try await centre.corbel("approve", "site", "--downtime", "--no-wait").code == 0)
        }
    }

    static let halted: JSONValue = [
        "phase": "Halted",
        "conditions": [
            [
                "type": "Halted", "status": "True", "reason": "HostReverted", "message": "host-2 went back",
                "lastTransitionTime": "2026-01-01T00:00:00Z",
            ]
        ],
    ]

    @Test(
        "rollout status follows an update to its end",
        arguments: [
            (["phase": "Completed"], 0, "Completed"), (halted, 1, "has halted: host-2 went back"),
            (["phase": "Superseded"], 1, "was superseded"),
        ] as [(JSONValue, Int32, String)])
    func status(status: JSONValue, code: Int32, part: String) async throws {
        try await withUpdate(Samples.update()) { centre, update in
            #expect(try await centre.corbel("rollout", "status", "site").results.contains("PendingApproval"))
            _ = try await centre.corbel("approve", "site", "--no-wait")
            async let run = centre.corbel("rollout", "status", "site")
            try await report(status, on: update, centre)
            let ended = try await run
            #expect(ended.code == code && (ended.results + ended.progress).contains(part), "\(ended)")
        }
    }

    @Test("pause, resume and abort each write their own word")
    func hands() async throws {
        try await withUpdate(Samples.update()) { centre, update in
            func spec() async throws -> JSONValue? {
                try await centre.client.find(ClusterUpdate.self, namespace: "default", name: update.name)?.spec
            }
            #expect(try await centre.corbel("rollout", "pause", "site", "--no-wait").code == 0)
            #expect(try await spec()?["paused"] == true)
            #expect(try await centre.corbel("rollout", "resume", "site", "--no-wait").code == 0)
            #expect(try await spec()?["paused"] == false)
            try await report(["phase": "Halted", "attempt": 2], on: update, centre)
            #expect(try await centre.corbel("rollout", "resume", "site", "--no-wait").code == 0)
            let retried = try await centre.client.find(ClusterUpdate.self, namespace: "default", name: update.name)
            #expect(retried?.annotations["corbel.dev/retry"] == "3")
            #expect(try await centre.corbel("rollout", "abort", "site", "--no-wait").code == 0)
            #expect(try await spec()?["aborted"] == true)
            try await report(["phase": "Aborted"], on: update, centre)
            let late = try await centre.corbel("rollout", "pause", "site")
            #expect(late.code == 1 && late.progress.contains("takes no further step"), "\(late)")
        }
    }

    @Test("revert leads back to the revision before, and is refused where the profiles are not what they were")
    func revert() async throws {
        try await TestCentre.run { centre in
            let all = Samples.profile() + "---\n" + Samples.cluster
            _ = try await centre.corbel("apply", "--no-wait", "-f", "-", input: all)
            let survey = try await PlanSurvey(centre.client, namespaces: ["default"], applied: [])
            let cluster = try #require(survey.clusters.first)
            let first = try await centre.client.create(try survey.ground(of: cluster).plan().revision, by: "test")
            var update = Samples.update()
            update.fromRevision = first.name
            update = try await centre.client.create(update, by: "test")
            let untouched = try await centre.corbel("rollout", "revert", "site")
            #expect(untouched.code == 1 && untouched.progress.contains("nothing to go back from"), "\(untouched)")
            try await report(["phase": "Halted", "startedAt": "2026-01-01T00:00:00Z"], on: update, centre)
            let back = try await centre.corbel("rollout", "revert", "site", "--no-wait")
            #expect(back.code == 0 && back.results.contains("waits for approval"), "\(back)")
            _ = try await centre.corbel("apply", "-f", "-", input: Samples.profile(maxPods: 200))
            let refused = try await centre.corbel("rollout", "revert", "site", "--no-wait")
            #expect(refused.code == 1 && refused.progress.contains("layers that differ: k8s"), "\(refused)")
        }
    }

    @Test("a token is shown once, listed without its secret, and revoked")
    func tokens() async throws {
        try await TestCentre.run { centre in
            let created = try await centre.corbel(
                "token", "create", "--ttl", "1h", "--max-uses", "2", "--label", "region=north", "-o", "json")
            let text = try #require(try created.json["token"]?.stringValue)
            let secret = try #require(text.split(separator: ".").last.map(String.init))
            let id = String(text.prefix(6))
            let listed = try await centre.corbel("token", "list")
            #expect(listed.results.contains(id) && !listed.results.contains(secret), "\(listed)")
            let stored = try await centre.corbel("token", "list", "-o", "yaml")
            #expect(!stored.results.contains(secret) && stored.results.contains("region: north"), "\(stored)")
            #expect(try await centre.corbel("token", "revoke", text).code == 0)
            let token = try await centre.client.find(RegistrationToken.self, namespace: "default", name: id)
            #expect(token?.isRevoked == true)
        }
    }

    @Test("a host is approved by hand, and its state is waited for")
    func hosts() async throws {
        try await TestCentre.run { centre in
            var host = try await centre.client.create(EdgeHost(namespace: "default", name: "a"), by: "test")
            async let run = centre.corbel("host", "approve", "a")
            while !host.isApproved {
                host = try #require(try await centre.client.find(EdgeHost.self, namespace: "default", name: "a"))
            }
            // The centre writes the host too: what it says of the state is laid over whatever stands there.
            _ = try await centre.client.patch(
                host.key, .merge, ["status": ["state": "Ready"]], subresource: .status,
                WriteOptions(fieldManager: "test"))
            #expect(try await run.code == 0)
            #expect(try await centre.corbel("host", "list").results.contains("Ready"))
        }
    }

    @Test("check finds a server sound, and a cluster that does not run")
    func check() async throws {
        try await TestCentre.run { centre in
            let empty = try await centre.corbel("check")
            #expect(empty.code == 0 && empty.results.contains("√ the server answers"), "\(empty)")
            let pre = try await centre.corbel("check", "--pre")
            #expect(pre.code == 1 && pre.results.contains("× hosts have registered"), "\(pre)")
            _ = try await centre.corbel("apply", "--no-wait", "-f", "-", input: Samples.cluster)
            let cluster = try await centre.corbel("check", "site")
            #expect(cluster.code == 1 && cluster.results.contains("× the cluster runs"), "\(cluster)")
            let intent = try await centre.corbel("check", "--pre", "site")
            #expect(intent.results.contains("√ the pools are sound"), "\(intent)")
            #expect(intent.results.contains("× the profiles come to a revision"), "\(intent)")
            #expect(intent.results.contains("× the host host-1 is there for the cluster"), "\(intent)")
        }
    }

    @Test("version tells both sides")
    func version() async throws {
        try await TestCentre.run { centre in
            let run = try await centre.corbel("version", "-o", "json")
            #expect(try run.json["client", "version"] == .string(CorbelVersion.current))
            #expect(try run.json["server", "gitVersion"]?.stringValue?.contains("corbel") == true)
        }
        let alone = try await CommandLineRun(["version", "--client"], in: "/")
        #expect(alone.code == 0 && alone.results == "client: corbel \(CorbelVersion.current)\n")
    }
}
