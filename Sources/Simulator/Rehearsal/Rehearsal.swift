import APIMachinery
import ControlLoop
import CorbelAPI
import HostPlan
import Lifecycle
public import Revisions

/// A change tried out before it is made: a cluster in miniature, with the user's hosts and pools, comes up with the
/// revision that runs and takes the one that is asked for, decided by the reconcilers and host agents as they ship.
public struct Rehearsal: Sendable {
    private let world: SimulatedWorld
    private let change: ProposedChange
    private var plan: UpdatePlan { change.plan }

    /// For how many workloads it is tried what happens when their pods do not come back.
    private static let workloadLimit = 3

    /// How many runs without a mishap the durations are taken from.
    public static let runs = 5
    /// After how long a rollout that has not ended is not looked at any more.
    private var patience: Duration { .seconds(7200 + 300 * plan.hosts.count) }

    /// After how long a rollout in which nothing happens is taken for one that waits. Hosts that prove themselves look
    /// at their clocks meanwhile, and an eviction that is refused halts the rollout.
    private var quiet: Duration {
        let drain = change.cluster.json["spec", "update", "drainTimeout"]?.stringValue
        return max(.seconds(1800), (drain.flatMap(Duration.init(goNotation:)) ?? .zero) + .seconds(300))
    }

    /// - Throws: ``RehearsalRefusal`` where the cluster cannot be brought up in miniature.
    public init(of change: ProposedChange) throws {
        let (cluster, from) = (change.cluster, change.from)
        let hosts = change.plan.hosts.map(\.host)
        let subject = SimulationConfiguration.Cluster(
            cluster.name, controlPlane: hosts.filter { $0.role == .controlPlane }.map(\.name),
            workers: hosts.filter { $0.role == .worker }.map(\.name))
        var configuration = SimulationConfiguration(clusters: [subject])
        let revisions = [from] + change.origins + [change.to]
        configuration.resolver = RehearsedRevisions(revisions: revisions)
        configuration.durations = change.durations
        configuration.update = cluster.json["spec", "update"]
        configuration.image = SlotContent(version: from.osVersion, digest: from.hostState.osDigest)
        configuration.pools = Self.pools(of: cluster, serving: hosts)
        var world = SimulatedWorld(seed: 0, configuration: configuration)
        for secret in Self.secrets(of: revisions) { world.sites[0].plane.put(secret, now: world.now) }
        world.run(for: .seconds(2 * 3600)) { $0.isUp }
        guard world.isUp, world.violations.isEmpty else {
            throw RehearsalRefusal(cluster: cluster.name, reasons: world.reasons)
        }
        world.run(for: .seconds(60))
        for (number, origin) in change.origins.enumerated() {
            let hosts = change.plan.hosts.filter { $0.from == origin.name }.map(\.host.name)
            guard world.take(hosts, to: number + 1) else {
                throw RehearsalRefusal(cluster: cluster.name, reasons: world.reasons)
            }
        }
        if let leader = cluster.etcdLeader.flatMap({ world.index(of: $0) }) { world.lead(by: leader) }
        self.world = world
        self.change = change
    }

    /// The pools with the hosts that serve, and without those that stand by.
    private static func pools(of cluster: EdgeCluster, serving hosts: [RolloutHost]) -> JSONValue {
        let pools = cluster.json["spec", "pools"]?.arrayValue ?? []
        return .array(
            pools.map { pool in
                var serving = pool
                for field in ["replicas", "minReplicas", "maxReplicas", "spares"] { serving[field] = nil }
                serving["hosts"] = JSONValue(hosts.filter { $0.pool == pool["name"]?.stringValue }.map(\.name).sorted())
                return serving
            })
    }

    /// Sensitive values are no part of a rehearsal: something stands where each of them would.
    private static func secrets(of revisions: [ClusterRevision]) -> [Secret] {
        let references = revisions.flatMap(\.variables).compactMap(\.secret)
        return Dictionary(grouping: references, by: \.name).sorted { $0.key < $1.key }.map { name, references in
            var secret = Secret(namespace: SimulatedWorld.namespace, name: name)
            for reference in references {
                secret.json["data", reference.key] = .string(Base64.encode(Array("rehearsed".utf8)))
            }
            return secret
        }
    }

    /// The mishaps that are worth a try: each host that the update disturbs, and what all of them need.
    public var mishaps: [Mishap] {
        let disturbed = plan.hosts.filter(\.impact.interruptsHosts).map(\.host.name)
        let reboots = plan.hosts.filter { $0.impact == .repave }.map(\.host.name)
        var mishaps = disturbed.map(Mishap.staysAway)
        for host in reboots.prefix(1) { mishaps += [.doesNotStart(host), .isSick(host)] }
        if let first = disturbed.first {
            mishaps += plan.hosts.map(\.host.name).filter { $0 != first }.prefix(1).map { .isLost($0, during: first) }
        }
        if !reboots.isEmpty { mishaps.append(.slowRegistry) }
        let drains = plan.hosts.contains { $0.impact >= .rollingUpgrade }
        if drains { mishaps += world.budgetedWorkloads.prefix(Self.workloadLimit).map(Mishap.podsStayAway) }
        return mishaps + [.noLink]
    }

    // MARK: Runs

    /// The update without a mishap; every number gives another run of chance.
    public func run(_ number: Int) -> RehearsedRun { run(seed: UInt64(number), mishap: nil) }

    /// What a mishap would lead to.
    public func run(_ mishap: Mishap) -> RehearsedRun { run(seed: 1, mishap: mishap) }

    private func run(seed: UInt64, mishap: Mishap?) -> RehearsedRun {
        var world = world
        world.begin(anew: seed, keepsTrace: false)
        world.timeline = Timeline()
        // Lets everybody count anew, so that the timeline knows what there was.
        world.sites[0].workloadsRestAt = nil
        world.ask(for: change.origins.count + 1) {
            if let mishap { $0.prepare(mishap, digest: change.to.hostState.osDigest) }
        }
        let start = world.now
        if mishap == .noLink { world.sites[0].linkIsCutUntil = world.now + patience * 2 }
        if mishap == .slowRegistry { world.registryIsDownUntil = world.now + .seconds(600) }
        let end = finish(&world)
        // What has ended settles: the host that is lost shows, a cordon is lifted.
        world.run(for: .seconds(300))
        var run = RehearsedRun(of: world, from: start, to: end)
        // In miniature updates have names of their own.
        if let name = world.sitesUpdate?.name {
            run.ending = run.ending.mapText { $0.replacing(name, with: change.to.name) }
        }
        return run
    }

    /// Lets the update go on until it has ended, or waits for something that does not come by itself; since when.
    private func finish(_ world: inout SimulatedWorld) -> Timestamp {
        var (last, since) = (world.progress, world.now)
        let quiet = quiet
        world.run(for: patience) { world in
            if world.updateHasEnded { return true }
            let progress = world.progress
            if progress != last || world.hasTaskUnderWay { (last, since) = (progress, world.now) }
            return world.now - since >= quiet
        }
        return world.updateHasEnded ? world.now : since
    }
}

/// Why a cluster could not be rehearsed.
public struct RehearsalRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    public var cluster: String
    /// How far the cluster in miniature came, and what it waited for.
    public var reasons: [String]

    /// The refusal of a shape, for the cluster that it was rehearsed for.
    public func resolving(_ names: StandIns) -> RehearsalRefusal {
        RehearsalRefusal(cluster: names.resolving(cluster), reasons: reasons.map(names.resolving))
    }

    public var description: String {
        "the cluster \(cluster) does not come up in miniature: \(reasons.joined(separator: "; "))"
    }
}

extension SimulatedWorld {
    fileprivate var isUp: Bool {
        let cluster = centresCluster(0)
        return cluster.phase == .running && cluster.json["status", "health", "level"]?.stringValue == "Green"
            && cluster.currentRevision != nil
    }

    /// Asks for a revision by its number, and approves the update that follows once it is prepared for.
    fileprivate mutating func ask(for number: Int, prepare: (inout SimulatedWorld) -> Void = { _ in }) {
        perform(.setVariable(RehearsedRevisions.question, "\(number)"), on: nil)
        run(for: .seconds(600)) { $0.openUpdate(of: 0) != nil }
        prepare(&self)
        perform(.approve(downtime: true), on: nil)
        run(for: .seconds(600)) { $0.sitesUpdate?.isApproved == true }
    }

    /// Lets a member lead etcd, and everybody hear of it.
    fileprivate mutating func lead(by host: Int) {
        var etcd = sites[0].etcd
        if etcd.leader != host { etcd.moveLeader(to: host, where: memberLives) }
        sites[0].etcd = etcd
        run(for: .seconds(60))
    }

    /// Takes hosts to a revision, and leaves off there, as a rollout did that was stopped halfway. Hosts that come
    /// before them in every rollout are taken along. False where they do not get there.
    fileprivate mutating func take(_ hosts: [String], to number: Int) -> Bool {
        // The leader's host comes last of its pool.
        if let other = sites[0].etcd.members.first(where: { !hosts.contains(machines[$0].name) }) { lead(by: other) }
        ask(for: number)
        let update = sitesUpdate?.name
        run(for: .seconds(2 * 3600)) { world in
            hosts.allSatisfy { world.sitesUpdate?.hasDisturbed($0) ?? false } || world.updateHasEnded
        }
        // Whoever has begun comes through, and nobody else begins.
        perform(.pause, on: nil)
        run(for: .seconds(2 * 3600)) { world in
            hosts.allSatisfy { world.sitesUpdate?.isThrough(on: $0) ?? false } || world.updateHasEnded
        }
        guard let reached = sitesUpdate, reached.name == update, hosts.allSatisfy(reached.isThrough) else {
            return false
        }
        if !updateHasEnded { perform(.abort, on: nil) }
        run(for: .seconds(3600)) { $0.updateHasEnded }
        run(for: .seconds(300))
        return updateHasEnded && violations.isEmpty
    }

    /// Why the cluster is not up.
    fileprivate var reasons: [String] {
        let (original, held) = (centresCluster(0), sitesCluster(0))
        let laws = violations.map { "\($0.law): \($0.text)" }
        let findings = (held ?? original).json["status", "health", "reasons"]?.arrayValue ?? []
        let waits = [original, held].compactMap { $0?.json["status", "waits"]?.arrayValue }.joined()
        let sentences = (findings + waits).compactMap { $0["message"]?.stringValue }
        let conditions = original.conditions.filter { $0.status != .isTrue }.map(\.message).filter { !$0.isEmpty }
        return ["it is \(original.phase.rawValue)"] + laws + conditions + sentences
    }

    /// What changes when anything comes of a rollout: the site's revisions of what it is made of.
    fileprivate var progress: [Int] {
        [ClusterUpdate.groupKind, Machine.groupKind, HostMachine.groupKind, Node.groupKind, Pod.groupKind]
            .map(sites[0].plane.revision(of:))
    }

    /// Whether an agent is about to do something by itself.
    fileprivate var hasTaskUnderWay: Bool {
        machines.contains { $0.agentIsUp && ($0.agent.running != nil || $0.agent.tick != nil) }
    }

    /// The update as the site has it; the last one.
    var sitesUpdate: ClusterUpdate? { sites[0].plane.snapshot.list(ClusterUpdate.self).last }

    fileprivate var updateHasEnded: Bool {
        switch sitesUpdate?.phase {
        case .completed, .halted, .aborted, .superseded: true
        case .pendingApproval, .progressing, .paused, nil: false
        }
    }

    fileprivate mutating func prepare(_ mishap: Mishap, digest: String) {
        switch mishap {
        case .staysAway(let host): if let host = index(of: host) { lostWhenDisturbed[host] = host }
        case .isLost(let host, let other):
            if let host = index(of: host), let other = index(of: other) { lostWhenDisturbed[other] = host }
        case .doesNotStart(let host): behavioursOnHost[host] = [digest: .panics]
        case .isSick(let host): behavioursOnHost[host] = [digest: .sick]
        case .podsStayAway(let workload):
            for deployment in sites[0].plane.snapshot.list(Deployment.self) where deployment.path == workload {
                missingImages[deployment.image] = now + .seconds(7 * 86_400)
            }
        case .slowRegistry, .noLink: break
        }
    }

    /// The workloads whose pods a budget keeps.
    fileprivate var budgetedWorkloads: [String] {
        let snapshot = sites[0].plane.snapshot
        let budgets = snapshot.list(PodDisruptionBudget.self)
        return snapshot.list(Deployment.self).filter { deployment in
            let labels = deployment.spec["template", "metadata", "labels"]?.stringMap ?? [:]
            return budgets.contains { $0.namespace == deployment.namespace && $0.selects(labels) }
        }.map(\.path)
    }
}

extension ClusterUpdate {
    private func entry(of host: String) -> JSONValue? {
        json["status", "hosts"]?.arrayValue?.first { $0["name"]?.stringValue == host }
    }

    fileprivate func hasDisturbed(_ host: String) -> Bool { entry(of: host)?["beganAt"] != nil }
    fileprivate func isThrough(on host: String) -> Bool { entry(of: host)?["phase"]?.stringValue == "Done" }
}

extension Deployment {
    fileprivate var path: String { "\(namespace)/\(name)" }
    fileprivate var image: String {
        json["spec", "template", "spec", "containers"]?.arrayValue?.first?["image"]?.stringValue ?? ""
    }
}
