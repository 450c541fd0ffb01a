import Revisions
import Simulator

/// Rehearses one change, on as many threads as there are.
struct PlanRehearsal: Sendable {
    let change: ProposedChange

    init(_ change: ProposedChange) { self.change = change }

    private enum Part: Sendable {
        case run(Int, RehearsedRun)
        case trial(Int, Forecast.Trial)
    }

    /// - Throws: `RehearsalRefusal` where the cluster cannot be brought up in miniature.
    func forecast() async throws -> Forecast {
        let rehearsal = try Rehearsal(of: change.cluster, from: change.from, to: change.to, plan: change.plan)
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
                of: change.plan, runs: runs.sorted { $0.key < $1.key }.map(\.value),
                trials: trials.sorted { $0.key < $1.key }.map(\.value))
        }
    }
}
