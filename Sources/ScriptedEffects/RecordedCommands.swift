public import Effects
import Synchronization

/// Programs that answer what a test says, and are remembered.
public final class RecordedCommands: CommandRunner {
    private let answers: @Sendable (Command) -> CommandResult
    private let state = Mutex<[Command]>([])

    public init(_ answers: @escaping @Sendable (Command) -> CommandResult) { self.answers = answers }

    public convenience init(_ termination: CommandResult.Termination, output: String = "", errorOutput: String = "") {
        self.init { _ in
            CommandResult(termination, output: Array(output.utf8), errorOutput: Array(errorOutput.utf8))
        }
    }

    /// Every call, program and arguments with blanks between.
    public var lines: [String] { state.withLock { $0.map { ([$0.program] + $0.arguments).joined(separator: " ") } } }

    public func run(_ command: Command) async throws -> CommandResult {
        state.withLock { $0.append(command) }
        return answers(command)
    }
}
