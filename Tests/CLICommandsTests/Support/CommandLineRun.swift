import ArgumentParser
import CorbelAPI
import Effects
import EffectsLinux

@testable import CLICommands

/// A command line that has been run to its end.
struct CommandLineRun: Sendable {
    var code: Int32
    var results: String
    var progress: String

    /// The result as JSON.
    var json: JSONValue {
        get throws { try JSONValue(parsing: results) }
    }

    private struct Root: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "corbel", subcommands: CorbelCommands.all)
    }

    /// Runs the words behind `corbel` as a shell would, without a process.
    init(
        _ words: [String], in directory: String, environment: [String: String] = [:], input: String = "",
        time: any TimeSource = SystemClock()
    ) async throws {
        let console = RecordingConsole(input: input)
        let context = CommandContext(
            environment: environment, directory: directory, files: LinuxFiles(), time: time, random: SystemRandom(),
            console: console)
        do {
            guard let command = try Root.parseAsRoot(words) as? any ConsoleCommand else {
                throw ValidationError("\(words) is no command of one act")
            }
            code = await context.exitCode(of: command)
        } catch {
            code = 1
            console.writeProgress(CorbelProgram.usage(Root.message(for: error)).text)
        }
        results = console.results
        progress = console.progress
    }
}
