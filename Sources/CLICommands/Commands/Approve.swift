import ArgumentParser
import CorbelAPI
import Effects

/// `corbel approve`.
struct Approve: ConsoleCommand {
    static let configuration = CommandConfiguration(
        abstract: "Approves an update, and follows it until it is through.",
        discussion: """
            An approval is for exactly the revision that the update leads to: when the intent changes again, it is \
            void. An update that interrupts a cluster which tolerates no loss names its downtime, which has to be \
            approved too.

              corbel approve site
              corbel approve site-1-2-0123456789 --downtime
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var waiting: WaitOptions

    @Argument(help: "The update, or the cluster whose update waits for approval.")
    var name: String

    @Flag(help: "Approve the downtime that the update names.")
    var downtime = false

    func run(in context: CommandContext) async throws -> Int32 {
        try await context.connected(options) { connection in
            let selection = UpdateSelection(client: connection.client, namespace: connection.namespace)
            let update = try await selection.find(name) { $0.phase == .pendingApproval }
            for line in ApprovalPreview(update: update).lines { context.progress.event(line) }
            let approval = Approval(by: connection.user, time: context.time.now, allowsDowntime: downtime)
            _ = try await connection.client.amend(update.key) { object in
                let present = ClusterUpdate(json: object.json)
                guard present.plan == update.plan, present.toRevision == update.toRevision else {
                    throw CommandFailure("the update \(update.name) has changed meanwhile", hint: "look at it again")
                }
                return try approval.patch(present)
            }
            context.progress.event("approved \(update.toRevision)")
            return try await context.follow(update, to: .completion, connection.client, options, waiting)
        }
    }
}
