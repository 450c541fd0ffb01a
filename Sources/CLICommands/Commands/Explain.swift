import ArgumentParser
import CorbelAPI
import Effects
import ResourceClient

/// `corbel explain`.
struct Explain: ConsoleCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says what a cluster or an update waits for: on whom, since when, and what would end it.",
        discussion: """
              corbel explain site
              corbel explain site-1-2-0123456789 -o json
            """)

    @OptionGroup var options: GlobalOptions

    @Argument(help: "The cluster or the update.")
    var name: String

    func run(in context: CommandContext) async throws -> Int32 {
        try await context.connected(options) { connection in
            let explanation = try await explanation(connection, now: context.time.now)
            context.console.writeResult(options.output.render(explanation.json, text: explanation.text))
        }
        return 0
    }

    private func explanation(_ connection: Connection, now: Timestamp) async throws -> Explanation {
        let (client, namespace) = (connection.client, connection.namespace)
        if let cluster = try await client.find(EdgeCluster.self, namespace: namespace, name: name) {
            let updates = try await UpdateSelection(client: client, namespace: namespace).ofCluster(name)
            return Explanation(cluster, updates: updates, now: now)
        }
        let update = try await UpdateSelection(client: client, namespace: namespace).find(name)
        return Explanation(update, now: now)
    }
}
