import ControlLoop
import CorbelAPI
import HostPlan
import Lifecycle

/// A centre, sites of machines, the networks between them and the people around, on one thread and in virtual time.
/// Everything that happens follows from the seed.
///
/// What ships decides here as it ships: the reconcilers, their queues and caches, the election, the pivot's and the
/// link's steps, and each host's state machine. What carries their decisions out is modelled.
struct SimulatedWorld: Sendable {
    static let start = Timestamp(seconds: 1_800_000_000)
    static let namespace = "site"

    let configuration: SimulationConfiguration
    var now: Timestamp = SimulatedWorld.start
    var agenda = Agenda<WorldEvent>()
    var chance: SeededGenerator
    var trace: Trace
    var laws: [any Law] = []
    var violations: [Violation] = []
    var coverage = Coverage()
    /// When the run began that is told about.
    var origin: Timestamp = SimulatedWorld.start
    /// How many events have happened.
    var steps = 0

    var centre = SimulatedPlane("centre")
    var sites: [SimulatedSite] = []
    var machines: [SimulatedMachine] = []
    /// The centre's process, and that of each host that leads its site.
    var centreProcess: ControllerProcess?
    var siteProcesses: [ControllerProcess?] = []
    var lives = 0
    /// How images behave, by digest, and where one behaves otherwise on a host.
    var behaviours: [String: ImageBehaviour] = [:]
    var behavioursOnHost: [String: [String: ImageBehaviour]] = [:]

    /// Kept in a rehearsal.
    var timeline: Timeline?
    /// Which host loses its power for good when another, or it itself, is disturbed.
    var lostWhenDisturbed: [Int: Int] = [:]

    // What is broken now.
    var centreIsUp = false
    var registryIsDownUntil: Timestamp = SimulatedWorld.start
    var watchDelay = Duration.zero
    var watchesAreSlowUntil: Timestamp = SimulatedWorld.start
    var lossPercent = 0
    var networkIsLossyUntil: Timestamp = SimulatedWorld.start
    var watchesAreDoubledUntil: Timestamp = SimulatedWorld.start
    /// Images of workloads that cannot be pulled, and until when.
    var missingImages: [String: Timestamp] = [:]
    /// How far the centre's clock is ahead.
    var centreClockOffset = Duration.zero
    /// What the centre makes of heartbeats since it started, and when that was.
    var heartbeats = HeartbeatWatch<String>(timeout: SimulatedWorld.heartbeatTimeout)
    var centreStartedAt: Timestamp = SimulatedWorld.start
    var heartbeatsAreDueAt: Timestamp = SimulatedWorld.start

    init(seed: UInt64, configuration: SimulationConfiguration, keepsTrace: Bool = false) {
        self.configuration = configuration
        chance = SeededGenerator(seed: seed)
        trace = Trace(from: Self.start, keepsLines: keepsTrace)
        laws = Laws.all
        agenda.plan(.centreStarts, at: now)
        for cluster in configuration.clusters { add(cluster) }
        siteProcesses = machines.map { _ in nil }
    }

    private mutating func add(_ cluster: SimulationConfiguration.Cluster) {
        let site = sites.count
        let first = machines.count
        for name in cluster.machines {
            machines.append(
                SimulatedMachine(name: name, site: site, cluster: cluster.name, image: configuration.image))
        }
        sites.append(SimulatedSite(cluster: cluster.name, hosts: first..<machines.count))
        agenda.plan(.kubernetes(site: site), at: now + .seconds(10))
        agenda.plan(.link(site: site), at: now + .seconds(5))
        for host in first..<machines.count {
            agenda.plan(.powerOn(host), at: now + .milliseconds(10))
            var registered = EdgeHost(namespace: Self.namespace, name: machines[host].name)
            registered.isApproved = true
            centre.put(registered, now: now)
        }
        centre.put(edgeCluster(cluster), now: now)
    }

    /// The cluster as somebody makes it.
    func edgeCluster(_ cluster: SimulationConfiguration.Cluster) -> EdgeCluster {
        var object = EdgeCluster(namespace: Self.namespace, name: cluster.name)
        object.spec = ["profiles": [["name": "infra", "version": "1.0.0"]], "variables": [:]]
        var pools: [JSONValue] = [
            ["name": "masters", "role": "control-plane", "hosts": JSONValue(cluster.controlPlane)]
        ]
        if !cluster.workers.isEmpty {
            pools.append(["name": "workers", "role": "worker", "hosts": JSONValue(cluster.workers)])
        }
        object.json["spec", "pools"] = configuration.pools ?? .array(pools)
        object.json["spec", "update"] = configuration.update
        return object
    }

    /// Lets another seed decide what happens from now on.
    mutating func begin(anew seed: UInt64, keepsTrace: Bool) {
        chance = SeededGenerator(seed: seed)
        trace = Trace(from: now, keepsLines: keepsTrace)
        steps = 0
        origin = now
    }

    // MARK: Time

    /// Lets what is due next happen; false where nothing is left.
    mutating func step() -> Bool {
        guard let (moment, event) = agenda.take() else { return false }
        steps += 1
        now = max(now, moment)
        happen(event)
        announceNews()
        return true
    }

    /// How often somebody looks whether a world has come as far as is hoped.
    private static let lookInterval = Duration.seconds(5)

    /// Lets time pass, until something holds where that is sooner.
    mutating func run(for duration: Duration, until isDone: ((SimulatedWorld) -> Bool)? = nil) {
        let end = now + duration
        var look = now
        while let next = agenda.next, next <= end {
            guard step(), violations.count < 20 else { return }
            guard let isDone, now >= look else { continue }
            if isDone(self) { return }
            look = now + Self.lookInterval
        }
        now = end
    }

    mutating func plan(_ event: WorldEvent, in delay: Duration) { agenda.plan(event, at: now + delay) }

    private mutating func happen(_ event: WorldEvent) {
        switch event {
        case .request(let id, let life, let request): carryOut(request, of: id, life)
        case .answer(let id, let life, let news): if isCurrent(id, life) { feed(id, news) }
        case .watch(let id, let life): deliverNews(to: id, life)
        case .tick(let id, let life): ring(id, life)
        case .powerOn(let host): powerOn(host)
        case .watchdog(let host, let boot): if machines[host].boots == boot { reset(host) }
        case .agentStarts(let host, let boot): startAgent(on: host, boot)
        case .actionEnds(let host, let boot, let number): endAction(on: host, boot, number)
        case .agentTick(let host, let boot, let uptime): tickAgent(on: host, boot, uptime)
        case .agentLooks(let host, let boot): look(from: host, boot)
        case .agentFeels(let host, let boot): feel(on: host, boot)
        case .election(let host, let boot): standForElection(host, boot)
        case .dropsDead(let host, let boot): if machines[host].boots == boot { reset(host) }
        case .kubernetes(let site): stepKubernetes(at: site)
        case .link(let site): stepLink(to: site)
        case .centreStarts: startCentre()
        case .fault(let fault): strike(fault)
        case .act(let act, let cluster): perform(act, on: cluster)
        }
    }

    mutating func tell(_ line: String) { trace.tell(line, at: now) }

    // MARK: Observing

    /// Lets every law look at what has just happened.
    mutating func observe(_ observation: Observation) {
        var all = laws
        // The laws look at the world, which holds them.
        laws = []
        let broken = judge(observation, by: &all)
        laws = all
        note(broken)
    }

    /// Lets every law look at a world that has healed and come to rest.
    mutating func observeRest() { note(laws.flatMap { law in law.atRest(in: self).map { (law.name, $0) } }) }

    private mutating func note(_ broken: [(law: String, text: String)]) {
        for (law, text) in broken {
            violations.append(Violation(law: law, text: text, at: now - origin))
            trace.tell("VIOLATION \(law): \(text)", at: now)
        }
    }

    /// What laws say; the world stands still meanwhile, and is not copied for each of them.
    private func judge(_ observation: Observation, by laws: inout [any Law]) -> [(law: String, text: String)] {
        var broken: [(law: String, text: String)] = []
        for index in laws.indices {
            for text in laws[index].observe(observation, in: self) { broken.append((laws[index].name, text)) }
        }
        return broken
    }

    // MARK: What is up

    /// Whether the host's services run: kubelet, and etcd and the API server where it has them.
    func serves(_ host: Int) -> Bool {
        guard machines[host].power == .running, let from = machines[host].servesFrom, now >= from else { return false }
        return now >= machines[host].servicesRestUntil
    }

    /// Whether a host and its neighbours hear each other.
    func isCutOffAtSite(_ host: Int) -> Bool { now < machines[host].cutOffFromSiteUntil }
    func isCutOffFromCentre(_ host: Int) -> Bool { now < machines[host].cutOffFromCentreUntil }

    /// Whether the host's member of etcd lives, and is heard.
    func memberLives(_ host: Int) -> Bool {
        machines[host].disk.hasEtcdMember && serves(host) && !isCutOffAtSite(host) && certificatesHold(on: host)
    }

    /// Whether a site's API server answers.
    func isUp(site: Int) -> Bool { sites[site].etcd.hasQuorum { memberLives($0) } }

    /// Whether the API server of a host's site answers it.
    func siteAnswers(_ host: Int) -> Bool { !isCutOffAtSite(host) && isUp(site: machines[host].site) }

    func linkIsUp(to site: Int) -> Bool {
        guard centreIsUp, now >= sites[site].linkIsCutUntil else { return false }
        guard now < sites[site].linkIsRareUntil, sites[site].linkPeriod > .zero else { return true }
        return (now - Self.start).milliseconds % sites[site].linkPeriod.milliseconds < 120_000
    }

    /// What a process, or the agent of a host, takes for the time of day.
    func wallClock(of host: Int?) -> Timestamp {
        if let host { now + machines[host].clockOffset } else { now + centreClockOffset }
    }

    func behaviour(of digest: String, on host: Int) -> ImageBehaviour {
        if behaviours.isEmpty, behavioursOnHost.isEmpty { return .good }
        return behavioursOnHost[machines[host].name]?[digest] ?? behaviours[digest] ?? .good
    }

    /// How the system behaves that is booted on the host.
    func behaviour(on host: Int) -> ImageBehaviour {
        guard let digest = machines[host].disk.digest(of: machines[host].bootedSlot) else { return .panics }
        return behaviour(of: digest, on: host)
    }

    func index(of name: String) -> Int? { machines.firstIndex { $0.name == name } }

    // MARK: Planes

    subscript(plane: PlaneID) -> SimulatedPlane {
        switch plane {
        case .centre: centre
        case .site(let site): sites[site].plane
        }
    }

    /// The cluster of a site as the centre knows it, and as the site does.
    func centresCluster(_ site: Int) -> EdgeCluster {
        centre.get(EdgeCluster.self, namespace: Self.namespace, name: sites[site].cluster)
            ?? EdgeCluster(namespace: Self.namespace, name: sites[site].cluster)
    }
    func sitesCluster(_ site: Int) -> EdgeCluster? {
        sites[site].plane.get(EdgeCluster.self, namespace: Self.namespace, name: sites[site].cluster)
    }
}
