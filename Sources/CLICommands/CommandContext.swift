import Effects
import EffectsLinux
import Glibc
import Synchronization

/// The world that a command runs in.
struct CommandContext: Sendable {
    var environment: [String: String]
    /// The working directory: where relative paths begin.
    var directory: String
    var files: any FileStore
    var time: any TimeSource
    var random: any RandomSource
    var console: any Console
    var progress: ProgressReporter

    init(
        environment: [String: String], directory: String, files: any FileStore, time: any TimeSource,
        random: any RandomSource, console: any Console
    ) {
        self.environment = environment
        self.directory = directory
        self.files = files
        self.time = time
        self.random = random
        self.console = console
        progress = ProgressReporter(console)
    }

    static var process: CommandContext {
        let names = ["CORBEL_KUBECONFIG", "KUBECONFIG", "HOME"]
        let values = names.compactMap { name in getenv(name).map { (name, String(cString: $0)) } }
        let working = getcwd(nil, 0)
        defer { free(working) }
        return CommandContext(
            environment: Dictionary(values) { $1 }, directory: working.map { String(cString: $0) } ?? "/",
            files: LinuxFiles(), time: SystemClock(), random: SystemRandom(), console: ProcessConsole())
    }

    /// The path as an absolute one.
    func absolute(_ path: String) -> String { path.hasPrefix("/") ? path : "\(directory)/\(path)" }

    /// Runs a command to its end, or until Ctrl-C, and says what went wrong.
    func exitCode(of command: any ConsoleCommand) async -> Int32 {
        do {
            let code = try await interruptible { try await command.run(in: self) }
            progress.end()
            return code
        } catch {
            progress.end()
            console.writeProgress(CommandFailure(diagnosing: error).text)
            return 1
        }
    }

    private func interruptible(_ body: @escaping @Sendable () async throws -> Int32) async throws -> Int32 {
        let code = Mutex<Int32?>(nil)
        let signal = try await UntilSignal.run {
            do {
                let result = try await body()
                code.withLock { $0 = result }
            } catch {
                // What fails because it is cut off failed because of that.
                throw Task.isCancelled ? CancellationError() : error
            }
        }
        // A command that is cut off may come to an answer all the same, such as that its cluster is not ready.
        guard signal == nil, let code = code.withLock({ $0 }) else { throw CommandFailure.interrupted }
        return code
    }
}
