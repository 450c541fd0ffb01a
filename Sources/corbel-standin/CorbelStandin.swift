import ArgumentParser

/// The program `corbel-standin`: composition only.
@main
struct CorbelStandin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "corbel-standin",
        abstract: "A stand-in for a site's Kubernetes, for demos and tests only: no container is ever started.",
        subcommands: [APIServerCommand.self, ControllersCommand.self, KubeletCommand.self, HostCommand.self])
}
