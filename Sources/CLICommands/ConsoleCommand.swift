import ArgumentParser

/// A command of one act: it is parsed, it calls, it prints, it ends.
protocol ConsoleCommand: AsyncParsableCommand, Sendable {
    /// - Returns: the exit code: 0 done, 1 failed, 2 (`plan`) there are changes.
    func run(in context: CommandContext) async throws -> Int32
}

extension ConsoleCommand {
    func run() async throws {
        let code = await CommandContext.process.exitCode(of: self)
        if code != 0 { throw ExitCode(code) }
    }
}
