import CorbelAPI
import Effects
import KubeClient

extension CommandContext {
    /// Follows an update until it has come to an end or to a rest, prints how far it is, and answers the exit code.
    func follow(
        _ update: ClusterUpdate, to goal: RolloutGoal, attempt: Int = 0, _ client: KubeClient, _ options: GlobalOptions,
        _ waiting: WaitOptions
    ) async throws -> Int32 {
        let selection = UpdateSelection(client: client, namespace: update.namespace)
        guard !waiting.doesNotWait else {
            show(try await selection.find(update.name), outcome: nil, options)
            return 0
        }
        let progress = progress
        let following = Following(client: client, time: time, progress: progress, timeout: waiting.timeout.duration)
        let outcome = try await following.until(update.key) { object in
            guard let object else { return RolloutOutcome.deleted }
            let judgement = RolloutJudgement(ClusterUpdate(json: object.json), attempt: attempt)
            progress.event(judgement.summary)
            guard let outcome = judgement.outcome else { return nil }
            return Self.isEnd(outcome, goal) ? outcome : nil
        }
        guard outcome != .deleted else { throw CommandFailure("the update \(update.name) was deleted meanwhile") }
        show(try await selection.find(update.name), outcome: outcome, options)
        if goal.isMet(by: outcome) { return 0 }
        throw Self.failure(outcome, update)
    }

    /// What aborts a rollout waits until hosts that are under way have come to an end; a halt before that is none.
    private static func isEnd(_ outcome: RolloutOutcome, _ goal: RolloutGoal) -> Bool {
        guard goal == .abort else { return true }
        return [.aborted, .completed, .superseded].contains(outcome)
    }

    private func show(_ update: ClusterUpdate, outcome: RolloutOutcome?, _ options: GlobalOptions) {
        let report = RolloutReport(update: update, now: time.now)
        var json = report.json
        json["outcome"] = outcome.map { .string($0.word) }
        console.writeResult(options.output.render(json, text: report.text))
    }

    private static func failure(_ outcome: RolloutOutcome, _ update: ClusterUpdate) -> CommandFailure {
        switch outcome {
        case .halted(let message):
            CommandFailure(
                "the update \(update.name) has halted: \(message)",
                hint:
                    "`corbel rollout resume \(update.clusterName)` tries again, "
                    + "`corbel rollout revert \(update.clusterName)` goes back"
            )
        case .superseded:
            CommandFailure(
                "the update \(update.name) was superseded: the intent has moved on",
                hint: "`corbel rollout status \(update.clusterName)` shows the update that took its place")
        default:
            CommandFailure("the update \(update.name) ended otherwise: \(outcome.word)")
        }
    }
}
