import ArgumentParser

/// The options of every command that speaks to a server.
struct GlobalOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp(
            "The kubeconfig to use.",
            discussion: "Without it: $CORBEL_KUBECONFIG, then $KUBECONFIG, then ./admin.kubeconfig.", valueName: "file")
    )
    var kubeconfig: String?

    @Option(help: "The context of the kubeconfig; its current one, unless said.")
    var context: String?

    @Option(name: [.short, .long], help: "The namespace (project); the context's, or `default`, unless said.")
    var namespace: String?

    @Option(name: [.short, .long], help: "How the result is printed.")
    var output = OutputFormat.table
}

/// The options of commands that wait for what they have begun.
struct WaitOptions: ParsableArguments, Sendable {
    @Option(help: "How long to wait before giving up, such as 90s, 10m or 1h30m. What was begun goes on.")
    var timeout = DurationArgument(.seconds(3600))

    @Flag(name: .customLong("no-wait"), help: "Return as soon as the server has taken note.")
    var doesNotWait = false
}
