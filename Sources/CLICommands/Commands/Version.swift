import ArgumentParser
import CorbelAPI
import KubeClient

/// `corbel version`.
struct Version: ConsoleCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows the versions of this program and of the server.",
        discussion: """
              corbel version
              corbel version --client -o json
            """)

    @OptionGroup var options: GlobalOptions

    @Flag(name: .customLong("client"), help: "Show this program's version alone, and ask no server.")
    var isClientOnly = false

    func run(in context: CommandContext) async throws -> Int32 {
        var json: JSONValue = ["client": ["version": .string(CorbelVersion.current)]]
        var text = "client: corbel \(CorbelVersion.current)\n"
        if !isClientOnly {
            let server = try await context.connected(options) { try await $0.client.document("/version") }
            json["server"] = server
            text += "server: \(server["gitVersion"]?.stringValue ?? "unknown")\n"
        }
        context.console.writeResult(options.output.render(json, text: text))
        return 0
    }
}
