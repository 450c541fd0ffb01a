import Effects
import EffectsLinux
import Foundation
import Testing

extension DemoTests {
    @Suite("A demo that is ended", .timeLimit(.minutes(5)))
    struct EndingTests {
        @Test("leaves no process behind, however it is ended", arguments: [SIGINT, SIGTERM, SIGKILL])
        func ending(signal: Int32) async throws {
            let demo = DemoProgram()
            defer { demo.clear() }
            let process = Process()
            process.executableURL = URL(fileURLWithPath: DemoProgram.path)
            process.arguments = demo.arguments("provision", ["--hosts", "1"])
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            // The host serves: its etcd and its stand-ins run.
            try await eventually("etcd runs") { demo.processes.contains { $0.contains("--initial-cluster") } }
            kill(process.processIdentifier, signal)
            process.waitUntilExit()
            #expect(process.terminationReason == (signal == SIGKILL ? .uncaughtSignal : .exit))
            #expect(process.terminationStatus != 0)
            try await eventually("nothing runs any more") { demo.processes.isEmpty }
        }

        private func eventually(_ what: String, _ holds: () -> Bool) async throws {
            for _ in 0..<600 {
                if holds() { return }
                try await SystemClock().sleep(for: .milliseconds(100))
            }
            Issue.record("\(what): not within a minute")
        }
    }
}
