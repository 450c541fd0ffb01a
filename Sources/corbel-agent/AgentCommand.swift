/// What the words of the command line ask for. There are so few that the agent links no library for them.
enum AgentCommand: Sendable, Hashable {
    case run(configuration: String)
    case version
    case help

    static let usage = """
        The agent of an edge host: registers it with its management plane, and carries out what that asks for.

        USAGE: corbel-agent run --config FILE
               corbel-agent version
               corbel-agent help

        run             Runs until it is told to end by SIGTERM or SIGINT.
          --config FILE   The configuration, a JSON file.
        version         Shows the version of this program.
        help, --help    Shows this text.

        """

    /// - Parameter words: the arguments, without the program's name.
    init(_ words: [String]) throws(UsageError) {
        guard let first = words.first else { throw UsageError("a command is missing") }
        let rest = Array(words.dropFirst())
        if words.contains(where: { $0 == "--help" || $0 == "-h" }) || words == ["help"] {
            self = .help
            return
        }
        switch first {
        case "run": self = .run(configuration: try Self.configuration(rest))
        case "version", "--version":
            if let word = rest.first { throw UsageError("version: \"\(word)\" is one word too many") }
            self = .version
        default: throw UsageError("\"\(first)\" is no command")
        }
    }

    private static func configuration(_ words: [String]) throws(UsageError) -> String {
        var found: String?
        var rest = words[...]
        while let word = rest.popFirst() {
            let value: String?
            if word == "--config" {
                value = rest.popFirst()
            } else if word.hasPrefix("--config=") {
                value = String(word.dropFirst("--config=".count))
            } else {
                throw UsageError("run: \"\(word)\" is no option")
            }
            guard let value, !value.isEmpty, !value.hasPrefix("--") else {
                throw UsageError("run: --config names no file")
            }
            guard found == nil else { throw UsageError("run: --config is given twice") }
            found = value
        }
        guard let found else { throw UsageError("run: --config FILE is missing") }
        return found
    }
}

/// The words make no sense.
struct UsageError: Error, Hashable {
    let message: String

    init(_ message: String) { self.message = message }
}
