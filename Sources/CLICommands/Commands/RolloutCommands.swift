import ArgumentParser
import CorbelAPI
import Lifecycle

/// `corbel rollout`: what goes on, and a hand on it.
struct RolloutCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollout", abstract: "Follows an update, or takes a hand in it.",
        discussion: """
            Three different words: pause rests before the next host; abort stops here and leaves the cluster \
            sound; revert makes an update that leads back to the previous revision.

              corbel rollout status site
              corbel rollout pause site
              corbel rollout revert site --approve
            """,
        subcommands: [Status.self, Pause.self, Resume.self, Abort.self, Revert.self])

    struct Target: ParsableArguments, Sendable {
        @OptionGroup var options: GlobalOptions
        @OptionGroup var waiting: WaitOptions

        @Argument(help: "The cluster, or the update.")
        var name: String
    }

    struct Status: ConsoleCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows an update host by host, and follows it until it is through.",
            discussion: "  corbel rollout status site --no-wait -o json")

        @OptionGroup var target: Target

        func run(in context: CommandContext) async throws -> Int32 {
            try await context.rollout(target, to: .completion) { _ in nil }
        }
    }

    struct Pause: ConsoleCommand {
        static let configuration = CommandConfiguration(
            abstract: "Rests an update: hosts under way finish, none begins.", discussion: "  corbel rollout pause site"
        )

        @OptionGroup var target: Target

        func run(in context: CommandContext) async throws -> Int32 {
            try await context.rollout(target, to: .pause) { update in
                update.isPaused ? nil : ["spec": ["paused": true]]
            }
        }
    }

    struct Resume: ConsoleCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lets a paused update go on, or one that has halted try again.",
            discussion: "  corbel rollout resume site")

        @OptionGroup var target: Target

        func run(in context: CommandContext) async throws -> Int32 {
            try await context.rollout(target, to: .completion) { update in
                var patch: JSONValue = ["spec": ["paused": false]]
                if update.phase == .halted {
                    patch["metadata"] = ["annotations": [Annotation.retry: .string(String(update.attempt + 1))]]
                }
                return update.isPaused || update.phase == .halted ? patch : nil
            }
        }
    }

    struct Abort: ConsoleCommand {
        static let configuration = CommandConfiguration(
            abstract: "Stops an update here and leaves the cluster sound: hosts under way come to an end first.",
            discussion: "  corbel rollout abort site")

        @OptionGroup var target: Target

        func run(in context: CommandContext) async throws -> Int32 {
            try await context.rollout(target, to: .abort) { update in
                update.isAborted ? nil : ["spec": ["aborted": true]]
            }
        }
    }
}

extension CommandContext {
    /// Changes the update that goes on, by a merge patch where there is one, and follows it.
    fileprivate func rollout(
        _ target: RolloutCommands.Target, to goal: RolloutGoal, _ patch: @Sendable (ClusterUpdate) -> JSONValue?
    ) async throws -> Int32 {
        try await connected(target.options) { connection in
            let selection = UpdateSelection(client: connection.client, namespace: connection.namespace)
            let found = try await selection.find(target.name) { !$0.isFinal }
            guard patch(found) != nil else {
                return try await follow(found, to: goal, connection.client, target.options, target.waiting)
            }
            let changed = try await connection.client.amend(found.key) { object in
                let update = ClusterUpdate(json: object.json)
                guard !update.isFinal else {
                    throw CommandFailure(
                        "the update \(update.name) is \(update.phase.rawValue): it takes no further step",
                        hint: "`corbel rollout status \(update.clusterName)` shows how it ended")
                }
                return patch(update)
            }
            let update = ClusterUpdate(json: changed.json)
            let attempt = found.phase == .halted && goal == .completion ? found.attempt + 1 : 0
            return try await follow(
                update, to: goal, attempt: attempt, connection.client, target.options, target.waiting)
        }
    }
}
