import ArgumentParser
import CLICommands
import CorbelAPI

/// The program `corbel`: composition only.
@main
struct Corbel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "corbel",
        abstract: "Kubernetes on bare-metal edge sites: a fleet from one place, and sites that live on without it.",
        version: CorbelVersion.current, subcommands: [Serve.self] + CorbelCommands.all)

    static func main() async { await CorbelProgram.run(Self.self) }
}
