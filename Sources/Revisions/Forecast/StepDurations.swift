public import CorbelAPI

/// How long the steps of an update take a host, and how that is known: from what the cluster's hosts took before, else
/// from stated defaults.
public struct StepDurations: Sendable, Hashable {
    /// A step whose length differs from site to site, and the phases of a host's task between which it lies.
    public enum Step: String, Sendable, Hashable, CaseIterable {
        /// Fetching the image: `Downloading` to `Writing`.
        case download = "Download"
        /// Writing the slot that is not in use: `Writing` to `Prepared`.
        case write = "Write"
        /// From the reboot until the agent runs again: `Rebooting` to `Validating`.
        case restart = "Restart"
        /// Until a restarted host has proved itself: `Validating` to `Done`.
        case validate = "Validate"
        /// Another Kubernetes in place: `Applying` to `Validating`.
        case upgrade = "Upgrade"
    }

    public struct Entry: Sendable, Hashable {
        public var atLeast: Duration
        public var atMost: Duration
        /// How many times a host of the cluster was seen to take the step; 0 for a default.
        public var observations: Int

        public var range: ClosedRange<Duration> { atLeast...atMost }
    }

    /// How often a host was seen to take a step, the newest first, until it is enough.
    private static let observationLimit = 60
    /// With fewer observations than this the next may well lie outside of them: a fifth is given on both sides.
    private static let fewObservations = 5

    private var entries: [Step: Entry]

    /// What is taken for granted of a cluster that has no history.
    public static let defaults = StepDurations(entries: [
        .download: Entry(atLeast: .seconds(20), atMost: .seconds(120), observations: 0),
        .write: Entry(atLeast: .seconds(20), atMost: .seconds(60), observations: 0),
        .restart: Entry(atLeast: .seconds(17), atMost: .seconds(50), observations: 0),
        .validate: Entry(atLeast: .seconds(65), atMost: .seconds(65), observations: 0),
        .upgrade: Entry(atLeast: .seconds(10), atMost: .seconds(40), observations: 0),
    ])

    public subscript(step: Step) -> Entry {
        entries[step] ?? Entry(atLeast: .zero, atMost: .zero, observations: 0)
    }

    /// Whether every step, some or none is known from the cluster's own history: `History`, `Mixed`, `Defaults`.
    public var source: String {
        let known = Step.allCases.count { self[$0].observations > 0 }
        return known == 0 ? "Defaults" : known == Step.allCases.count ? "History" : "Mixed"
    }
}

extension StepDurations {
    /// What the hosts of a cluster took in its updates, as `status.hosts[].phases` has it.
    ///
    /// A step that took more than four times the usual was held up by something else, such as a link that was down,
    /// and is left out. So is a download that took no time: the host had the image.
    ///
    /// - Parameter updates: Those of one cluster.
    public init(observedIn updates: [ClusterUpdate]) {
        let newestFirst = updates.map { ($0.json["status", "startedAt"]?.stringValue ?? "", $0) }
            .sorted { ($0.0, $0.1.name) > ($1.0, $1.1.name) }.map(\.1)
        var observed: [Step: [Duration]] = [:]
        for host in newestFirst.flatMap({ $0.json["status", "hosts"]?.arrayValue ?? [] }) {
            for (step, duration) in Self.steps(of: host) { observed[step, default: []].append(duration) }
        }
        entries = Self.defaults.entries
        for (step, durations) in observed {
            entries[step] = Self.entry(Array(durations.prefix(Self.observationLimit))) ?? entries[step]
        }
    }

    /// The steps of a host that came through.
    private static func steps(of host: JSONValue) -> [(Step, Duration)] {
        let phases = (host["phases"]?.arrayValue ?? []).compactMap { entry -> (HostTaskStatus.Phase, Timestamp)? in
            guard let phase = entry["phase"]?.stringValue.flatMap(HostTaskStatus.Phase.init),
                let since = entry["since"]?.stringValue.flatMap(Timestamp.init(rfc3339:))
            else { return nil }
            return (phase, since)
        }
        guard phases.last?.0 == .done else { return [] }
        let restarts = phases.contains { $0.0 == .rebooting }
        return zip(phases, phases.dropFirst()).compactMap { begin, end in
            guard let step = Step(from: begin.0, to: end.0, restarts: restarts) else { return nil }
            return end.1 > begin.1 ? (step, end.1 - begin.1) : nil
        }
    }

    private static func entry(_ durations: [Duration]) -> Entry? {
        let sorted = durations.sorted()
        guard !sorted.isEmpty else { return nil }
        let usual = sorted[sorted.count / 2]
        let kept = sorted.prefix { $0 <= usual * 4 }
        guard let shortest = kept.first, let longest = kept.last else { return nil }
        let margin = kept.count < fewObservations ? 5 : 0
        return Entry(
            atLeast: margin > 0 ? shortest - shortest / margin : shortest,
            atMost: margin > 0 ? longest + longest / margin : longest, observations: kept.count)
    }
}

extension StepDurations.Step {
    fileprivate init?(from begin: HostTaskStatus.Phase, to end: HostTaskStatus.Phase, restarts: Bool) {
        switch (begin, end) {
        case (.downloading, .writing): self = .download
        case (.writing, .prepared): self = .write
        case (.rebooting, .validating): self = .restart
        case (.validating, .done) where restarts: self = .validate
        case (.applying, .validating) where !restarts: self = .upgrade
        default: return nil
        }
    }
}

extension StepDurations {
    /// `[{step, atLeastSeconds, atMostSeconds, observations}]`, in the order of an update.
    public var json: JSONValue {
        .array(
            Step.allCases.map { step in
                [
                    "step": .string(step.rawValue), "atLeastSeconds": JSONValue(self[step].atLeast.components.seconds),
                    "atMostSeconds": JSONValue(self[step].atMost.components.seconds),
                    "observations": JSONValue(self[step].observations),
                ]
            })
    }

    /// What it does not name is as by default.
    public init(json: JSONValue) {
        self = .defaults
        for entry in json.arrayValue ?? [] {
            guard let step = entry["step"]?.stringValue.flatMap(Step.init),
                let least = entry["atLeastSeconds"]?.intValue,
                let most = entry["atMostSeconds"]?.intValue, 0 <= least, least <= most, most <= 7 * 86_400
            else { continue }
            entries[step] = Entry(
                atLeast: .seconds(least), atMost: .seconds(most), observations: entry["observations"]?.intValue ?? 0)
        }
    }
}
