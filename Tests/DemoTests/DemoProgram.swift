import CorbelAPI
import Effects
import EffectsLinux
import Foundation

/// `corbel demo` as a person starts it, with a directory of its own.
struct DemoProgram {
    private static let package = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    let directory = "/tmp/corbel-demo-\(SystemRandom().uuid())"

    func arguments(_ scenario: String, _ more: [String] = []) -> [String] {
        [
            "demo", "--data-dir", directory, "--examples", Self.package + "/examples", "--scenario", scenario,
            "--output", "json",
        ] + more
    }

    /// Runs it to its end.
    func run(
        _ scenario: String, _ more: [String] = [], timeout: Duration = .seconds(1080)
    ) async throws -> CommandResult {
        try await SubprocessRunner().run(
            Command(Self.path, arguments(scenario, ["--exit"] + more), timeout: timeout))
    }

    /// Removes what it has written.
    func clear() { try? FileManager.default.removeItem(atPath: directory) }

    /// `corbel` and `corbel-standin` stand beside the tests.
    static var path: String {
        let beside = CommandLine.arguments.first.map { URL(fileURLWithPath: $0).deletingLastPathComponent().path } ?? ""
        let isBeside = FileManager.default.isExecutableFile(atPath: beside + "/corbel")
        return (isBeside ? beside : package + "/.build/debug") + "/corbel"
    }

    /// The processes whose arguments name the directory.
    var processes: [String] {
        let numbers = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return numbers.filter { Int($0) != nil }.compactMap { number in
            FileManager.default.contents(atPath: "/proc/\(number)/cmdline").map { String(decoding: $0, as: UTF8.self) }
        }.filter { $0.contains(directory) }
    }
}
