import CorbelAPI
import Effects
import EffectsLinux
import Testing

/// The program itself, as a user starts it.
@Suite("corbel serve", .timeLimit(.minutes(2)))
struct ServeTests {
    /// `corbel` stands beside the tests.
    private func corbel(_ arguments: [String], timeout: Duration) async throws -> CommandResult {
        let tests = CommandLine.arguments.first { $0.contains(".xctest") } ?? CommandLine.arguments[0]
        let folder = tests.split(separator: "/", omittingEmptySubsequences: false)
            .prefix { !$0.hasSuffix(".xctest") }.joined(separator: "/")
        return try await SubprocessRunner().run(Command(folder + "/corbel", arguments, timeout: timeout))
    }

    @Test("a second one on the same directory is refused and says who has it")
    func twoServers() async throws {
        try await ScratchDirectory.with { directory in
            let arguments = ["serve", "--data-dir", directory, "--listen", "127.0.0.1:0"]
            try await FileLock(directory: directory).hold {
                let second = try await corbel(arguments, timeout: .seconds(60))
                let said = String(decoding: second.errorOutput, as: UTF8.self)
                #expect(second.termination != .exited(0))
                #expect(said.contains("\(directory) is in use by process"), "\(said)")
            }
        }
    }

    @Test("a directory of a newer version is refused with an error and a status")
    func newerVersion() async throws {
        try await ScratchDirectory.with { directory in
            try await LinuxFiles().writeDurably(directory + "/VERSION", Array("99\n".utf8), mode: 0o600)
            let result = try await corbel(
                ["serve", "--data-dir", directory, "--listen", "127.0.0.1:0"], timeout: .seconds(60))
            #expect(result.termination == .exited(1))
            #expect(String(decoding: result.errorOutput, as: UTF8.self).contains("newer version of Corbel"))
        }
    }
}
