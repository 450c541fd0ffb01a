import Effects
import EffectsLinux
import Glibc
import ScriptedEffects
import Testing

@Suite("A directory's lock")
struct FileLockTests {
    @Test("A second holder is refused with the directory and the process that holds it")
    func refusal() async throws {
        try await ScratchDirectory.with { directory in
            let lock = FileLock(directory: directory)
            try await lock.hold {
                let error = await effectError { try await lock.hold {} }
                #expect(error == EffectError(.busy, "\(directory) is in use by process \(getpid())"))
            }
            try await lock.hold {}
        }
    }

    @Test("The lock is given back when the body throws")
    func throwing() async throws {
        try await ScratchDirectory.with { directory in
            let lock = FileLock(directory: directory)
            await #expect(throws: CancellationError.self) { try await lock.hold { throw CancellationError() } }
            try await lock.hold {}
        }
    }

    @Test("Another process sees the lock, and its children do not inherit it")
    func otherProcess() async throws {
        try await ScratchDirectory.with { directory in
            let attempt = Command("flock", ["-n", "\(directory)/lock", "true"])
            try await FileLock(directory: directory).hold {
                let refused = try await SubprocessRunner().run(attempt)
                #expect(refused.termination == .exited(1))
                let child = try await SubprocessRunner().run(Command("sh", ["-c", "sleep 5 >&- 2>&- &"]))
                #expect(child.isSuccess)
            }
            #expect(try await SubprocessRunner().run(attempt).isSuccess)
        }
    }

    @Test("A holder that wrote nothing is another process")
    func unknownHolder() async throws {
        try await ScratchDirectory.with { directory in
            let script = "exec 9>\(directory)/lock; flock 9; sleep 60 >&- 2>&- & echo $!"
            let started = try await SubprocessRunner().run(Command("sh", ["-c", script]))
            let holder = try #require(Int32(String(decoding: started.output.dropLast(), as: UTF8.self)))
            let error = await effectError { try await FileLock(directory: directory).hold {} }
            #expect(error == EffectError(.busy, "\(directory) is in use by another process"))
            #expect(kill(holder, SIGKILL) == 0)
        }
    }

    @Test("A directory that does not exist is not locked")
    func missing() async throws {
        let error = await effectError { try await FileLock(directory: "/nowhere").hold {} }
        #expect(error?.code == .notFound)
        #expect(error?.message.contains("/nowhere") == true)
    }
}
