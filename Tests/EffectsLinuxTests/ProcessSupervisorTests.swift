import Effects
import EffectsLinux
import Glibc
import ScriptedEffects
import Synchronization
import Testing

@Suite("Supervised services")
struct ProcessSupervisorTests {
    private func service(_ script: String, in directory: String, isTethered: Bool = false) -> ServiceDefinition {
        ServiceDefinition(
            program: "sh", arguments: ["-c", script], logPath: directory + "/log", isTethered: isTethered)
    }

    /// Waits until a condition holds; fails after ten seconds.
    private func eventually(_ what: String, _ holds: () async throws -> Bool) async throws {
        for _ in 0..<500 {
            if try await holds() { return }
            try await SystemClock().sleep(for: .milliseconds(20))
        }
        Issue.record("\(what) did not come true")
    }

    private func numbers(in file: String) async throws -> [pid_t] {
        guard try await LinuxFiles().exists(file) else { return [] }
        let text = String(decoding: try await LinuxFiles().read(file, limit: 4096), as: UTF8.self)
        return text.split(separator: "\n").compactMap { pid_t($0) }
    }

    /// Whether a process is there and has not merely not been waited for.
    private func isAlive(_ process: pid_t) async throws -> Bool {
        let path = "/proc/\(process)/stat"
        guard try await LinuxFiles().exists(path), let bytes = try? await LinuxFiles().read(path, limit: 4096) else {
            return false
        }
        return !String(decoding: bytes, as: UTF8.self).contains(") Z ")
    }

    @Test("Killing a tethered service ends all that it has started, and it stays down")
    func killing() async throws {
        try await ScratchDirectory.with { directory in
            let file = directory + "/pids"
            let script = "sleep 600 & echo $! >> \(file); echo $$ >> \(file); wait"
            let definition = service(script, in: directory, isTethered: true)
            let supervisor = ProcessSupervisor { _ in definition }
            try await supervisor.start("machine")
            try await eventually("the start") { try await numbers(in: file).count == 2 }
            let processes = try await numbers(in: file)
            #expect(getpgid(processes[1]) == processes[1])
            #expect(getpgid(processes[0]) == processes[1])
            await supervisor.kill("machine")
            #expect(await supervisor.state(of: "machine") == .inactive)
            for process in processes { try await eventually("the end of \(process)") { try await !isAlive(process) } }
            #expect(try await numbers(in: file).count == 2)
        }
    }

    @Test("A tethered service has an input that does not end while the process that started it lives")
    func tether() async throws {
        try await ScratchDirectory.with { directory in
            let file = directory + "/status"
            let script = "timeout 0.3 cat; echo $? > \(file); sleep 600"
            let definition = service(script, in: directory, isTethered: true)
            let supervisor = ProcessSupervisor { _ in definition }
            try await supervisor.start("machine")
            try await eventually("the attempt to read") { try await numbers(in: file) == [124] }
            await supervisor.killAll()
        }
    }

    @Test("A service that ends by itself is told of and started again, until it is stopped")
    func ending() async throws {
        try await ScratchDirectory.with { directory in
            let file = directory + "/pids"
            let ended = Mutex(0)
            let definition = service("echo $$ >> \(file)", in: directory)
            let supervisor = ProcessSupervisor(hasEnded: { _ in ended.withLock { $0 += 1 } }) { _ in definition }
            try await supervisor.start("service")
            try await eventually("a second start") { try await numbers(in: file).count == 2 }
            #expect(ended.withLock { $0 } >= 1)
            try await supervisor.stop("service")
            #expect(await supervisor.state(of: "service") == .inactive)
        }
    }
}
