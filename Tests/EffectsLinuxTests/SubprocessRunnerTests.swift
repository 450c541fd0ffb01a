import Effects
import EffectsLinux
import Glibc
import ScriptedEffects
import Testing

@Suite("Commands")
struct SubprocessRunnerTests {
    let runner = SubprocessRunner()

    private func sh(_ script: String, timeout: Duration = .seconds(20)) -> Command {
        Command("sh", ["-c", script], timeout: timeout)
    }

    @Test("A command answers with its exit status and both outputs")
    func outputs() async throws {
        let result = try await runner.run(sh("echo out; echo err >&2; exit 3"))
        #expect(result == CommandResult(.exited(3), output: Array("out\n".utf8), errorOutput: Array("err\n".utf8)))
        #expect(!result.isSuccess)
    }

    @Test("A command that dies of a signal answers with the signal")
    func signal() async throws {
        #expect(try await runner.run(sh("kill -TERM $$")).termination == .signalled(15))
    }

    @Test("A command gets its own environment and directory and nothing else")
    func environment() async throws {
        let command = Command(
            "/usr/bin/env", environment: ["A": "1", "B": "x=y z"], workingDirectory: "/", timeout: .seconds(20))
        let result = try await runner.run(command)
        #expect(String(decoding: result.output, as: UTF8.self).split(separator: "\n").sorted() == ["A=1", "B=x=y z"])
        let place = try await runner.run(Command("pwd", workingDirectory: "/proc"))
        #expect(place.output == Array("/proc\n".utf8))
    }

    @Test("Input of any length reaches the command, which need not read it")
    func input() async throws {
        let input = (0..<300_000).map { UInt8(truncatingIfNeeded: $0) }
        #expect(try await runner.run(Command("cat", input: input)).output == input)
        #expect(try await runner.run(Command("true", input: input)).isSuccess)
    }

    @Test("An output beyond the limit is dropped, and the command still ends")
    func truncation() async throws {
        let command = Command("head", ["-c", "5000000", "/dev/zero"], outputLimit: 100_000)
        let result = try await runner.run(command)
        #expect(result.isSuccess)
        #expect(result.isTruncated)
        #expect(result.output.count == 100_000)
        #expect(try await !runner.run(Command("head", ["-c", "5", "/dev/zero"], outputLimit: 5)).isTruncated)
    }

    @Test(
        "A command that cannot start says why",
        arguments: [
            (Command("no-such-program-here"), EffectError.Code.notFound),
            (Command("/no/such/program"), .notFound),
            (Command("/etc/passwd"), .permission),
            (Command("true", workingDirectory: "/nowhere"), .notFound),
            (Command("true", ["a\0b"]), .invalid),
        ])
    func cannotStart(command: Command, code: EffectError.Code) async throws {
        let error = await effectError { try await runner.run(command) }
        #expect(error?.code == code)
        #expect(error?.message.contains(command.program) == true)
    }

    @Test("A child that stays behind with the outputs open holds nobody up")
    func backgroundChild() async throws {
        let started = SystemClock().uptime
        let result = try await runner.run(sh("sleep 30 & echo $!; exit 0"))
        let child = try #require(Int32(String(decoding: result.output.dropLast(), as: UTF8.self)))
        #expect(kill(child, SIGKILL) == 0)
        #expect(SystemClock().uptime - started < .seconds(20))
    }

    // MARK: - The end of a process group

    @Test("A command that takes too long is killed with everything that it started")
    func timeout() async throws {
        try await ScratchDirectory.with { directory in
            let script = "trap '' TERM; sleep 300 & echo $! > \(directory)/pid; wait; sleep 300"
            let error = await effectError { try await runner.run(sh(script, timeout: .seconds(1))) }
            #expect(error?.code == .timeout)
            #expect(error?.message == "sh did not end within 1.0 seconds")
            try await expectGone("\(directory)/pid")
        }
    }

    @Test("A cancelled command is killed with everything that it started")
    func cancellation() async throws {
        try await ScratchDirectory.with { directory in
            let script = "sleep 300 & echo $! > \(directory)/pid.new; mv \(directory)/pid.new \(directory)/pid; wait"
            await #expect(throws: CancellationError.self) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { _ = try await runner.run(sh(script)) }
                    try await eventually { try await LinuxFiles().exists("\(directory)/pid") }
                    group.cancelAll()
                    try await group.waitForAll()
                }
            }
            try await expectGone("\(directory)/pid")
        }
    }

    /// The process whose number the file holds has ended; it may wait, as a zombie, for somebody to notice.
    private func expectGone(_ path: String) async throws {
        let files = LinuxFiles()
        let number = String(decoding: try await files.read(path, limit: 20), as: UTF8.self).dropLast()
        try #require(!number.isEmpty)
        try await eventually {
            guard try await files.exists("/proc/\(number)/stat") else { return true }
            let stat = String(decoding: try await files.read("/proc/\(number)/stat", limit: 4096), as: UTF8.self)
            return stat.contains(") Z ")
        }
    }

    private func eventually(_ condition: () async throws -> Bool) async throws {
        let clock = SystemClock()
        let deadline = clock.uptime + .seconds(10)
        while try await !condition() {
            try #require(clock.uptime < deadline)
            try await clock.sleep(for: .milliseconds(5))
        }
    }
}
