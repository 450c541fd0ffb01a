public import ArgumentParser

/// The commands that speak to a server.
public enum CorbelCommands {
    public static let all: [any ParsableCommand.Type] = [
        Apply.self, Get.self, Delete.self, Plan.self, Approve.self, RolloutCommands.self, Explain.self, Check.self,
        SiteKubeconfig.self, Token.self, AuditCommand.self, Host.self, Version.self, DemoCommand.self, SimCommand.self,
        Rehearse.self,
    ]
}

/// The entry of the program: one form for all errors, and no exit code but 0, 1 and 2.
public enum CorbelProgram {
    public static func run(_ root: (some AsyncParsableCommand).Type) async {
        do {
            var command = try root.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            end(root, error)
        }
    }

    private static func end(_ root: (some AsyncParsableCommand).Type, _ error: any Error) -> Never {
        let code = root.exitCode(for: error)
        if error is ExitCode || code == .success { root.exit(withError: error) }
        let console = ProcessConsole()
        if code == .validationFailure {
            console.writeProgress(usage(root.message(for: error)).text)
        } else {
            console.writeProgress(CommandFailure(diagnosing: error).text)
        }
        root.exit(withError: ExitCode.failure)
    }

    static func usage(_ message: String) -> CommandFailure {
        CommandFailure(message, hint: "`corbel help <command>` shows the options and examples")
    }
}
