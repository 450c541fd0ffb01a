import CorbelAPI
import Revisions
import Simulator

/// Rehearses one plan, on as many threads as there are.
struct PlanRehearsal: Sendable {
    var cluster: EdgeCluster
    var from: ClusterRevision
    var to: ClusterRevision
    var plan: UpdatePlan

    private enum Part: Sendable {
        case run(Int, RehearsedRun)
        case trial(Int, Forecast.Trial)
    }

    /// - Throws: ``CommandFailure`` where the cluster cannot be brought up in miniature.
    func forecast() async throws -> Forecast {
        let rehearsal: Rehearsal
        do {
            rehearsal = try Rehearsal(of: cluster, from: from, to: to, plan: plan)
        } catch {
            throw CommandFailure("\(error)", hint: "`corbel plan` without --rehearse shows the plan alone")
        }
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
                of: plan, runs: runs.sorted { $0.key < $1.key }.map(\.value),
                trials: trials.sorted { $0.key < $1.key }.map(\.value))
        }
    }
}
