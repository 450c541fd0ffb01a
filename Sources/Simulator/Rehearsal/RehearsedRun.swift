public import CorbelAPI
import Revisions

/// How a rehearsed update ended.
public struct RehearsedRun: Sendable, Hashable {
    public enum Ending: Sendable, Hashable {
        /// The update is through.
        case completes
        /// The rollout has stopped where it is safe, and somebody has to look: why, and what goes on from there.
        case halts(why: String, goesOn: String)
        /// The rollout waits for something that does not come by itself.
        case waits(why: String, goesOn: String)
        /// A law of the house was broken: a fault of Corbel's.
        case breaksALaw(String)
    }

    /// A host's way.
    public struct Host: Sendable, Hashable {
        public var name: String
        /// Its phases in order, with when each begins, counted from the approval.
        public var phases: [Phase]
        /// How long its services are away in all; nil where they do not come back.
        public var down: Duration?
        /// When its task is through; nil where it is not.
        public var end: Duration? { phases.last.flatMap { $0.phase.isFinal ? $0.begins : nil } }
    }

    public struct Phase: Sendable, Hashable {
        public var phase: HostTaskStatus.Phase
        public var begins: Duration
    }

    /// What became of the pods of a workload.
    public struct Workload: Sendable, Hashable {
        public var namespace: String
        public var name: String
        /// How many pods it was to have at the end.
        public var pods: Int
        /// How many were ready when the fewest were.
        public var least: Int
        /// For how long in all fewer were ready than it was to have.
        public var short: Duration
    }

    public var ending: Ending
    /// From the approval to the end, or to where it waits.
    public var length: Duration
    public var hosts: [Host]
    /// In the order of their names.
    public var workloads: [Workload]
    /// Whether etcd has its quorum at the end, and with that the cluster its API.
    public var clusterAnswers: Bool

    init(of world: SimulatedWorld, from start: Timestamp, to end: Timestamp) {
        length = end - start
        clusterAnswers = world.isUp(site: 0)
        ending = Self.ending(of: world)
        workloads = (world.timeline?.counts ?? [:]).sorted { $0.key < $1.key }.map { key, counts in
            Self.workload(key, counts, from: start, to: end)
        }
        let entries = world.timeline?.entries.filter { $0.at >= start } ?? []
        hosts = world.machines.indices.map { host in
            let own = entries.filter { $0.host == host }
            let phases = own.compactMap { entry -> Phase? in
                guard case .phase(let phase) = entry.event else { return nil }
                return Phase(phase: phase, begins: entry.at - start)
            }
            return Host(name: world.machines[host].name, phases: phases, down: Self.downtime(in: own))
        }
    }

    private static func downtime(in entries: [Timeline.Entry]) -> Duration? {
        var total = Duration.zero
        var since: Timestamp?
        for entry in entries {
            switch entry.event {
            case .down: since = since ?? entry.at
            case .up:
                total += since.map { entry.at - $0 } ?? .zero
                since = nil
            case .phase: break
            }
        }
        return since == nil ? total : nil
    }

    private static func workload(
        _ key: ObjectKey, _ counts: [Timeline.Count], from start: Timestamp, to end: Timestamp
    ) -> Workload {
        let begun = counts.lastIndex { $0.at <= start } ?? 0
        let relevant = counts[begun...].filter { $0.at < end }
        var short = Duration.zero
        for (index, count) in relevant.enumerated() where count.ready < count.wanted {
            let next = index + 1 < relevant.count ? relevant[index + 1].at : end
            short += next - max(count.at, start)
        }
        return Workload(
            namespace: key.namespace, name: key.name, pods: relevant.last?.wanted ?? 0,
            least: relevant.map(\.ready).min() ?? 0, short: short)
    }

    private static func ending(of world: SimulatedWorld) -> Ending {
        if let violation = world.violations.first { return .breaksALaw("\(violation.law): \(violation.text)") }
        guard let update = world.sitesUpdate else {
            return .waits(why: "no update was made", goesOn: "the change is looked at by its plan")
        }
        let wait = update.json["status", "waits"]?.arrayValue?.first
        let why = wait?["message"]?.stringValue ?? update.condition("Halted")?.message ?? ""
        let goesOn = wait?["unblockedBy"]?.stringValue ?? ""
        switch update.phase {
        case .completed: return .completes
        case .halted: return .halts(why: why, goesOn: goesOn)
        default: return .waits(why: why, goesOn: goesOn)
        }
    }
}
