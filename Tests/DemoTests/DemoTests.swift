import Effects
import EffectsLinux
import Foundation
import Testing

/// The main job as a person sees it: the very programs, a real etcd, one simulated machine.
@Suite("corbel demo", .timeLimit(.minutes(5)))
struct DemoTests {
    private static let package = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    @Test("takes a machine from bare to a running cluster that has pivoted, and leaves nothing behind")
    func provision() async throws {
        let directory = "/tmp/corbel-demo-\(SystemRandom().uuid())"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let arguments = [
            "demo", "--data-dir", directory, "--examples", Self.package + "/examples", "--hosts", "1", "--speed", "5",
            "--exit",
        ]
        let result = try await SubprocessRunner().run(
            Command(Self.programFolder() + "/corbel", arguments, timeout: .seconds(240)))
        let told = String(decoding: result.errorOutput, as: UTF8.self)
        #expect(result.isSuccess, "\(told)")
        for step in ["host-1 has registered", "pivot: Sealed", "pivot: Deleted", "shop-1 runs"] {
            #expect(told.contains(step), "\(told)")
        }
        #expect(Self.processes(naming: directory).isEmpty)
    }

    /// `corbel` and `corbel-standin` stand beside the tests.
    private static func programFolder() -> String {
        let beside = CommandLine.arguments.first.map { URL(fileURLWithPath: $0).deletingLastPathComponent().path } ?? ""
        return FileManager.default.isExecutableFile(atPath: beside + "/corbel") ? beside : package + "/.build/debug"
    }

    /// The processes whose arguments hold a text.
    private static func processes(naming text: String) -> [String] {
        let numbers = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return numbers.filter { Int($0) != nil }.compactMap { number in
            FileManager.default.contents(atPath: "/proc/\(number)/cmdline").map { String(decoding: $0, as: UTF8.self) }
        }.filter { $0.contains(text) }
    }
}
