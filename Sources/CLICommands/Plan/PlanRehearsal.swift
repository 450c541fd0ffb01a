import Revisions
import Simulator

/// Rehearses changes, on as many threads as there are. Changes that are alike are rehearsed once.
struct PlanRehearsal: Sendable {
    /// By the digests of shapes.
    private var forecasts: [String: Forecast] = [:]

    /// - Throws: `RehearsalRefusal` where the cluster cannot be brought up in miniature.
    mutating func forecast(of change: ProposedChange) async throws -> Forecast {
        let shape = ChangeShape(of: change)
        let digest = shape.digest
        if let known = forecasts[digest] { return known.resolving(shape.names) }
        do {
            let forecast = try await Self.rehearse(shape.change)
            forecasts[digest] = forecast
            return forecast.resolving(shape.names)
        } catch let refusal as RehearsalRefusal {
            throw refusal.resolving(shape.names)
        }
    }

    private enum Part: Sendable {
        case run(Int, RehearsedRun)
        case trial(Int, Forecast.Trial)
    }

    private static func rehearse(_ change: ProposedChange) async throws -> Forecast {
        let rehearsal = try Rehearsal(of: change)
        let mishaps = rehearsal.mishaps
        return await withTaskGroup(of: Part.self) { group in
            for number in 1...Rehearsal.runs { group.addTask { .run(number, rehearsal.run(number)) } }
            for (index, mishap) in mishaps.enumerated() {
                group.addTask { .trial(index, Forecast.Trial(mishap: mishap, run: rehearsal.run(mishap))) }
            }
            var runs: [Int: RehearsedRun] = [:]
            var trials: [Int: Forecast.Trial] = [:]
            for await part in group {
                switch part {
                case .run(let number, let run): runs[number] = run
                case .trial(let index, let trial): trials[index] = trial
                }
            }
            return Forecast(
                of: change, runs: runs.sorted { $0.key < $1.key }.map(\.value),
                trials: trials.sorted { $0.key < $1.key }.map(\.value))
        }
    }
}
