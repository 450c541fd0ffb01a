import CorbelAPI
import Revisions
import Testing

@Suite("The plan of an update")
struct UpdatePlanTests {
    private let fixture = RevisionFixture()
    private let hosts = [
        RolloutHost(name: "w-1", pool: "workers", role: .worker),
        RolloutHost(name: "cp-1", pool: "cp", role: .controlPlane, isEtcdLeader: true),
        RolloutHost(name: "gpu-1", pool: "gpu", role: .worker),
        RolloutHost(name: "cp-3", pool: "cp", role: .controlPlane),
        RolloutHost(name: "cp-2", pool: "cp", role: .controlPlane),
        RolloutHost(name: "w-0", pool: "workers", role: .worker),
    ]

    private func plan(hosts: [RolloutHost]? = nil, _ change: (inout RevisionFixture) -> Void) -> UpdatePlan {
        UpdatePlan(
            from: fixture.revision, to: fixture.with(change).revision, hosts: hosts ?? self.hosts,
            pools: ["cp", "gpu", "workers"])
    }

    @Test("The control plane goes first, etcd's leader last in it, then the pools in order")
    func order() {
        let expected = ["cp-2", "cp-3", "cp-1", "gpu-1", "w-0", "w-1"]
        #expect(rolloutOrder(hosts, pools: ["cp", "gpu", "workers"]).map(\.name) == expected)
        #expect(rolloutOrder(hosts.reversed(), pools: ["cp", "gpu", "workers"]).map(\.name) == expected)
        #expect(rolloutOrder(hosts, pools: ["workers"]).map(\.name) == ["cp-2", "cp-3", "cp-1", "w-0", "w-1", "gpu-1"])
    }

    @Test("A host's impact is the highest among the changes that touch hosts")
    func hostImpact() {
        let mixed = plan {
            $0["k8s"].values = ["cluster": ["a": 1]]
            $0["os"].values = ["stages": ["boot": [1], "reconcile": [2]], "pack": ["drainPods": "auto"]]
            $0["metallb"].values = ["b": 1]
        }
        #expect(mixed.impact == .reboot)
        #expect(mixed.hosts.map(\.impact) == Array(repeating: .reboot, count: 6))
        let touched = mixed.diff.changes.map { (change: RevisionChange) in mixed.hosts(touchedBy: change).count }
        #expect(touched == [0, 6, 6, 6, 0])
        let workloads = plan { $0["metallb"].values = ["b": 1] }
        #expect(workloads.impact == .workloadRollout)
        #expect(workloads.hosts.allSatisfy { $0.impact == .noOp })
    }

    @Test("What cannot be undone is said")
    func irreversible() {
        #expect(plan { $0["k8s"].packVersion = "1.33.7" }.irreversible.isEmpty)
        #expect(plan { $0["k8s"].packVersion = "1.34.0" }.irreversible.map { $0.contains("etcd snapshot") } == [true])
        #expect(plan { $0["csi"].packVersion = "3.6.0" }.irreversible.map { $0.contains("newer format") } == [true])
        #expect(plan { $0.layers.removeLast() }.irreversible.map { $0.contains("pruned") } == [true])
        #expect(plan { $0["os"].packVersion = "2.2.0" }.irreversible.isEmpty)
    }

    @Test("The downtime of a single control-plane host is named, and no other")
    func downtime() {
        let single = [hosts[1]]
        #expect(
            plan(hosts: single) { $0["os"].packVersion = "2.2.0" }.downtime?.contains("so are all workloads") == true)
        #expect(
            plan(hosts: [hosts[1], hosts[0]]) { $0["os"].packVersion = "2.2.0" }.downtime?.contains("workloads")
                == false)
        #expect(plan(hosts: single) { $0["metallb"].values = ["a": 1] }.downtime == nil)
        #expect(plan { $0["os"].packVersion = "2.2.0" }.downtime == nil)
    }

    @Test("A new cluster's plan adds every layer")
    func creation() {
        let plan = UpdatePlan(from: nil, to: fixture.revision, hosts: hosts, pools: [])
        #expect(plan.diff.layers.allSatisfy { $0.kind == .added })
        #expect(
            plan.diff.changes.map(\.rule.id) == ["created", "created", "layer-added", "layer-added", "layer-added"])
        #expect(plan.fromRevision == nil && plan.hasChanges && plan.downtime == nil)
    }

    @Test("The JSON answers each change with impact, rule and hosts, and is read back from a ClusterUpdate")
    func json() {
        let plan = plan { $0["os"].values = ["options": ["system": ["registry": "r2"]]] }
        let json = plan.json
        #expect(json["impact"] == "Repave")
        #expect(json["layers"]?.arrayValue?.count == 1)
        let change = json["layers"]?.arrayValue?.first?["changes"]?.arrayValue?.first
        #expect(change?["path"] == "options.system.registry")
        #expect(change?["rule", "id"] == "system-uri")
        #expect(change?["hosts"] == ["cp-2", "cp-3", "cp-1", "gpu-1", "w-0", "w-1"])
        #expect(change?["from"] == nil && change?["to"] == "r2")
        var update = ClusterUpdate(namespace: "default", name: "u")
        update.plan = json
        #expect(update.plannedImpact == .repave)
        #expect(update.plannedHosts.map(\.host.name) == plan.hosts.map(\.host.name))
    }

    @Test("The text is what people read")
    func text() {
        let one = UpdatePlan(
            from: fixture.revision,
            to: fixture.with {
                $0["os"].packVersion = "2.2.0"
                $0["metallb"].values = ["speaker": ["logLevel": "debug"]]
            }.revision, hosts: [hosts[1]], pools: ["cp"],
            warnings: [ProfileWarning("UnlistedNetwork", "Cilium is not listed")])
        #expect(
            one.text == """
                Cluster berlin: berlin-1-1-aaaaaaaaaa -> berlin-1-2-bbbbbbbbbb
                Impact: Repave, every host is repaved, the control plane first

                ~ os (os, profile infrastructure): Repave
                    version: 2.1.0 -> 2.2.0
                        Repave, all hosts; rule os-version (Palette Edge, Cluster Management, Update Types, OS upgrade)
                ~ metallb (addon, profile infrastructure): WorkloadRollout
                    speaker.logLevel: none -> debug
                        WorkloadRollout, no host; rule pack-value (Palette Edge, Cluster Management, Update \
                Types, Pack value change)

                Hosts, in order:
                    1. cp-1 (control-plane, pool cp): Repave

                Warnings:
                    Cilium is not listed

                Downtime:
                    cp-1 is the only control-plane host: the API server is down while it goes through its \
                Repave, and so are all workloads

                """)
        #expect(plan { _ in }.text.contains("No changes."))
    }
}

@Suite("Where an update starts")
struct UpdateOriginsTests {
    private let fixture = RevisionFixture()

    /// A revision with another system, the later the higher the number.
    private func revision(_ number: Int) -> ClusterRevision {
        var revision = fixture.with { $0["os"].packVersion = "2.\(number).0" }.revision
        revision.name = "r\(number)"
        revision.json["spec", "sequence"] = JSONValue(number)
        return revision
    }

    private func update(
        to number: Int, _ phase: ClusterUpdate.Phase, done: [String], begun: Bool = true
    ) -> ClusterUpdate {
        var update = ClusterUpdate(namespace: "default", name: "r\(number)")
        update.toRevision = "r\(number)"
        update.phase = phase
        if begun { update.json["status", "startedAt"] = "2026-01-01T00:00:00Z" }
        let hosts = ["a", "b", "c"].map { host -> JSONValue in
            ["name": .string(host), "phase": done.contains(host) ? "Done" : "Failed"]
        }
        update.json["status", "hosts"] = .array(hosts)
        return update
    }

    private func origins(_ updates: [ClusterUpdate]) -> UpdateOrigins {
        UpdateOrigins(current: "r1", revisions: [revision(1), revision(2), revision(3)], updates: updates)
    }

    private func names(_ origins: UpdateOrigins) -> [String?] {
        [origins.start?.name] + ["a", "b", "c"].map { origins.revision(of: $0)?.name }
    }

    @Test("Every host runs what the cluster runs, unless a rollout stopped halfway")
    func plain() {
        #expect(names(origins([])) == ["r1", "r1", "r1", "r1"])
        #expect(names(origins([update(to: 2, .completed, done: ["a"])])) == ["r1", "r1", "r1", "r1"])
        #expect(names(origins([update(to: 2, .superseded, done: ["a"], begun: false)])) == ["r1", "r1", "r1", "r1"])
    }

    @Test(
        "A rollout that stopped halfway leaves hosts on both sides, and so does a second one",
        arguments: [
            ClusterUpdate.Phase.halted, .aborted, .superseded,
        ])
    func halfway(phase: ClusterUpdate.Phase) {
        let first = update(to: 2, phase, done: ["a", "b"])
        #expect(names(origins([first])) == ["r2", "r2", "r2", "r1"])
        #expect(names(origins([update(to: 3, .halted, done: ["b"]), first])) == ["r3", "r2", "r3", "r1"])
    }

    @Test("The plan says for each host what it means for it, and shows every change that any host sees")
    func plan() {
        let origins = origins([update(to: 2, .halted, done: ["a"])])
        let hosts = ["a", "b"].map { RolloutHost(name: $0, pool: "cp", role: .controlPlane) }
        var back = revision(1)
        back.name = "r4"
        let plan = UpdatePlan(from: origins, to: back, hosts: hosts, pools: ["cp"])
        #expect(plan.hosts.map(\.impact) == [.repave, .noOp])
        #expect(plan.hosts.map(\.from) == ["r2", "r1"])
        #expect(plan.text.contains("Impact: Repave, of a; the other hosts need nothing"))
        #expect(plan.text.contains("Repave, a; rule os-version"))
        let change = plan.diff.changes.first { $0.path == "version" }
        #expect(change.map(plan.hosts(touchedBy:)) == ["a"])
        var next = revision(2)
        next.name = "r5"
        let forward = UpdatePlan(from: origins, to: next, hosts: hosts, pools: ["cp"])
        #expect(forward.hosts.map(\.impact) == [.noOp, .repave])
        #expect(forward.impact == .repave, "the change shows although the start has it already")
    }
}
