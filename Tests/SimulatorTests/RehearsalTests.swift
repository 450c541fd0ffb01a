import CorbelAPI
import HostPlan
import Revisions
import Testing

@testable import Simulator

@Suite("Rehearsal")
struct RehearsalTests {
    private let cluster: EdgeCluster = {
        var cluster = EdgeCluster(namespace: "shops", name: "shop")
        cluster.json["spec", "pools"] = [
            ["name": "masters", "role": "control-plane", "hosts": ["m1", "m2", "m3"]],
            ["name": "tills", "role": "worker", "hosts": ["t1", "t2"]],
        ]
        return cluster
    }()

    private func layer(_ type: LayerType, _ version: String, _ values: JSONValue) -> JSONValue {
        var layer = RevisionLayer(profile: "infra", name: type.rawValue, type: type)
        layer.pack = "\(type.rawValue)-pack"
        layer.packVersion = version
        layer.values = values
        return layer.json
    }

    /// Two pods, and a budget that spares so many of them.
    private func tills(spared: Int) -> JSONValue {
        let labels: JSONValue = ["app": "till"]
        var layer = RevisionLayer(profile: "infra", name: "till", type: .addon)
        layer.manifests = [
            Unstructured(json: [
                "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["namespace": "till", "name": "till"],
                "spec": [
                    "replicas": 2, "selector": ["matchLabels": labels],
                    "template": [
                        "metadata": ["labels": labels], "spec": ["containers": [["name": "till", "image": "till"]]],
                    ],
                ],
            ]),
            Unstructured(json: [
                "apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
                "metadata": ["namespace": "till", "name": "till"],
                "spec": ["maxUnavailable": JSONValue(spared), "selector": ["matchLabels": labels]],
            ]),
        ]
        return layer.json
    }

    private func revision(
        _ sequence: Int, os: String = "5.0.0", kubernetes: String = "1.33.6", tills: JSONValue? = nil
    ) -> ClusterRevision {
        let digest = SimulatedProfiles.digest(ofSystem: os)
        var resolved = ResolvedRevision(spec: [
            "clusterName": "shop", "distribution": "kubeadm", "kubernetesVersion": .string(kubernetes),
            "os": ["pack": "edge-os", "version": .string(os), "image": .string("registry/os:\(os)@\(digest)")],
            "layers": [
                layer(.os, os, ["options": ["system.uri": .string("registry/os:\(os)")]]),
                layer(.k8s, kubernetes, [:]),
            ],
        ])
        if let tills { resolved.spec["layers"] = .array((resolved.spec["layers"]?.arrayValue ?? []) + [tills]) }
        return ClusterRevision(resolved: resolved, namespace: "shops", epoch: 2, sequence: sequence)
    }

    private func rehearsal(
        of target: ClusterRevision, _ cluster: EdgeCluster? = nil, from: ClusterRevision? = nil
    ) throws -> (Rehearsal, ProposedChange) {
        let cluster = cluster ?? self.cluster
        let hosts = cluster.pools.flatMap { pool in
            pool.hosts.map { RolloutHost(name: $0, pool: pool.name, role: pool.role) }
        }
        let from = from ?? revision(1)
        let plan = UpdatePlan(from: from, to: target, hosts: hosts, pools: cluster.pools.map(\.name))
        let change = ProposedChange(cluster: cluster, from: from, to: target, plan: plan)
        return (try Rehearsal(of: change), change)
    }

    @Test("an operating system goes over the hosts one by one, the control plane first")
    func order() throws {
        let (rehearsal, change) = try rehearsal(of: revision(2, os: "6.0.0"))
        let run = rehearsal.run(1)
        #expect(run.ending == .completes && run.clusterAnswers)
        let forecast = Forecast(of: change, runs: [run, rehearsal.run(2)], trials: [])
        #expect(Set(forecast.hosts.prefix(3).map(\.name)) == ["m1", "m2", "m3"])
        #expect(forecast.hosts.count == 5 && forecast.hosts.allSatisfy { $0.down != nil })
        for (host, next) in zip(forecast.hosts, forecast.hosts.dropFirst()) {
            #expect((host.ends?.atLeast ?? .zero) <= (next.ends?.atMost ?? .zero), "\(host) \(next)")
        }
        #expect(forecast.isSafe)
        #expect(rehearsal.run(1) == run, "one number, one run")
    }

    @Test("a change of Kubernetes keeps every host up but for a moment")
    func kubernetes() throws {
        let (rehearsal, _) = try rehearsal(of: revision(2, kubernetes: "1.33.7"))
        let run = rehearsal.run(1)
        #expect(run.ending == .completes)
        #expect(run.hosts.allSatisfy { ($0.down ?? .seconds(999)) <= .seconds(15) }, "\(run.hosts)")
    }

    @Test("a host that stays away, and a system that does not start, halt the rollout where the cluster still answers")
    func halts() throws {
        let (rehearsal, change) = try rehearsal(of: revision(2, os: "6.0.0"))
        for mishap in [Mishap.doesNotStart("m1"), .isSick("m1")] {
            let run = rehearsal.run(mishap)
            guard case .halts(let why, let goesOn) = run.ending else {
                Issue.record("\(mishap): \(run.ending)")
                continue
            }
            #expect(why.contains("m1 went back") && goesOn.contains("corbel rollout"))
            #expect(run.clusterAnswers)
        }
        let away = rehearsal.run(.staysAway("t1"))
        guard case .waits(let why, _) = away.ending else {
            Issue.record("\(away.ending)")
            return
        }
        #expect(why.contains("t1") && away.clusterAnswers)
        let trial = Forecast.Trial(mishap: .staysAway("t1"), run: away)
        #expect(Forecast(of: change, runs: [rehearsal.run(1)], trials: [trial]).isSafe)
    }

    @Test("a lone control plane that stays away takes the cluster with it, and the forecast is not safe")
    func alone() throws {
        var lone = cluster
        lone.json["spec", "pools"] = [["name": "masters", "role": "control-plane", "hosts": ["m1"]]]
        let (rehearsal, change) = try rehearsal(of: revision(2, os: "6.0.0"), lone)
        let away = rehearsal.run(.staysAway("m1"))
        #expect(!away.clusterAnswers)
        let trial = Forecast.Trial(mishap: .staysAway("m1"), run: away)
        let forecast = Forecast(of: change, runs: [rehearsal.run(1)], trials: [trial])
        #expect(!forecast.isSafe)
        #expect(forecast.text.contains("the cluster's API does not answer"))
    }

    @Test(
        "a workload with a budget keeps the pods that it must, and the forecast says how many and for how long not all")
    func workloads() throws {
        let tills = tills(spared: 1)
        let (rehearsal, change) = try rehearsal(
            of: revision(2, os: "6.0.0", tills: tills), from: revision(1, tills: tills))
        let run = rehearsal.run(1)
        #expect(run.ending == .completes)
        let till = try #require(Forecast(of: change, runs: [run], trials: []).workloads.first)
        #expect((till.namespace, till.name, till.pods, till.least) == ("till", "till", 2, 1))
        #expect(till.short?.typical ?? .zero > .seconds(3) && till.short?.typical ?? .zero < .seconds(300))
        #expect(rehearsal.mishaps.contains(.podsStayAway("till/till")))
        guard case .halts(let why, _) = rehearsal.run(.podsStayAway("till/till")).ending else {
            Issue.record("a budget that no pod comes back to holds up the next drain")
            return
        }
        #expect(why.contains("PodDisruptionBudget till/till"))
    }

    @Test("a budget that can never be met is found before anybody approves")
    func neverMet() throws {
        let tills = tills(spared: 0)
        let (rehearsal, change) = try rehearsal(
            of: revision(2, os: "6.0.0", tills: tills), from: revision(1, tills: tills))
        let run = rehearsal.run(1)
        guard case .halts(let why, let goesOn) = run.ending else {
            Issue.record("\(run.ending)")
            return
        }
        #expect(why.contains("PodDisruptionBudget till/till") && !goesOn.isEmpty)
        let forecast = Forecast(of: change, runs: [run], trials: [])
        #expect(!forecast.isSafe && forecast.workloads.map(\.least) == [2])
    }

    @Test("what the cluster's hosts took before, they take again")
    func history() throws {
        func forecast(_ updates: [ClusterUpdate]) throws -> Forecast {
            let (_, change) = try rehearsal(of: revision(2, os: "6.0.0"))
            let timed = ProposedChange(
                cluster: cluster, from: change.from, to: change.to, plan: change.plan,
                durations: StepDurations(observedIn: updates), imageBytes: 1_730_000_000)
            let rehearsal = try Rehearsal(of: timed)
            return Forecast(of: timed, runs: [rehearsal.run(1), rehearsal.run(2)], trials: [])
        }
        let usual = try forecast([])
        #expect(usual.json["durations"] == "Defaults" && usual.text.contains("no history"))
        let phases: [(String, Int)] = [
            ("Accepted", 0), ("Downloading", 1), ("Writing", 301), ("Prepared", 361), ("Rebooting", 370),
            ("Validating", 670), ("Done", 770),
        ]
        var update = ClusterUpdate(namespace: "shops", name: "before")
        update.json["status", "hosts"] = [
            [
                "name": "m1",
                "phases": .array(
                    phases.map { phase, at in
                        [
                            "phase": .string(phase),
                            "since": .string(Timestamp(seconds: 1_700_000_000 + Int64(at)).rfc3339),
                        ]
                    }),
            ]
        ]
        let slow = try forecast([update])
        #expect(slow.json["durations"] == "Mixed", "nobody has seen another Kubernetes being installed")
        #expect(slow.text.contains("took before (download, write, restart, validate)"))
        for (host, before) in zip(slow.hosts, usual.hosts) {
            let (down, downBefore) = (try #require(host.down), try #require(before.down))
            // Five minutes, give or take a fifth, and forty seconds until the services are up.
            #expect(down.atLeast >= .seconds(260) && down.atMost <= .seconds(420), "\(down)")
            #expect(downBefore.atMost < .seconds(90), "\(downBefore)")
        }
        #expect(slow.json["fetch"] == ["imageBytes": 1_730_000_000, "hosts": 5, "totalBytes": 8_650_000_000])
        #expect(slow.text.contains("5 hosts fetch 1.73 GB each, 8.65 GB in all"))
    }

    @Test("the host whose member leads etcd comes last of the control plane", arguments: ["m1", "m2", "m3"])
    func leader(name: String) throws {
        var led = cluster
        led.etcdLeader = name
        let (rehearsal, change) = try rehearsal(of: revision(2, os: "6.0.0"), led)
        let forecast = Forecast(of: change, runs: [rehearsal.run(1)], trials: [])
        #expect(forecast.hosts.map(\.name).firstIndex(of: name) == 2)
    }

    @Test("hosts that a halted rollout took along begin from where they are")
    func origins() throws {
        let hosts = cluster.pools.flatMap { pool in
            pool.hosts.map { RolloutHost(name: $0, pool: pool.name, role: pool.role) }
        }
        let (from, halted) = (revision(1), revision(2, os: "6.0.0"))
        let to = revision(3, os: "6.0.0", tills: tills(spared: 1))
        func change(moved: [String]) -> ProposedChange {
            var plan = UpdatePlan(from: from, to: to, hosts: hosts, pools: cluster.pools.map(\.name)).json
            plan["hosts"] = .array(
                (plan["hosts"]?.arrayValue ?? []).map { host in
                    var host = host
                    let isMoved = moved.contains(host["name"]?.stringValue ?? "")
                    host["from"] = .string(isMoved ? halted.name : from.name)
                    return host
                })
            return ProposedChange(
                cluster: cluster, from: from, to: to, plan: UpdatePlan(json: plan, from: from, to: to),
                revisions: [from, halted, to])
        }
        #expect(change(moved: []).origins.isEmpty && change(moved: ["m1"]).origins == [halted])
        let run = try Rehearsal(of: change(moved: ["m1"])).run(1)
        #expect(run.ending == .completes)
        let down = Set(run.hosts.filter { ($0.down ?? .zero) > .zero }.map(\.name))
        #expect(down == ["m2", "m3", "t1", "t2"], "m1 has the system that is asked for")
    }

    @Test("a registry that is late and a link that is down cost time, or nothing")
    func outages() throws {
        let (rehearsal, _) = try rehearsal(of: revision(2, os: "6.0.0"))
        let smooth = rehearsal.run(1)
        let late = rehearsal.run(.slowRegistry)
        #expect(late.ending == .completes && late.length >= .seconds(600) && late.length > smooth.length)
        #expect(rehearsal.run(.noLink).ending == .completes)
    }
}
