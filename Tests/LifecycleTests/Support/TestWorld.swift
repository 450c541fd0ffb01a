import ControlLoop
import CorbelAPI
import Lifecycle
import Testing

/// A centre, a site, agents and a link between the two, in virtual time.
struct TestWorld {
    var centre = TestPlane("centre")
    var site = TestPlane("site")
    var agents = TestAgents()
    var now = Timestamp(seconds: 1_800_000_000)
    var linkIsUp = true

    private let centreReconcilers = Reconcilers.centre(resolver: TestResolver())
    private let planeReconcilers = Reconcilers.plane(term: LeadershipTerm(transitions: 1))

    /// A project with a registered host for every name and an EdgeCluster `edge` over them.
    init(controlPlane: [String], workers: [String] = [], replicas: Int? = nil, _ change: (inout EdgeCluster) -> Void = { _ in }) {
        for host in controlPlane + workers { register(host) }
        var cluster = EdgeCluster(namespace: "site", name: "edge")
        cluster.spec = ["profiles": [["name": "infra", "version": "1.0.0"]], "variables": [:]]
        var pools: [JSONValue] = [["name": "masters", "role": "control-plane", "hosts": JSONValue(controlPlane)]]
        if let replicas { pools[0]["replicas"] = JSONValue(replicas) }
        if !workers.isEmpty { pools.append(["name": "workers", "role": "worker", "hosts": JSONValue(workers)]) }
        cluster.json["spec", "pools"] = .array(pools)
        change(&cluster)
        centre.put(cluster)
    }

    mutating func register(_ name: String) {
        var host = EdgeHost(namespace: "site", name: name)
        host.isApproved = true
        centre.put(host)
    }

    var edgeCluster: EdgeCluster { centre.get(EdgeCluster.self, "edge") ?? EdgeCluster(namespace: "site", name: "edge") }
    var sitesCluster: EdgeCluster { site.get(EdgeCluster.self, "edge") ?? EdgeCluster(namespace: "site", name: "edge") }
    var isPivoted: Bool { edgeCluster.plane == "Site" }
    var update: ClusterUpdate? { site.snapshot.list(ClusterUpdate.self).last }

    /// The reasons of all waits that people see, sorted.
    var waitReasons: [String] {
        let waits = [sitesCluster, edgeCluster].flatMap { $0.json["status", "waits"]?.arrayValue ?? [] }
            + (update?.json["status", "waits"]?.arrayValue ?? [])
        return Set(waits.compactMap { $0["reason"]?.stringValue }).sorted()
    }

    mutating func edit(_ change: (inout EdgeCluster) -> Void) {
        centre.change(EdgeCluster.self, "edge") { change(&$0) }
    }

    mutating func setVariable(_ name: String, _ value: String) {
        edit { $0.json["spec", "variables", name] = .string(value) }
    }

    mutating func approve(downtime: Bool = false) {
        guard let pending = centre.snapshot.list(ClusterUpdate.self).last else { return }
        centre.change(ClusterUpdate.self, pending.name) {
            $0.json["spec", "approval"] = [
                "approved": true, "revision": .string($0.toRevision), "by": "somebody", "downtime": JSONValue(downtime),
            ]
        }
    }

    /// One round: every reconciler until it wants nothing, then agents, kubelets, the link and time go one step on.
    mutating func step(pivots: Bool = true) {
        centre = settled(centre, isPivoted ? centreReconcilers : centreReconcilers + planeReconcilers)
        site = settled(site, planeReconcilers)
        if isPivoted, sitesCluster.plane == "Site" {
            var none: TestPlane?
            agents.step(&site, site: &none, now: now)
        } else {
            var optional: TestPlane? = site
            agents.step(&centre, site: &optional, now: now)
            site = optional ?? site
        }
        runWorkloads()
        if pivots { pivot() }
        if linkIsUp { synchronize() }
        now = now + .seconds(5)
    }

    mutating func run(rounds: Int = 60, until condition: (TestWorld) -> Bool = { _ in false }) {
        for _ in 0..<rounds {
            step()
            if condition(self) { return }
        }
    }

    /// Asks every reconciler of a plane for every key until none wants anything; a decision is carried out at once.
    private func settled(_ start: TestPlane, _ reconcilers: [any Reconciler]) -> TestPlane {
        var plane = start
        var restless: [String] = []
        for _ in 0..<50 {
            restless = reconcilers.filter { pass($0, &plane) }.map(\.name)
            if restless.isEmpty { return plane }
        }
        Issue.record("the reconcilers do not come to rest: \(restless); last: \(plane.log.suffix(6))")
        return plane
    }

    private func pass(_ reconciler: any Reconciler, _ plane: inout TestPlane) -> Bool {
        var wanted = false
        for object in plane.snapshot.list(reconciler.primary) {
            let outcome = reconciler.reconcile(object.key, in: plane.snapshot, now: now)
            for wait in outcome.waits where wait.reason.isEmpty || wait.message.isEmpty || wait.unblockedBy.isEmpty {
                Issue.record("\(reconciler.name) waits without saying all: \(wait)")
            }
            for intent in outcome.intents {
                wanted = true
                do {
                    try plane.perform(intent, now: now)
                } catch {
                    // A real shell decides anew; the pass goes on and the next one does.
                    break
                }
            }
        }
        return wanted
    }

    /// Kubernetes' own controllers: what is applied becomes available.
    private mutating func runWorkloads() {
        for deployment in site.snapshot.list(Deployment.self) {
            var running = deployment
            running.json["status"] = [
                "observedGeneration": JSONValue(deployment.generation), "updatedReplicas": JSONValue(deployment.replicas),
                "availableReplicas": JSONValue(deployment.replicas),
            ]
            if running != deployment { site.put(running) }
        }
        for daemons in site.snapshot.list(DaemonSet.self) {
            let nodes = site.snapshot.list(Node.self).count
            var running = daemons
            running.json["status"] = [
                "observedGeneration": JSONValue(daemons.generation), "desiredNumberScheduled": JSONValue(nodes),
                "updatedNumberScheduled": JSONValue(nodes), "numberReady": JSONValue(nodes),
            ]
            if running != daemons { site.put(running) }
        }
    }

    /// The agent of the first host: one step of the import, if there is a pivot.
    mutating func pivot() {
        guard linkIsUp, PivotStatus(of: edgeCluster) != nil else { return }
        let bundle = PivotBundle(of: edgeCluster, in: centre.snapshot)
        guard let machine = PivotImport(bundle: bundle, cluster: edgeCluster, site: site.snapshot) else { return }
        switch machine.next {
        case .write(let intents): for intent in intents { try? site.perform(intent, now: now) }
        case .report(let digest): report { try $0.take(importedDigest: digest, epoch: $0.epoch) }
        case .reportRelease: report { try $0.takeRelease(epoch: $0.epoch) }
        case .wait, .finished: break
        }
    }

    private mutating func report(_ body: (inout PivotStatus) throws -> Void) {
        guard var status = PivotStatus(of: edgeCluster) else { return }
        do { try body(&status) } catch { print("REPORT", error); return }
        centre.change(EdgeCluster.self, "edge") { $0.json["status", "pivot"] = status.json }
    }

    /// The link: revisions, intents and what the centre says flow down; what the site says flows up.
    private mutating func synchronize() {
        guard isPivoted, site.get(EdgeCluster.self, "edge")?.plane == "Site" else { return }
        for revision in centre.snapshot.list(ClusterRevision.self) where site.snapshot[revision.key] == nil {
            site.put(copied(revision))
        }
        for update in centre.snapshot.list(ClusterUpdate.self) {
            var down = copied(update)
            let up = site.get(ClusterUpdate.self, update.name)
            if update.phase != .superseded { down.json["status"] = up?.json["status"] }
            down.annotations = update.annotations
            if up?.spec != down.spec || up?.annotations != down.annotations || up?.status != down.status { site.put(down) }
            if let status = up?.json["status"], update.phase != .superseded {
                centre.change(ClusterUpdate.self, update.name) { $0.json["status"] = status }
            }
        }
        let above = edgeCluster
        site.change(EdgeCluster.self, "edge") {
            $0.json["spec"] = above.json["spec"]
            for field in ["pools", "latestRevision", "epoch", "plane"] { $0.json["status", field] = above.json["status", field] }
        }
        let below = sitesCluster
        centre.change(EdgeCluster.self, "edge") {
            for field in ["members", "hosts", "readyHosts", "kubernetesVersion", "health", "layers", "currentRevision"] {
                $0.json["status", field] = below.json["status", field] ?? $0.json["status", field]
            }
        }
    }

    private func copied<Kind: TypedResource>(_ object: Kind) -> Kind {
        var copy = object
        for field in ["uid", "resourceVersion", "generation", "creationTimestamp", "ownerReferences"] {
            copy.json["metadata", field] = nil
        }
        return copy
    }
}

extension EdgeCluster {
    /// Whose API server holds the cluster's objects, as the status says.
    var plane: String { json["status", "plane"]?.stringValue ?? "Centre" }
    var healthLevel: String { json["status", "health", "level"]?.stringValue ?? "" }
}
