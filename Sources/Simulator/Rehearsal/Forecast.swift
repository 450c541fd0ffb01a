import CorbelAPI
public import Revisions

/// What a change will do, and what could stop it, by rehearsal.
public struct Forecast: Sendable, Hashable {
    public typealias Span = UpdateForecast.Span

    public struct Host: Sendable, Hashable {
        public var name: String
        public var impact: String
        /// When the host is disturbed first, when it is through, and how long its services are away.
        public var begins: Span?
        public var ends: Span?
        public var down: Span?
    }

    public struct Workload: Sendable, Hashable {
        public var namespace: String
        public var name: String
        public var pods: Int
        /// How many pods stay ready throughout, in every run.
        public var least: Int
        /// For how long fewer are ready than there should be.
        public var short: Span?
    }

    public struct Trial: Sendable, Hashable {
        public var mishap: Mishap
        public var run: RehearsedRun

        public init(mishap: Mishap, run: RehearsedRun) {
            self.mishap = mishap
            self.run = run
        }
    }

    public internal(set) var cluster: String
    public internal(set) var fromRevision: String
    public internal(set) var toRevision: String
    /// How the update ends where nothing goes wrong.
    public internal(set) var ending: RehearsedRun.Ending
    public let total: Span?
    /// In the order in which they are disturbed.
    public internal(set) var hosts: [Host]
    /// In the order of their names.
    public let workloads: [Workload]
    public internal(set) var trials: [Trial]
    /// What the steps were taken to last.
    public let durations: StepDurations
    /// How long the image is that hosts fetch, where it is known and they do, and how many of them.
    public let imageBytes: Int64?
    public let fetchingHosts: Int

    /// - Parameters:
    ///   - runs: Those without a mishap; at least one.
    public init(of change: ProposedChange, runs: [RehearsedRun], trials: [Trial]) {
        let plan = change.plan
        durations = change.durations
        fetchingHosts = plan.hosts.count { $0.impact == .repave }
        imageBytes = fetchingHosts > 0 ? change.imageBytes : nil
        cluster = plan.clusterName
        fromRevision = plan.fromRevision ?? ""
        toRevision = plan.toRevision
        ending = runs.first { $0.ending != .completes }?.ending ?? .completes
        total = Span(runs.map(\.length))
        let hosts = plan.hosts.filter(\.impact.touchesHosts).map { planned in
            let ways = runs.compactMap { run in run.hosts.first { $0.name == planned.host.name } }
            let begins = ways.compactMap { way in way.phases.first { Self.disturbs($0.phase) }?.begins }
            return Host(
                name: planned.host.name, impact: planned.impact.rawValue, begins: Span(begins),
                ends: Span(ways.compactMap(\.end)), down: Span(ways.compactMap(\.down)))
        }
        self.hosts = hosts.sorted { ($0.begins?.typical ?? .zero) < ($1.begins?.typical ?? .zero) }
        workloads = (runs.first?.workloads ?? []).map { first in
            let ways = runs.compactMap { run in
                run.workloads.first { $0.namespace == first.namespace && $0.name == first.name }
            }
            return Workload(
                namespace: first.namespace, name: first.name, pods: first.pods,
                least: ways.map(\.least).min() ?? first.least, short: Span(ways.map(\.short)))
        }
        self.trials = trials
    }

    private static func disturbs(_ phase: HostTaskStatus.Phase) -> Bool { phase == .rebooting || phase == .applying }

    /// Whether the update comes through, and every mishap ends well or in a halt that leaves the cluster its API.
    public var isSafe: Bool {
        guard ending == .completes else { return false }
        return trials.allSatisfy { trial in
            switch trial.run.ending {
            case .completes: true
            case .halts, .waits: trial.run.clusterAnswers
            case .breaksALaw: false
            }
        }
    }
}

extension Forecast.Span {
    /// A number of runs in one; nil of none.
    init?(_ durations: [Duration]) {
        let sorted = durations.sorted()
        guard let first = sorted.first, let last = sorted.last else { return nil }
        self.init(typical: sorted[sorted.count / 2], atLeast: first, atMost: last)
    }
}
