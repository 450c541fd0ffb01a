import CorbelAPI
import Effects
import EffectsLinux
import ResourceClient
import Revisions
import Testing

@testable import CLICommands

@Suite("corbel plan")
struct PlanTests {
    /// A centre that has the profile and a cluster of it, with the revision that a reconciler would have made.
    private func withCluster(_ body: @escaping @Sendable (TestCentre, EdgeCluster) async throws -> Void) async throws {
        try await TestCentre.run { centre in
            let applied = try await centre.corbel(
                "apply", "--no-wait", "-f", "-", input: Samples.profile() + "---\n" + Samples.cluster)
            try #require(applied.code == 0, "\(applied)")
            let survey = try await PlanSurvey(centre.client, namespaces: ["default"], applied: [])
            let found = try #require(survey.clusters.first)
            let plan = try survey.ground(of: found).plan()
            let revision = try await centre.client.create(plan.revision, by: "test")
            var cluster = Samples.healthy(found)
            cluster.currentRevision = revision.name
            cluster.latestRevision = revision.name
            try await body(centre, try await centre.client.updateStatus(cluster, by: "test"))
        }
    }

    @Test("a new cluster shows all its layers and hosts, and exits 2")
    func newCluster() async throws {
        try await TestCentre.run { centre in
            try await centre.write("all.yaml", Samples.profile() + "---\n" + Samples.cluster)
            let run = try await centre.corbel("plan", "-f", "all.yaml")
            // Packs and profiles that are not there yet are part of the plan.
            #expect(run.code == 2, "\(run)")
            for part in [
                "edgecluster.corbel.dev/site created", "(new cluster)", "+ os (os, profile base)", "1. host-1",
            ] {
                #expect(run.results.contains(part), "\(part) in \(run.results)")
            }
        }
    }

    @Test("nothing to do is 0; a change is 2, with impact, rule and hosts")
    func changes() async throws {
        try await withCluster { centre, _ in
            let same = try await centre.corbel("plan", "-f", "-", input: Samples.profile())
            #expect(same.code == 0 && same.results == "No changes.\n", "\(same)")
            let whole = try await centre.corbel("plan", "site")
            #expect(whole.code == 0 && whole.results.contains("No changes."), "\(whole)")
            let changed = try await centre.corbel("plan", "-f", "-", "-o", "json", input: Samples.profile(maxPods: 200))
            #expect(changed.code == 2, "\(changed)")
            let plan = try #require(try changed.json["clusters"]?.arrayValue?.first)
            #expect(plan["impact"] == "ServiceRestart")
            let change = plan["layers"]?.arrayValue?.first?["changes"]?.arrayValue?.first
            #expect(change?["path"]?.stringValue?.contains("maxPods") == true)
            #expect(change?["hosts"] == ["host-1"])
            #expect(change?["rule", "id"]?.stringValue?.isEmpty == false)
            #expect(plan["findings"]?.arrayValue?.map { $0["reason"] } == ["HostUnknown"], "\(plan)")
            let text = try await centre.corbel("plan", "-f", "-", input: Samples.profile(maxPods: 200))
            #expect(text.results.contains("Before you approve:\n    risk: no EdgeHost has the name host-1"))
            #expect(try await centre.corbel("plan").code == 0, "a plan changes nothing")
        }
    }

    @Test("a change is rehearsed with the cluster's own revisions: a lone host that stays away takes the cluster along")
    func rehearsed() async throws {
        try await withCluster { centre, _ in
            let input = Samples.profile(kubernetes: "1.33.7")
            let run = try await centre.corbel("plan", "-f", "-", "--rehearse", "-o", "json", input: input)
            #expect(run.code == 2, "\(run)")
            let forecast = try #require(try run.json["clusters"]?.arrayValue?.first?["forecast"])
            #expect(forecast["ending"] == "Completes")
            #expect(forecast["hosts"]?.arrayValue?.map { $0["name"] } == ["host-1"])
            #expect((forecast["totalSeconds", "typical"]?.intValue ?? 0) > 10)
            let away = forecast["mishaps"]?.arrayValue?.first { $0["mishap"] == "HostStaysAway" }
            #expect(away?["host"] == "host-1" && away?["clusterAnswers"] == false, "\(forecast)")
            #expect(forecast["safe"] == false)
            let text = try await centre.corbel("plan", "-f", "-", "--rehearse", input: input)
            #expect(text.results.contains("host-1 does not come back: waits"), "\(text.results)")
            #expect(try await centre.corbel("plan").code == 0, "a rehearsal changes nothing")
        }
    }

    @Test("hosts that join are part of a plan")
    func membership() async throws {
        try await withCluster { centre, _ in
            let worker = "  - {name: workers, role: worker, hosts: [host-2]}\n"
            let run = try await centre.corbel("plan", "-f", "-", input: Samples.cluster + worker)
            #expect(run.code == 2 && run.results.contains("+ host-2 joins the pool workers"), "\(run)")
        }
    }

    @Test("what cannot be resolved is an error, with the reason")
    func refused() async throws {
        try await withCluster { centre, _ in
            let run = try await centre.corbel("plan", "-f", "-", input: Samples.profile(kubernetes: "1.36.0"))
            #expect(run.code == 1 && run.progress.contains("one minor version at a time"), "\(run)")
        }
    }

    @Test("a saved plan is applied exactly")
    func saved() async throws {
        try await withCluster { centre, _ in
            let plan = try await centre.corbel(
                "plan", "-f", "-", "--out", "plan.json", input: Samples.profile(maxPods: 200))
            #expect(plan.code == 2 && plan.progress.contains("corbel apply --plan plan.json"), "\(plan)")
            let entry = try await LinuxFiles().entry(at: "\(centre.directory)/plan.json")
            #expect(entry?.mode == 0o600)
            let applied = try await centre.corbel("apply", "--plan", "plan.json", "--no-wait")
            #expect(
                applied.code == 0 && applied.results.contains("clusterprofile.corbel.dev/base configured"), "\(applied)"
            )
            let again = try await centre.corbel("apply", "--plan", "plan.json", "--no-wait")
            #expect(again.code == 1 && again.progress.contains("the plan is out of date"), "\(again)")
        }
    }

    @Test("a saved plan is refused where its ground has changed, and not where only a state was reported")
    func grounds() async throws {
        try await withCluster { centre, cluster in
            _ = try await centre.corbel("plan", "-f", "-", "--out", "plan.json", input: Samples.profile(maxPods: 200))
            var reported = cluster
            reported.json["status", "health"] = ["level": "Yellow"]
            _ = try await centre.client.updateStatus(reported, by: "test")
            let dry = try await centre.corbel("apply", "--plan", "plan.json", "--dry-run")
            #expect(dry.code == 0, "\(dry)")
            let worker = "  - {name: workers, role: worker, hosts: [host-2]}\n"
            _ = try await centre.corbel("apply", "--no-wait", "-f", "-", input: Samples.cluster + worker)
            let refused = try await centre.corbel("apply", "--plan", "plan.json", "--no-wait")
            #expect(
                refused.code == 1 && refused.progress.contains("EdgeCluster.corbel.dev default/site has changed since"),
                "\(refused)")
        }
    }

    @Test("a plan that was edited, and a file that is none, are refused")
    func edited() async throws {
        try await withCluster { centre, _ in
            _ = try await centre.corbel("plan", "-f", "-", "--out", "plan.json", input: Samples.profile(maxPods: 200))
            let bytes = try await LinuxFiles().read("\(centre.directory)/plan.json", limit: 1 << 20)
            try await centre.write("edited.json", String(decoding: bytes, as: UTF8.self).replacing("200", with: "201"))
            let edited = try await centre.corbel("apply", "--plan", "edited.json")
            #expect(edited.code == 1 && edited.progress.contains("was changed after it was saved"), "\(edited)")
            try await centre.write("none.json", "{}")
            #expect(try await centre.corbel("apply", "--plan", "none.json").progress.contains("is no saved plan"))
            #expect(try await centre.corbel("apply", "--plan", "nowhere.json").code == 1)
        }
    }

    @Test("a change of members is told pool by pool")
    func membershipChanges() {
        func pool(_ name: String, _ hosts: [String], _ replicas: Int) -> HostPool {
            HostPool(json: ["name": .string(name), "hosts": JSONValue(hosts), "replicas": JSONValue(replicas)])
        }
        let changes = MembershipChange.changes(
            from: [pool("a", ["h1", "h2"], 2), pool("b", ["h3"], 1)],
            to: [pool("a", ["h1", "h2"], 1), pool("c", ["h3"], 1)])
        #expect(
            changes.map(\.line) == [
                "    + h3 joins the pool c", "    - h2 leaves the pool a", "    - h3 leaves the pool b",
            ])
    }
}
