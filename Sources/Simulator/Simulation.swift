import ControlLoop
import CorbelAPI
import Lifecycle

/// One run: a safety phase under faults, in which no law may be broken, and then a phase in which the world has healed
/// and everything must come to rest.
public struct Simulation: Sendable {
    private let script: Script
    private let configuration: SimulationConfiguration
    private let keepsTrace: Bool

    /// - Parameter keepsTrace: whether the story is told line by line.
    public init(seed: UInt64, configuration: SimulationConfiguration = .one, keepsTrace: Bool = false) {
        self.init(Script(drawnFrom: seed, for: configuration), configuration: configuration, keepsTrace: keepsTrace)
    }

    /// A run of a script, drawn or written.
    public init(_ script: Script, configuration: SimulationConfiguration = .one, keepsTrace: Bool = false) {
        self.script = script
        self.configuration = configuration
        self.keepsTrace = keepsTrace
    }

    /// How long faults last at most, and how long the world may take to come to rest after them.
    private static let safety = Duration.seconds(40 * 60)
    private static let convergence = Duration.seconds(4 * 3600)

    public func run() -> SimulationResult {
        var world = begin()
        var people = SensiblePeople()
        let start = world.now
        script.write(into: &world)
        world.run(for: Self.safety)
        world.heal()
        let healed = world.now
        while !world.hasConverged, world.violations.isEmpty, world.now - healed < Self.convergence {
            world.run(for: .seconds(60)) { $0.hasConverged }
            people.act(in: &world)
        }
        if !world.hasConverged, world.violations.isEmpty {
            world.violations.append(
                Violation(
                    law: "what has healed comes to rest", text: world.obstacles.joined(separator: "; "),
                    at: world.now - start))
        }
        return SimulationResult(
            seed: script.seed, hash: world.trace.hash, story: world.trace.lines, outcome: world.outcome,
            violations: world.violations,
            coverage: world.coverage, steps: world.steps, simulated: world.now - start)
    }

    /// Most runs begin with a cluster that runs: how it came up is the same in all of them. The others begin with bare
    /// machines, and faults on the way to a cluster.
    private func begin() -> SimulatedWorld {
        guard !script.beginsBare else {
            return SimulatedWorld(seed: script.seed, configuration: configuration, keepsTrace: keepsTrace)
        }
        var world = Self.running
        world.begin(anew: script.seed, keepsTrace: keepsTrace)
        return world
    }

    /// The shortest script that still breaks the law which this one breaks, as far as leaving out one line after the
    /// other finds it; nil where it breaks none.
    public func shrunk() -> Script? {
        guard let law = run().violations.first?.law else { return nil }
        var shortest = script
        var index = 0
        while index < shortest.size {
            let shorter = shortest.without(index)
            let result = Simulation(shorter, configuration: configuration).run()
            if result.violations.first?.law == law { shortest = shorter } else { index += 1 }
        }
        return shortest
    }

    /// The cluster of `SimulationConfiguration.one`, as it is soon after it came up. A world is a value: it is made
    /// once.
    private static let running: SimulatedWorld = {
        var world = SimulatedWorld(seed: 0, configuration: .one)
        world.run(for: .seconds(3600)) { $0.hasConverged }
        precondition(world.violations.isEmpty && world.hasConverged, "a cluster without faults comes up")
        world.run(for: .seconds(60))
        return world
    }()
}

/// What became of a run.
public struct SimulationResult: Sendable, Hashable {
    public var seed: UInt64
    /// Over everything that happened: the same seed gives the same.
    public var hash: UInt64
    /// Line by line, where it was asked for.
    public var story: [String]
    /// What the updates came to and what each host runs, a line each.
    public var outcome: [String]
    public var violations: [Violation]
    /// How often each kind of fault has happened.
    public var coverage: [String: Int]
    /// How many events have happened.
    public var steps: Int
    /// How much time has passed in the world.
    public var simulated: Duration
}

extension SimulatedWorld {
    var outcome: [String] {
        let updates = site.snapshot.list(ClusterUpdate.self).map { "\($0.name) \($0.phase.rawValue)" }
        let hosts = site.snapshot.list(HostMachine.self).map { host in
            guard let running = host.running else { return "\(host.hostName) runs nothing" }
            return "\(host.hostName) runs \(running.osVersion), Kubernetes \(running.kubernetesVersion)"
        }
        return updates + hosts
    }

    /// Whether the cluster runs what was asked for last, whole and well.
    var hasConverged: Bool { obstacles.isEmpty }

    /// What is not at rest yet, for people.
    var obstacles: [String] {
        let cluster = centresCluster
        var found: [String] = []
        if cluster.phase != .running { found.append("the cluster is \(cluster.phase.rawValue)") }
        let level = cluster.json["status", "health", "level"]?.stringValue ?? "not known"
        if level != "Green" { found.append("its health is \(level)") }
        if let update = openUpdate { found.append("\(update.name) is \(update.phase.rawValue)") }
        let wanted = SimulatedProfiles.digest(
            ofSystem: cluster.variables["os"]?.stringValue ?? SimulatedProfiles.firstSystem)
        let kubernetes = cluster.variables["kubernetes"]?.stringValue ?? SimulatedProfiles.firstKubernetes
        for host in site.snapshot.list(HostMachine.self) where host.running?.kubernetesVersion != kubernetes {
            found.append("\(host.hostName) runs another Kubernetes")
        }
        for host in machines.indices {
            if !serves(host) { found.append("\(machines[host].name) does not serve") }
            if machines[host].digest != wanted { found.append("\(machines[host].name) runs another system") }
        }
        let waits = (sitesCluster ?? cluster).json["status", "waits"]?.arrayValue ?? []
        if !found.isEmpty { found += waits.compactMap { $0["message"]?.stringValue } }
        return found
    }
}
