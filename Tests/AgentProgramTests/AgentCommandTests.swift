import Testing

@testable import corbel_agent

@Suite("The words of corbel-agent")
struct AgentCommandTests {
    @Test(
        "each command is understood",
        arguments: [
            (["run", "--config", "/etc/corbel/agent.json"], AgentCommand.run(configuration: "/etc/corbel/agent.json")),
            (["run", "--config=agent.json"], .run(configuration: "agent.json")),
            (["run", "--config=a=b"], .run(configuration: "a=b")), (["version"], .version), (["--version"], .version),
            (["help"], .help), (["--help"], .help), (["-h"], .help), (["run", "--help"], .help),
            (["run", "--config", "x", "-h"], .help),
        ])
    func understands(words: [String], command: AgentCommand) throws {
        #expect(try AgentCommand(words) == command)
    }

    @Test(
        "anything else is refused, and the word is named",
        arguments: [
            ([], "command"), (["start"], "start"), (["run"], "--config"), (["run", "--config"], "--config"),
            (["run", "--config="], "--config"), (["run", "--config", "--verbose"], "--config"),
            (["run", "agent.json"], "agent.json"), (["run", "--configuration", "x"], "--configuration"),
            (["run", "--config", "a", "--config", "b"], "twice"), (["version", "now"], "now"), (["", "x"], "\"\""),
        ])
    func refuses(words: [String], named: String) throws {
        let error = try #require(throws: UsageError.self) { try AgentCommand(words) }
        #expect(error.message.contains(named))
    }
}
