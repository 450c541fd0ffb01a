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

    /// How long the world goes on after the last thing that the script lets happen, before everything heals; and how
    /// long it may take to come to rest then.
    private static let aftermath = Duration.seconds(300)
    private static let convergence = Duration.seconds(4 * 3600)

    /// - Parameter twice: whether to run again, and to hold it against the law that nothing but the seed decides.
    public func run(twice: Bool) -> SimulationResult {
        var result = run()
        if twice, run() != result {
            let text = "another run of the same seed left another trace"
            result.violations.append(Violation(law: "the seed decides everything", text: text, at: result.simulated))
        }
        return result
    }

    public func run() -> SimulationResult {
        var world = begin()
        var people = SensiblePeople()
        let start = world.now
        script.write(into: &world)
        world.run(for: script.length + Self.aftermath)
        world.heal()
        let healed = world.now
        while !world.hasConverged, world.violations.isEmpty, world.now - healed < Self.convergence {
            world.run(for: .seconds(60)) { $0.hasConverged }
            people.act(in: &world)
        }
        if !world.hasConverged, world.violations.isEmpty {
            let law = world.isEndless ? "finalizers end" : "what has healed comes to rest"
            let text = world.obstacles.joined(separator: "; ")
            world.violations.append(Violation(law: law, text: text, at: world.now - start))
        }
        if world.violations.isEmpty {
            // Long enough for everything that is under way to arrive.
            world.run(for: .seconds(60))
            world.observeRest()
            for text in world.restless {
                let law = "at rest, a second look wants nothing"
                world.violations.append(Violation(law: law, text: text, at: world.now - start))
            }
        }
        return SimulationResult(
            seed: script.seed, hash: world.trace.hash, story: world.trace.lines, outcome: world.outcome,
            violations: world.violations,
            coverage: world.coverage, steps: world.steps, simulated: world.now - start)
    }

    /// Most runs begin with a cluster that runs: how it came up is the same in all of them. The others begin with bare
    /// machines, and faults on the way to a cluster.
    private func begin() -> SimulatedWorld {
        guard !script.beginsBare, var world = running else {
            return SimulatedWorld(seed: script.seed, configuration: configuration, keepsTrace: keepsTrace)
        }
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

    /// The clusters of a world that ships, as they are soon after they came up; nil for any other world.
    private var running: SimulatedWorld? {
        guard configuration.isShipped else { return nil }
        switch configuration.clusters {
        case SimulationConfiguration.one.clusters: return Self.one
        case SimulationConfiguration.mixed.clusters: return Self.mixed
        default: return nil
        }
    }

    // A world is a value: each is made once, when somebody asks for it.
    private static let one = running(.one)
    private static let mixed = running(.mixed)

    private static func running(_ configuration: SimulationConfiguration) -> SimulatedWorld {
        var world = SimulatedWorld(seed: 0, configuration: configuration)
        world.run(for: .seconds(3600)) { $0.hasConverged }
        precondition(world.violations.isEmpty && world.hasConverged, "clusters without faults come up")
        world.run(for: .seconds(60))
        return world
    }
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
    public var coverage: Coverage
    /// How many events have happened.
    public var steps: Int
    /// How much time has passed in the world.
    public var simulated: Duration
}

extension SimulatedWorld {
    var outcome: [String] {
        sites.flatMap { site in
            let updates = site.plane.snapshot.list(ClusterUpdate.self).map { "\($0.name) \($0.phase.rawValue)" }
            let hosts = site.plane.snapshot.list(HostMachine.self).map { host in
                guard let running = host.running else { return "\(host.hostName) runs nothing" }
                return "\(host.hostName) runs \(running.osVersion), Kubernetes \(running.kubernetesVersion)"
            }
            return updates + hosts
        }
    }
}
