import ControlLoop
import CorbelAPI
import HostPlan
import Lifecycle

/// A centre, a site of machines, the network between them and the people around, on one thread and in virtual time.
/// Everything that happens follows from the seed.
///
/// What ships decides here as it ships: the reconcilers, their queues and caches, the election, the pivot's and the
/// link's steps, and each host's state machine. What carries their decisions out is modelled.
struct SimulatedWorld: Sendable {
    static let start = Timestamp(seconds: 1_800_000_000)
    static let namespace = "site"
    static let clusterName = "edge"

    let configuration: SimulationConfiguration
    var now: Timestamp = SimulatedWorld.start
    var agenda = Agenda<WorldEvent>()
    var chance: SeededGenerator
    var trace: Trace
    var laws: [any Law] = []
    var violations: [Violation] = []
    var coverage: [String: Int] = [:]
    /// When the run began that is told about.
    var origin: Timestamp = SimulatedWorld.start
    /// How many events have happened.
    var steps = 0

    var centre = SimulatedPlane("centre")
    var site = SimulatedPlane("site")
    var processes: [ProcessID: ControllerProcess] = [:]
    var lives = 0
    var machines: [SimulatedMachine]
    var etcd = SimulatedEtcd()
    /// How images behave, by digest, and where one behaves otherwise on a host.
    var behaviours: [String: ImageBehaviour] = [:]
    var behavioursOnHost: [String: [String: ImageBehaviour]] = [:]

    // What is broken now.
    var centreIsUp = false
    var linkIsCutUntil: Timestamp = SimulatedWorld.start
    var registryIsDownUntil: Timestamp = SimulatedWorld.start
    var watchDelay = Duration.zero
    var watchesAreSlowUntil: Timestamp = SimulatedWorld.start
    var lossPercent = 0
    var networkIsLossyUntil: Timestamp = SimulatedWorld.start
    var watchesAreDoubledUntil: Timestamp = SimulatedWorld.start
    /// How far the centre's clock is ahead.
    var centreClockOffset = Duration.zero
    /// Keeps agents' reports back while a pivot carries their machines.
    var isPivoting = false

    init(seed: UInt64, configuration: SimulationConfiguration, keepsTrace: Bool = false) {
        self.configuration = configuration
        chance = SeededGenerator(seed: seed)
        trace = Trace(from: Self.start, keepsLines: keepsTrace)
        let image = SlotContent(
            version: SimulatedProfiles.firstSystem,
            digest: SimulatedProfiles.digest(ofSystem: SimulatedProfiles.firstSystem))
        let names = configuration.controlPlane.map { ($0, true) } + configuration.workers.map { ($0, false) }
        machines = names.map { SimulatedMachine(name: $0, isControlPlane: $1, image: image) }
        laws = Laws.all
        begin()
    }

    private mutating func begin() {
        agenda.plan(.centreStarts, at: now)
        agenda.plan(.kubernetes, at: now + .seconds(10))
        agenda.plan(.link, at: now + .seconds(5))
        for index in machines.indices { agenda.plan(.powerOn(index), at: now + .milliseconds(10)) }
        for machine in machines {
            var host = EdgeHost(namespace: Self.namespace, name: machine.name)
            host.isApproved = true
            centre.put(host, now: now)
        }
        var cluster = EdgeCluster(namespace: Self.namespace, name: Self.clusterName)
        cluster.spec = ["profiles": [["name": "infra", "version": "1.0.0"]], "variables": [:]]
        var pools: [JSONValue] = [
            ["name": "masters", "role": "control-plane", "hosts": JSONValue(configuration.controlPlane)]
        ]
        if !configuration.workers.isEmpty {
            pools.append(["name": "workers", "role": "worker", "hosts": JSONValue(configuration.workers)])
        }
        cluster.json["spec", "pools"] = .array(pools)
        centre.put(cluster, now: now)
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

    /// Lets time pass.
    mutating func run(for duration: Duration, until isDone: (SimulatedWorld) -> Bool = { _ in false }) {
        let end = now + duration
        while let next = agenda.next, next <= end {
            guard step(), violations.count < 20 else { return }
            if isDone(self) { return }
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
        case .kubernetes: stepKubernetes()
        case .link: stepLink()
        case .centreStarts: startCentre()
        case .fault(let fault): strike(fault)
        case .act(let act): perform(act)
        }
    }

    mutating func tell(_ line: String) { trace.tell(line, at: now) }

    // MARK: Observing

    /// Lets every law look at what has just happened.
    mutating func observe(_ observation: Observation) {
        var all = laws
        // The laws look at the world, which holds them.
        laws = []
        for index in all.indices {
            for text in all[index].observe(observation, in: self) {
                violations.append(Violation(law: all[index].name, text: text, at: now - origin))
                trace.tell("VIOLATION \(all[index].name): \(text)", at: now)
            }
        }
        laws = all
    }

    // MARK: What is up

    var linkIsUp: Bool { centreIsUp && now >= linkIsCutUntil }

    /// Whether the host's services run: kubelet, and etcd and the API server where it has them.
    func serves(_ host: Int) -> Bool {
        guard machines[host].power == .running, let from = machines[host].servesFrom, now >= from else { return false }
        return machines[host].agent.map { now >= $0.servicesRestUntil } ?? true
    }

    func isIsolated(_ host: Int) -> Bool { now < machines[host].isolatedUntil }

    /// Hosts whose member of etcd lives, and is heard.
    var livingMembers: Set<String> {
        let living = machines.indices.filter { machines[$0].disk.hasEtcdMember && serves($0) && !isIsolated($0) }
        return Set(living.map { machines[$0].name })
    }

    /// Whether the site's API server answers a host.
    func siteAnswers(_ host: Int) -> Bool { siteIsUp && !isIsolated(host) }

    /// What a process, or the agent of a host, takes for the time of day.
    func wallClock(of host: Int?) -> Timestamp { now + (host.map { machines[$0].clockOffset } ?? centreClockOffset) }

    /// Whether the site's API server answers.
    var siteIsUp: Bool { etcd.hasQuorum(alive: livingMembers) }

    func behaviour(of digest: String, on host: Int) -> ImageBehaviour {
        behavioursOnHost[machines[host].name]?[digest] ?? behaviours[digest] ?? .good
    }

    /// How the system behaves that is booted on the host.
    func behaviour(on host: Int) -> ImageBehaviour {
        machines[host].digest.map { behaviour(of: $0, on: host) } ?? .panics
    }

    func index(of name: String) -> Int? { machines.firstIndex { $0.name == name } }

    var centresCluster: EdgeCluster {
        centre.get(EdgeCluster.self, namespace: Self.namespace, name: Self.clusterName)
            ?? EdgeCluster(namespace: Self.namespace, name: Self.clusterName)
    }
    var sitesCluster: EdgeCluster? { site.get(EdgeCluster.self, namespace: Self.namespace, name: Self.clusterName) }
}
