import Testing

/// Shows that each rule fires: code that must be refused, next to code that is close to it and must not be.
@Suite("The house rules fire")
struct RuleSampleTests {
    /// Code in a file, and how many violations it must give.
    struct Sample: Sendable, CustomTestStringConvertible {
        var path: String
        var code: String
        var count: Int

        init(_ path: String, _ code: String, _ count: Int) {
            self.path = path
            self.code = code
            self.count = count
        }

        var testDescription: String { "\(path.split(separator: "/")[1]): \(code.prefix(60))" }
        var file: SourceFile { SourceFile(path: path, text: code) }
    }

    private static let pure = "Sources/HostPlan/Sample.swift"
    private static let shell = "Sources/APIServer/Sample.swift"
    private static let effects = "Sources/EffectsLinux/Sample.swift"
    private static let command = "Sources/CLICommands/Sample.swift"
    private static let test = "Tests/HostPlanTests/Sample.swift"

    private func expect(_ rule: some FileRule, _ sample: Sample) {
        let found = rule.violations(in: sample.file)
        #expect(found.count == sample.count, "\(found)")
    }

    static let calls: [Sample] = [
        Sample(pure, "func run() async {}", 1),
        Sample(pure, "let x = await y", 1),
        Sample(pure, "actor Host {}", 1),
        Sample(pure, "let now = Date(timeIntervalSince1970: 0)", 1),
        Sample(pure, "let now = ContinuousClock().now", 1),
        Sample(pure, "let x = Int.random(in: 0..<3)", 1),
        Sample(pure, "let x = Int.random(in: 0..<3, using: &generator)", 0),
        Sample(pure, "var generator = SystemRandomNumberGenerator()", 1),
        Sample(pure, "sleep(1)", 1),
        Sample(pure, "let order = key.hashValue", 1),
        Sample(pure, "let a = \"async await\" // Task", 0),
        Sample(pure, "let task = HostTask(name: actorName)", 0),
        Sample(shell, "Task { run() }", 1),
        Sample(shell, "Task(priority: .low) { run() }", 1),
        Sample(shell, "Task.detached { run() }", 1),
        Sample(shell, "let handle: Task<Void, Never>", 1),
        Sample(shell, "try await Task.sleep(for: .seconds(1))", 1),
        Sample(shell, "let now = Date()", 1),
        Sample(shell, "let x = Int.random(in: 0..<3)", 1),
        Sample(shell, "let x = hosts.randomElement()", 1),
        Sample(shell, "let x = hosts.randomElement(using: &generator)", 0),
        Sample(shell, "let uid = UUID()", 1),
        Sample(shell, "try Task.checkCancellation()", 0),
        Sample(shell, "fatalError()", 1),
        Sample(shell, "fatalError(\"a host has two names\")", 0),
        Sample(shell, "preconditionFailure()", 1),
        Sample(shell, "print(host)", 1),
        Sample(shell, "/* print(host) */ /* /* print(host) */ */", 0),
        Sample(command, "print(host)", 0),
        Sample(effects, "try await Task.sleep(for: .seconds(1)); let now = Date()", 0),
        Sample(test, "@Test(.disabled(\"later\")) func f() {}", 1),
        Sample(test, "Thread.sleep(forTimeInterval: 1)", 1),
        Sample(test, "import XCTest", 1),
        Sample(test, "let text = \"Thread.sleep\"", 0),
    ]

    @Test("Banned calls", arguments: calls)
    func bannedCalls(_ sample: Sample) { expect(BannedCallRule(), sample) }

    static let unsafe: [Sample] = [
        Sample(pure, "let x = try! parse()", 1),
        Sample(pure, "let x = y as! Host", 1),
        Sample(pure, "let x = hosts.first!", 1),
        Sample(pure, "let x = hosts[\"a\"]!.name", 1),
        Sample(pure, "let x = find(host)!", 1),
        Sample(pure, "var host: Host!", 1),
        Sample(pure, "let text = \"\\(host!)\"", 1),
        Sample(pure, "if !isReady && a != b, !(x), a !== b { return !c }", 0),
        Sample(pure, "let text = \"stop! \\(host) now!\"", 0),
        Sample(pure, "do { try a() } catch {}", 1),
        Sample(pure, "do { try a() } catch { /* fine */ }", 1),
        Sample(pure, "do { try a() } catch is StatusError {}", 1),
        Sample(pure, "do { try a() } catch let error where error.isGone { /* Gone is what was asked for. */ }", 0),
        Sample(pure, "do { try a() } catch { report(error) }", 0),
        Sample(pure, "precondition(count > 0)", 1),
        Sample(pure, "precondition(sum(a, b) > 0)", 1),
        Sample(pure, "precondition(count > 0, \"a pool has a host\")", 0),
        Sample(pure, "struct Host: @unchecked Sendable {}", 1),
        Sample(pure, "// Safe because it is never written after init.\nstruct Host: @unchecked Sendable {}", 0),
        Sample(pure, "nonisolated(unsafe) static var count = 0", 1),
        Sample(pure, "// TODO: more", 1),
        Sample(pure, "/* a\n FIXME\n*/", 1),
        Sample(pure, "/// A `\\uXXXX` escape.", 0),
        Sample(test, "let x = hosts.first!", 0),
    ]

    @Test("Safety", arguments: unsafe)
    func safety(_ sample: Sample) { expect(SafetyRule(), sample) }

    static let imports: [Sample] = [
        Sample(pure, "import CorbelAPI", 0),
        Sample(pure, "public import CorbelAPI", 0),
        Sample(pure, "import _StringProcessing", 0),
        Sample(pure, "import Lifecycle", 1),
        Sample(pure, "import Foundation", 1),
        Sample(pure, "import FoundationEssentials", 1),
        Sample(pure, "import struct Foundation.Date", 1),
        Sample(pure, "import Glibc", 1),
        Sample(pure, "import Yams", 1),
        Sample(pure, "import Logging", 1),
        Sample("Sources/YAML/Sample.swift", "import Yams", 0),
        Sample("Sources/YAML/Sample.swift", "import Foundation", 1),
        Sample(shell, "import Logging\nimport NIOCore\nimport FoundationEssentials", 0),
        Sample(shell, "import Foundation", 1),
        Sample(shell, "import GRDB", 1),
        Sample(shell, "import HTTPFront", 1),
        Sample(shell, "import StoreSQLite", 1),
        Sample(shell, "import Vapor", 1),
        Sample("Sources/HTTPFront/Sample.swift", "import Hummingbird\nimport HummingbirdTLS", 0),
        Sample("Sources/StoreSQLite/Sample.swift", "import GRDB\nimport Foundation", 0),
        Sample("Sources/Attic/Sample.swift", "", 1),
    ]

    @Test("Imports", arguments: imports)
    func layering(_ sample: Sample) { expect(ImportRule(), sample) }

    static let names: [Sample] = [
        Sample("Sources/HostPlan/StringUtils.swift", "", 1),
        Sample("Sources/HostPlan/Host+Helpers.swift", "", 1),
        Sample("Sources/HostPlan/Extras/Host.swift", "", 1),
        Sample(pure, "final class SlotManager {}", 1),
        Sample(test, "enum Helpers {}", 1),
        Sample(pure, "struct Slot { var fieldManager: String }", 0),
    ]

    @Test("Names", arguments: names)
    func naming(_ sample: Sample) { expect(NameRule(), sample) }

    private static func function(_ head: String, lines: Int) -> String {
        "\(head) {\n" + String(repeating: "    step()\n", count: lines - 2) + "}\n"
    }

    static let lengths: [Sample] = [
        Sample(pure, function("func run(_ a: [Int] = { [] }()) -> Int", lines: 70), 0),
        Sample(pure, function("func run(_ a: [Int] = { [] }()) -> Int", lines: 71), 1),
        Sample(test, function("init?(_ a: Int)", lines: 71), 1),
        Sample(pure, function("deinit", lines: 71), 1),
        Sample(pure, function("var value: [String: Int]", lines: 71), 1),
        Sample(pure, function("subscript(index: Int) -> Int", lines: 71), 1),
        Sample(pure, function("static func < (a: Self, b: Self) -> Bool", lines: 71), 1),
        Sample(pure, function("struct Table", lines: 200), 0),
        Sample(pure, "protocol P { func a() -> Int\n var b: Int { get }\n}\n" + function("struct S", lines: 90), 0),
        Sample(pure, "func a() { print(\"}}}\") // }\n" + String(repeating: "\n", count: 69) + "}\n", 1),
        Sample(pure, "let page = \"\"\"\n    {{{\n    \"\"\"\n" + function("func a()", lines: 71), 1),
        Sample(pure, "let braces = /[{\"]+/\n" + function("func a()", lines: 71), 1),
        Sample(pure, String(repeating: "let a = 1\n", count: 800), 0),
        Sample(pure, String(repeating: "let a = 1\n", count: 801), 1),
        Sample(pure, "// " + String(repeating: "é", count: 117), 0),
        Sample(pure, "// " + String(repeating: "é", count: 118), 1),
    ]

    @Test("Lengths", arguments: lengths)
    func length(_ sample: Sample) { expect(LengthRule(), sample) }

    @Test("A violation names the file, the line, the rule and the way out")
    func report() throws {
        let sample = Sample(Self.pure, "let a = 1\nlet now = Date(x)\n", 1)
        let violation = try #require(BannedCallRule().violations(in: sample.file).first)
        let place = "Sources/HostPlan/Sample.swift:2: [banned-call]"
        #expect(violation.description == "\(place) `Date(` must not stand here. Take `now` as a parameter.")
    }
}
