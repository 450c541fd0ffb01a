import CorbelAPI
import Demo
import Effects
import EffectsLinux
import Testing

extension DemoTests {
    /// The scenarios as a person sees them: the very programs, a real etcd, simulated machines.
    @Suite("Scenarios", .timeLimit(.minutes(20)))
    struct ScenarioTests {
        @Test("hold, and leave nothing running", arguments: Scenario.all.map(\.name))
        func scenario(name: String) async throws {
            let demo = DemoProgram()
            defer { demo.clear() }
            let result = try await demo.run(name)
            let report = try JSONValue(parsing: result.output)
            let told = String(decoding: result.errorOutput.suffix(4000), as: UTF8.self)
            #expect(report["passed"]?.boolValue == true, "\(told)")
            #expect(result.isSuccess, "\(told)")
            let scenario = report["scenarios"]?.arrayValue?.first
            #expect(scenario?["name"]?.stringValue == name)
            #expect(scenario?["expectations"]?.arrayValue?.isEmpty == false)
            #expect(demo.processes.isEmpty)
        }

        @Test("that are not known are a usage error that names the known ones")
        func unknown() async throws {
            let result = try await DemoProgram().run("nonsense")
            let told = String(decoding: result.errorOutput, as: UTF8.self)
            #expect(!result.isSuccess)
            #expect(result.output.isEmpty)
            #expect(told.contains("\"nonsense\" is none of provision, "))
        }

        @Test("take no directory that is somebody else's")
        func foreignDirectory() async throws {
            let demo = DemoProgram()
            defer { demo.clear() }
            let files = LinuxFiles()
            try await files.makeDirectory(demo.directory, mode: 0o700)
            try await files.writeDurably(demo.directory + "/thesis", [1, 2, 3], mode: 0o600)
            let result = try await demo.run("provision")
            #expect(!result.isSuccess)
            #expect(String(decoding: result.errorOutput, as: UTF8.self).contains("is no directory of a demo"))
            #expect(try await files.read(demo.directory + "/thesis", limit: 10) == [1, 2, 3])
        }
    }
}
