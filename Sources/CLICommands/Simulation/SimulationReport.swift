import CorbelAPI
import Simulator

/// What became of the runs.
struct SimulationReport: Sendable {
    /// A run that broke a law.
    struct Failure: Sendable {
        var seed: UInt64
        var violations: [(law: String, text: String)]
    }

    private(set) var runs = 0
    private(set) var failures: [Failure] = []
    private(set) var coverage = Coverage()
    /// What became of the world of the only run.
    private(set) var outcome: [String] = []
    private(set) var simulatedSeconds: Int64 = 0
    private(set) var steps = 0
    /// Over all runs, whatever their order.
    private(set) var hash: UInt64 = 0
    var elapsed: Duration?

    init() {}

    mutating func take(_ result: SimulationResult) {
        runs += 1
        outcome = runs == 1 ? result.outcome : []
        simulatedSeconds += result.simulated.components.seconds
        steps += result.steps
        hash ^= result.hash
        coverage.merge(result.coverage)
        guard !result.violations.isEmpty else { return }
        failures.append(Failure(seed: result.seed, violations: result.violations.map { ($0.law, $0.text) }))
    }

    func line(of result: SimulationResult) -> String {
        Self.line(Failure(seed: result.seed, violations: result.violations.map { ($0.law, $0.text) }))
    }

    private static func line(_ failure: Failure) -> String {
        let first = failure.violations.first
        return "seed \(failure.seed) broke a law: \(first?.law ?? ""): \(first?.text ?? "")"
    }

    // MARK: As text

    var text: String {
        var lines = ["\(runs) runs, \(steps) events, \(simulatedSeconds / 3600) hours of the worlds' time"]
        if let elapsed { lines[0] += ", \(elapsed.components.seconds) s" }
        lines += coverageTable + failures.map(Self.line) + outcome
        lines.append(failures.isEmpty ? "every law held" : "\(failures.count) runs broke a law")
        return lines.joined(separator: "\n") + "\n"
    }

    /// A row for each fault, a column for each phase of a cluster.
    private var coverageTable: [String] {
        guard !coverage.faults.isEmpty else { return [] }
        let head = ["fault"] + Coverage.phases
        let rows = coverage.faults.map { fault in
            [fault] + Coverage.phases.map { String(coverage.counts[fault]?[$0] ?? 0) }
        }
        let widths = head.indices.map { column in ([head] + rows).map { $0[column].count }.max() ?? 0 }
        return ([head] + rows).map { row in
            let cells = row.indices.map { column in
                let padding = String(repeating: " ", count: widths[column] - row[column].count)
                return column == 0 ? row[column] + padding : padding + row[column]
            }
            return "  " + cells.joined(separator: "  ")
        }
    }

    // MARK: As JSON

    var json: JSONValue {
        let broken = failures.map { failure -> JSONValue in
            let violations = failure.violations.map { violation -> JSONValue in
                ["law": .string(violation.law), "text": .string(violation.text)]
            }
            return ["seed": .string(String(failure.seed)), "violations": .array(violations)]
        }
        return [
            "passed": .bool(failures.isEmpty), "runs": JSONValue(runs), "traceHash": .string(String(hash, radix: 16)),
            "events": JSONValue(steps), "simulatedSeconds": JSONValue(simulatedSeconds), "faults": faults,
            "failures": .array(broken), "outcome": JSONValue(outcome),
        ]
    }

    private var faults: JSONValue {
        var faults: JSONValue = [:]
        for fault in coverage.faults {
            for (phase, count) in coverage.counts[fault] ?? [:] { faults[fault, phase] = JSONValue(count) }
        }
        return faults
    }

    /// What an earlier campaign has taken down; nil for anything else.
    init?(json: JSONValue) {
        guard let runs = json["runs"]?.intValue, let steps = json["events"]?.intValue,
            let seconds = json["simulatedSeconds"]?.intValue,
            let hash = json["traceHash"]?.stringValue.flatMap({ UInt64($0, radix: 16) }),
            let faults = json["faults"]?.objectValue, let broken = json["failures"]?.arrayValue
        else { return nil }
        self.runs = runs
        self.steps = steps
        self.hash = hash
        simulatedSeconds = Int64(seconds)
        for (fault, phases) in faults {
            for (phase, count) in phases.objectValue ?? [:] {
                coverage.add(count.intValue ?? 0, of: fault, during: phase)
            }
        }
        failures = broken.compactMap { failure in
            guard let seed = failure["seed"]?.stringValue.flatMap({ UInt64($0) }) else { return nil }
            let violations = failure["violations"]?.arrayValue ?? []
            return Failure(
                seed: seed,
                violations: violations.map { ($0["law"]?.stringValue ?? "", $0["text"]?.stringValue ?? "") })
        }
    }
}
