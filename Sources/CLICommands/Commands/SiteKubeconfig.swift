import ArgumentParser
import CorbelAPI
import Effects
import KubeClient
import ResourceClient

/// `corbel kubeconfig`.
struct SiteKubeconfig: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "kubeconfig",
        abstract: "Prints the kubeconfig of a site's own API server, where the site has issued one.",
        discussion: """
            The centre keeps no credentials of a site: what it passes on is what the site has issued.

              corbel kubeconfig site > site.kubeconfig
              corbel kubeconfig site --out site.kubeconfig
              kubectl --kubeconfig site.kubeconfig get nodes
            """)

    @OptionGroup var options: GlobalOptions

    @Argument(help: "The cluster.")
    var cluster: String

    @Option(help: ArgumentHelp("Write it to a file that only you can read.", valueName: "file"))
    var out: String?

    func run(in context: CommandContext) async throws -> Int32 {
        try await context.connected(options) { connection in
            let key = EdgeCluster.key(namespace: connection.namespace, name: cluster)
            let text = try SiteAccess(of: EdgeCluster(json: try await connection.client.get(key).json)).kubeconfig
            if let out {
                try await context.files.writeDurably(context.absolute(out), Array(text.utf8), mode: 0o600)
                context.progress.event("written to \(out)")
            }
            let json: JSONValue = ["cluster": .string(cluster), "kubeconfig": .string(text)]
            context.console.writeResult(options.output.render(json, text: out == nil ? text : ""))
        }
        return 0
    }
}
