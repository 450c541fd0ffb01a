import ArgumentParser
import CorbelAPI
import Effects
import KubeClient
import ResourceClient
import Revisions

extension RolloutCommands {
    /// `corbel rollout revert`.
    struct Revert: ConsoleCommand {
        static let configuration = CommandConfiguration(
            abstract: "Leads a cluster back to the revision before its last update.",
            discussion: """
                The intent goes back to the profiles and variables of that revision; the way back is an update \
                like any other, which is shown and has to be approved.

                  corbel rollout revert site
                  corbel rollout revert site --approve
                """)

        @OptionGroup var target: Target

        @Flag(help: "Approve the update that leads back.")
        var approve = false

        @Flag(help: "Approve the downtime that it names.")
        var downtime = false

        func run(in context: CommandContext) async throws -> Int32 {
            try await context.connected(target.options) { connection in
                let client = connection.client
                let selection = UpdateSelection(client: client, namespace: connection.namespace)
                let last = try await selection.find(target.name) { $0.json["status", "startedAt"] != nil }
                let reversion = try await reversion(of: last, client)
                let plan = try reversion.plan()
                context.progress.event(plan.text.trimmingLineEnd)
                _ = try await client.amend(reversion.ground.cluster.key) { _ in reversion.patch }
                guard !target.waiting.doesNotWait else { return show(plan, nil, context) }
                let update = try await updateBack(plan, last, client, context)
                guard approve else { return show(plan, update, context) }
                let approval = Approval(by: connection.user, time: context.time.now, allowsDowntime: downtime)
                _ = try await client.amend(update.key) { try approval.patch(ClusterUpdate(json: $0.json)) }
                return try await context.follow(update, to: .completion, client, target.options, target.waiting)
            }
        }

        private func reversion(of last: ClusterUpdate, _ client: KubeClient) async throws -> Reversion {
            let survey = try await PlanSurvey(client, namespaces: [last.namespace], applied: [])
            guard
                let cluster = survey.clusters.first(where: {
                    $0.name == last.clusterName && $0.namespace == last.namespace
                })
            else { throw CommandFailure("the cluster \(last.clusterName) does not exist any more") }
            return try Reversion(of: last, survey.ground(of: cluster))
        }

        /// The update that the centre makes of the intent.
        private func updateBack(
            _ plan: ClusterPlan, _ last: ClusterUpdate, _ client: KubeClient, _ context: CommandContext
        ) async throws -> ClusterUpdate {
            let following = Following(
                client: client, time: context.time, progress: context.progress, timeout: target.waiting.timeout.duration
            )
            let key = ClusterUpdate.key(namespace: last.namespace, name: plan.revision.name)
            return try await following.until(key) { $0.map { ClusterUpdate(json: $0.json) } }
        }

        private func show(_ plan: ClusterPlan, _ update: ClusterUpdate?, _ context: CommandContext) -> Int32 {
            var json: JSONValue = ["plan": plan.json]
            json["update"] = update.map { .string($0.name) }
            let next = update.map { "corbel approve \($0.name)" } ?? "corbel rollout status \(plan.plan.clusterName)"
            let text = "the way back to what \(plan.plan.clusterName) ran before waits for approval\n    \(next)\n"
            context.console.writeResult(target.options.output.render(json, text: text))
            return 0
        }
    }
}
