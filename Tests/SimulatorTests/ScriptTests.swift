import Foundation
import Testing

@testable import Simulator

@Suite("Scripts")
struct ScriptTests {
    private static let directory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Scenarios")

    private static let files: [String] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
        return names.filter { $0.hasSuffix(".txt") }.sorted()
    }()

    @Test("what was drawn can be written down, and is the same run", arguments: UInt64(1)...200)
    func roundTrip(seed: UInt64) throws {
        let drawn = Script(drawnFrom: seed, for: .one)
        let read = try Script(parsing: drawn.text)
        #expect(read.text == drawn.text)
        #expect(read == drawn)
    }

    @Test(
        "a line that says nothing known is refused by its number",
        arguments: [
            "at 5 approve", "at 5s", "at 5s power-cut e", "image 2.0.0 lazy", "begin anew", "seed x", "nonsense",
            "at 5s run till", "at 5s run till by 101", "at 5s cordon", "at 5s missing-image two",
            "at 5s failing upgrade on b", "at 5s failing lunch on b by 2", "at 5s failing upgrade on b by 0",
            "at 5s failing upgrade b for 5s", "at 5s failing upgrade on b for 5",
            "at 5s add f", "at 5s add to workers", "at 5s remove", "at 5s replace d", "at 5s scale workers",
            "at 5s scale workers to many", "at 5s delete edge",
        ])
    func wrong(line: String) {
        #expect(throws: ScriptError(line: 2, text: line)) { try Script(parsing: "seed 1\n\(line)\n") }
    }

    @Test("a refusal names the line and what is allowed")
    func refusal() {
        let text = ScriptError(line: 7, text: "at 5s remove").description
        #expect(text.hasPrefix("line 7: \"at 5s remove\" is no line of a script"))
        #expect(text.contains("remove HOST") && text.contains("scale POOL to N"))
    }

    @Test("what people ask of pools is written as it is read")
    func pools() throws {
        let lines = [
            "at 5s add f g to masters", "at 6s remove d e", "at 7s replace d by f in shop", "at 8s scale workers to 1",
            "at 9s delete", "at 10s make in shop",
        ]
        let script = try Script(parsing: lines.joined(separator: "\n"))
        #expect(script.text.split(separator: "\n").suffix(lines.count).map(String.init) == lines)
    }

    @Test("mistakes that were found once are not made again", arguments: files)
    func library(file: String) throws {
        let text = try String(contentsOf: Self.directory.appending(path: file), encoding: .utf8)
        let parts = text.split(separator: "---\n", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let result = Simulation(try Script(parsing: parts[0])).run()
        #expect(result.violations.isEmpty, "\(result.violations)")
        #expect(
            result.outcome.joined(separator: "\n") + "\n" == parts.last, "\(result.outcome.joined(separator: "\n"))")
    }

    @Test("there are scripts")
    func isThere() { #expect(Self.files.count >= 4) }
}
