import CorbelAPI
import Effects
import Simulator

/// Many seeds, on as many threads as there are; what is told is told in the order of the seeds.
struct SimulationCampaign: Sendable {
    /// How many seeds are under way at the same time. The runtime has a thread for each processor.
    private static let width = 8
    private static let interval = Duration.seconds(5)

    private let seeds: ClosedRange<UInt64>
    private let limit: Duration?
    private let time: any TimeSource
    private let progress: @Sendable (String) -> Void

    /// - Parameter limit: after how long no further seed is begun with.
    init(
        _ seeds: ClosedRange<UInt64>, limit: Duration? = nil, time: any TimeSource,
        progress: @escaping @Sendable (String) -> Void
    ) {
        self.seeds = seeds
        self.limit = limit
        self.time = time
        self.progress = progress
    }

    func run() async throws -> SimulationReport {
        var report = SimulationReport()
        let start = time.uptime
        var told = start
        try await withThrowingTaskGroup(of: SimulationResult.self) { group in
            var next: UInt64? = seeds.lowerBound
            func begin() {
                guard let seed = next, limit.map({ time.uptime - start < $0 }) ?? true else { return }
                next = seed < seeds.upperBound ? seed + 1 : nil
                group.addTask { Simulation(seed: seed).run() }
            }
            for _ in 0..<Self.width { begin() }
            while let result = try await group.next() {
                try Task.checkCancellation()
                report.take(result)
                if !result.violations.isEmpty { progress(report.line(of: result)) }
                if time.uptime - told >= Self.interval {
                    told = time.uptime
                    let all = seeds.upperBound == .max ? "" : " of \(seeds.count)"
                    progress("\(report.runs)\(all) seeds, \(report.failures.count) broke a law")
                }
                begin()
            }
        }
        report.elapsed = time.uptime - start
        return report
    }
}

/// What became of the runs.
struct SimulationReport: Sendable {
    private(set) var runs = 0
    private(set) var failures: [SimulationResult] = []
    private(set) var coverage: [String: Int] = [:]
    /// What became of the world of the only run.
    private(set) var outcome: [String] = []
    private(set) var simulated = Duration.zero
    private(set) var steps = 0
    /// Over all runs, whatever their order.
    private(set) var hash: UInt64 = 0
    var elapsed: Duration?

    mutating func take(_ result: SimulationResult) {
        runs += 1
        outcome = runs == 1 ? result.outcome : []
        simulated += result.simulated
        steps += result.steps
        hash ^= result.hash
        coverage.merge(result.coverage, uniquingKeysWith: +)
        if !result.violations.isEmpty { failures.append(result) }
    }

    func line(of result: SimulationResult) -> String {
        let first = result.violations.first
        return "seed \(result.seed) broke a law: \(first?.law ?? ""): \(first?.text ?? "")"
    }

    private var sortedFailures: [SimulationResult] { failures.sorted { $0.seed < $1.seed } }

    var json: JSONValue {
        let broken = sortedFailures.map { result -> JSONValue in
            let violations = result.violations.map { violation -> JSONValue in
                ["law": .string(violation.law), "text": .string(violation.text)]
            }
            return ["seed": .string(String(result.seed)), "violations": .array(violations)]
        }
        var faults: JSONValue = [:]
        for (name, count) in coverage.sorted(by: { $0.key < $1.key }) { faults[name] = JSONValue(count) }
        return [
            "passed": .bool(failures.isEmpty), "runs": JSONValue(runs), "traceHash": .string(String(hash, radix: 16)),
            "events": JSONValue(steps), "simulatedHours": JSONValue(Int(simulated.components.seconds / 3600)),
            "faults": faults,
            "failures": .array(broken), "outcome": JSONValue(outcome),
        ]
    }

    var text: String {
        var lines = ["\(runs) runs, \(steps) events, \(simulated.components.seconds / 3600) hours of the worlds' time"]
        if let elapsed { lines[0] += ", \(elapsed.components.seconds) s" }
        lines += coverage.sorted { $0.key < $1.key }.map { "  \($0.value)  \($0.key)" }
        lines += sortedFailures.map(line(of:)) + outcome
        lines.append(failures.isEmpty ? "every law held" : "\(failures.count) runs broke a law")
        return lines.joined(separator: "\n") + "\n"
    }
}
