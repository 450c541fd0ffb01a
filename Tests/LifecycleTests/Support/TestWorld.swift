import ControlLoop
import CorbelAPI
import Lifecycle
import Testing

/// A centre, a site, agents and a link between the two, in virtual time.
struct TestWorld: Sendable {
    var centre = TestPlane("centre")
    var site = TestPlane("site")
    var agents = TestAgents()
    var now = Timestamp(seconds: 1_800_000_000)
    var linkIsUp = true
    private var lastAsked: [String: Int] = [:]
    private var requeues: [String: Timestamp] = [:]
    /// The kinds that each reconciler of a plane says it reads.
    private static let kindsRead: [String: [GroupKind]] = {
        let planes = [
            "centre": TestWorld.centreReconcilers() + Reconcilers.bootstrapPlane(),
            "site": Reconcilers.site(term: LeadershipTerm(transitions: 1)),
        ]
        let kinds = planes.flatMap { plane, reconcilers in
            reconcilers.map { ("\(plane) \($0.name)", [$0.primary] + $0.watches.map(\.kind)) }
        }
        return Dictionary(uniqueKeysWithValues: kinds)
    }()

    private let centreReconcilers = TestWorld.centreReconcilers()
    private let bootstrapReconcilers = Reconcilers.bootstrapPlane()
    private var planeReconcilers = Reconcilers.site(term: LeadershipTerm(transitions: 1))

    /// JSON is YAML enough for these tests.
    private static func centreReconcilers() -> [any Reconciler] {
        Reconcilers.centre(resolver: TestResolver()) { text throws(UnreadableYAML) in
            do {
                return try JSONValue(parsing: Array(text.utf8))
            } catch {
                throw UnreadableYAML(line: 1, column: 2)
            }
        }
    }

    /// A project with a registered host for every name and an EdgeCluster `edge` over them.
    init(
        controlPlane: [String], workers: [String] = [], replicas: Int? = nil,
        _ change: (inout EdgeCluster) -> Void = { _ in }
    ) {
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

    private static let ofOne = TestWorld.provisioned(["a"], workers: [])
    private static let ofThree = TestWorld.provisioned(["a", "b", "c"], workers: [])
    private static let ofFour = TestWorld.provisioned(["a", "b", "c"], workers: ["w"])

    /// A cluster that runs and is green. A world is a value, so the common ones are made once.
    static func running(_ controlPlane: [String] = ["a", "b", "c"], workers: [String] = []) -> TestWorld {
        switch (controlPlane, workers) {
        case (["a"], []): ofOne
        case (["a", "b", "c"], []): ofThree
        case (["a", "b", "c"], ["w"]): ofFour
        default: provisioned(controlPlane, workers: workers)
        }
    }

    private static func provisioned(_ controlPlane: [String], workers: [String]) -> TestWorld {
        var world = TestWorld(controlPlane: controlPlane, workers: workers)
        world.run { $0.edgeCluster.phase == .running && $0.sitesCluster.healthLevel == "Green" }
        world.site.clearLog()
        return world
    }

    mutating func register(_ name: String) {
        var host = EdgeHost(namespace: "site", name: name)
        host.isApproved = true
        centre.put(host)
    }

    var edgeCluster: EdgeCluster {
        centre.get(EdgeCluster.self, "edge") ?? EdgeCluster(namespace: "site", name: "edge")
    }
    var sitesCluster: EdgeCluster { site.get(EdgeCluster.self, "edge") ?? EdgeCluster(namespace: "site", name: "edge") }
    var isPivoted: Bool { edgeCluster.plane == "Site" }
    var update: ClusterUpdate? { site.snapshot.list(ClusterUpdate.self).last }

    /// The reasons of all waits that people see, sorted.
    var waitReasons: [String] {
        let waits =
            [sitesCluster, edgeCluster].flatMap { $0.json["status", "waits"]?.arrayValue ?? [] }
            + (update?.json["status", "waits"]?.arrayValue ?? [])
        return Set(waits.compactMap { $0["reason"]?.stringValue }).sorted()
    }

    /// Another host leads the site from now on.
    mutating func changeLeader(transitions: Int) {
        planeReconcilers = Reconcilers.site(term: LeadershipTerm(transitions: transitions))
        lastAsked = [:]
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
        centre = settle(centre, isPivoted ? centreReconcilers : centreReconcilers + bootstrapReconcilers)
        site = settle(site, planeReconcilers)
        if isPivoted, sitesCluster.plane == "Site" {
            var none: TestPlane?
            agents.step(&site, site: &none, now: now)
            // Hosts that their site has let go of look at the centre.
            agents.step(&centre, site: &none, now: now) { $0.name.hasSuffix("-reset") }
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

    /// Asks the reconcilers of a plane until none wants anything. One is asked again only when a kind that it says it
    /// reads has changed, or when it asked for it: whoever reads what it does not watch goes to sleep here.
    private mutating func settle(_ start: TestPlane, _ reconcilers: [any Reconciler]) -> TestPlane {
        var plane = start
        var restless: [String] = []
        for _ in 0..<60 {
            restless = []
            for reconciler in reconcilers where isDue(reconciler, plane) {
                // The roll-up asks all others again: it is dear, and worth it only when they have come to rest.
                if reconciler.name == "cluster-status", !restless.isEmpty { continue }
                lastAsked["\(plane.name) \(reconciler.name)"] = plane.version
                if pass(reconciler, &plane) { restless.append(reconciler.name) }
            }
            if restless.isEmpty { return plane }
        }
        Issue.record("the reconcilers do not come to rest: \(restless); last: \(plane.log.suffix(6))")
        return plane
    }

    private func isDue(_ reconciler: any Reconciler, _ plane: TestPlane) -> Bool {
        let name = "\(plane.name) \(reconciler.name)"
        if let moment = requeues[name], moment <= now { return true }
        return plane.hasChanged(Self.kindsRead[name] ?? [], since: lastAsked[name] ?? -1)
    }

    private mutating func pass(_ reconciler: any Reconciler, _ plane: inout TestPlane) -> Bool {
        var wanted = false
        requeues["\(plane.name) \(reconciler.name)"] = nil
        for object in plane.snapshot.list(reconciler.primary) {
            let outcome = reconciler.reconcile(object.key, in: plane.snapshot, now: now)
            check(outcome, of: reconciler)
            if plane.note(outcome.waits, of: reconciler.name, at: object.key) {
                lastAsked["\(plane.name) cluster-status"] = nil
            }
            if let delay = outcome.requeueAfter { requeues["\(plane.name) \(reconciler.name)"] = now + delay }
            if !outcome.intents.isEmpty { wanted = true }
            for intent in outcome.intents {
                do { try plane.perform(intent, now: now) } catch { break }
            }
        }
        return wanted
    }

    private func check(_ outcome: Outcome, of reconciler: any Reconciler) {
        for wait in outcome.waits where wait.reason.isEmpty || wait.message.isEmpty || wait.unblockedBy.isEmpty {
            Issue.record("\(reconciler.name) waits without saying all: \(wait)")
        }
    }

    /// What any reconciler of a plane wants of a snapshot at rest: nothing, whether it was woken or not.
    func restless(_ plane: TestPlane, isCentre: Bool) -> [String] {
        let reconcilers = isCentre ? centreReconcilers : planeReconcilers
        return reconcilers.flatMap { reconciler in
            plane.snapshot.list(reconciler.primary).flatMap { object in
                reconciler.reconcile(object.key, in: plane.snapshot, now: now).intents.map {
                    "\(reconciler.name): \($0)"
                }
            }
        }
    }

    /// Kubernetes' own controllers: what is applied becomes available.
    private mutating func runWorkloads() {
        for deployment in site.snapshot.list(Deployment.self) {
            var running = deployment
            running.json["status"] = [
                "observedGeneration": JSONValue(deployment.generation),
                "updatedReplicas": JSONValue(deployment.replicas),
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
        do { try body(&status) } catch { return }
        centre.change(EdgeCluster.self, "edge") { $0.json["status", "pivot"] = status.json }
    }

    /// The link: exchanges until the site has all the news. A write that fails ends an exchange.
    private mutating func synchronize() {
        for _ in 0..<4 {
            let exchange = LinkExchange(centre: centre.snapshot, site: site.snapshot)
            for intent in exchange.down { do { try site.perform(intent, now: now) } catch { break } }
            for intent in exchange.up { do { try centre.perform(intent, now: now) } catch { break } }
            if exchange.down.isEmpty { return }
        }
        Issue.record("the link does not come to rest")
    }
}

extension EdgeCluster {
    /// Whose API server holds the cluster's objects, as the status says.
    var plane: String { json["status", "plane"]?.stringValue ?? "Centre" }
    var healthLevel: String { json["status", "health", "level"]?.stringValue ?? "" }
}
