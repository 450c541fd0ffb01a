import Effects
import EffectsLinux

/// The program itself, as a user starts it.
enum Corbel {
    /// It stands beside the tests.
    static let path: String = {
        let tests = CommandLine.arguments.first { $0.contains(".xctest") } ?? CommandLine.arguments[0]
        let folder = tests.split(separator: "/", omittingEmptySubsequences: false)
            .prefix { !$0.hasSuffix(".xctest") }.joined(separator: "/")
        return folder + "/corbel"
    }()

    /// What a command said, and how it ended.
    struct Said: Sendable {
        var termination: CommandResult.Termination
        var output: String
        var errors: String

        init(_ result: CommandResult) {
            termination = result.termination
            output = String(decoding: result.output, as: UTF8.self)
            errors = String(decoding: result.errorOutput, as: UTF8.self)
        }
    }

    static func run(_ arguments: [String], in directory: String) async throws -> Said {
        Said(
            try await SubprocessRunner().run(
                Command(path, arguments, workingDirectory: directory, timeout: .seconds(60))))
    }

    /// The processes whose arguments hold every one of these texts.
    static func processes(naming texts: String...) async throws -> [Int32] {
        let files = LinuxFiles()
        var found: [Int32] = []
        for entry in try await files.list("/proc") {
            guard let number = Int32(entry.name) else { continue }
            // A process may end while it is looked at.
            guard let bytes = try? await files.read("/proc/\(number)/cmdline", limit: 1 << 16) else { continue }
            let line = String(decoding: bytes, as: UTF8.self)
            if texts.allSatisfy(line.contains) { found.append(number) }
        }
        return found
    }
}

/// Waits until `attempt` has an answer, for a minute at most.
func eventually<Answer>(_ what: String, _ attempt: () async throws -> Answer?) async throws -> Answer {
    for _ in 0..<6000 {
        if let answer = try await attempt() { return answer }
        try await SystemClock().sleep(for: .milliseconds(10))
    }
    throw EffectError(.timeout, "\(what): not within a minute")
}
