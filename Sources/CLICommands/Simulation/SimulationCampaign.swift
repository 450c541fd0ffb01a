import CorbelAPI
import Effects
import Simulator

/// Many seeds, on as many threads as there are; what becomes of them is taken down in the order of the seeds.
struct SimulationCampaign: Sendable {
    /// How many seeds are under way at the same time. The runtime has a thread for each processor.
    private static let width = 8
    private static let interval = Duration.seconds(5)

    let seeds: ClosedRange<UInt64>
    let world: SimulationWorld
    /// Whether each seed runs twice, and must be the same run.
    var runsTwice = false
    /// After how long no further seed is begun with.
    var limit: Duration?
    let time: any TimeSource
    let progress: @Sendable (String) -> Void
    /// Takes down how far the campaign is, so that another can go on from there.
    var save: @Sendable (SimulationReport) async throws -> Void = { _ in }

    /// - Parameter begun: what became of the seeds before these.
    func run(after begun: SimulationReport = SimulationReport()) async throws -> SimulationReport {
        var report = begun
        var early: [UInt64: SimulationResult] = [:]
        let start = time.uptime
        var told = start
        try await withThrowingTaskGroup(of: SimulationResult.self) { group in
            var next: UInt64? = seeds.lowerBound
            func begin() {
                guard let seed = next, limit.map({ time.uptime - start < $0 }) ?? true else { return }
                next = seed < seeds.upperBound ? seed + 1 : nil
                group.addTask { Simulation(seed: seed, configuration: world.configuration).run(twice: runsTwice) }
            }
            for _ in 0..<Self.width { begin() }
            var expected = seeds.lowerBound
            while let result = try await group.next() {
                try Task.checkCancellation()
                early[result.seed] = result
                while let following = early.removeValue(forKey: expected) {
                    report.take(following)
                    if !following.violations.isEmpty { progress(report.line(of: following)) }
                    expected += 1
                }
                if time.uptime - told >= Self.interval {
                    told = time.uptime
                    progress(text(of: report, after: time.uptime - start, begun: begun.runs))
                    try await save(report)
                }
                begin()
            }
        }
        report.elapsed = time.uptime - start
        try await save(report)
        return report
    }

    private func text(of report: SimulationReport, after elapsed: Duration, begun: Int) -> String {
        let all = seeds.upperBound == .max ? "" : " of \(seeds.count + begun)"
        let seconds = max(1, elapsed.components.seconds)
        let hourly = Int64(report.runs - begun) * 3600 / seconds
        return "\(report.runs)\(all) seeds, \(hourly) an hour, \(report.failures.count) broke a law"
    }
}

/// The worlds that `corbel sim` knows by name.
enum SimulationWorld: String, Sendable, CaseIterable {
    case one, mixed

    var configuration: SimulationConfiguration {
        switch self {
        case .one: .one
        case .mixed: .mixed
        }
    }
}
