import Foundation
import Testing

@testable import Simulator

@Suite("Reasons of waits")
struct WaitReasonTests {
    private static let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Sources/Lifecycle")

    /// The first argument of every `Wait(…)` that is a word.
    private static let words: Set<String> = {
        let files = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)
        var words: Set<String> = []
        for case let file as URL in files ?? FileManager.DirectoryEnumerator() where file.pathExtension == "swift" {
            let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
            for match in text.matches(of: /\b[Ww]ait\(\s*"([A-Z][A-Za-z]+)"/) { words.insert(String(match.1)) }
        }
        return words
    }()

    @Test("whoever waits for something new says whether a world can tell that it is true")
    func classified() {
        let unknown = Self.words.subtracting(WaitTruth.judged).subtracting(WaitTruth.notJudged)
        #expect(Self.words.count > 40)
        #expect(unknown.isEmpty, "stand in neither WaitTruth.judged nor WaitTruth.notJudged: \(unknown.sorted())")
    }

    @Test("no word is judged and not judged")
    func disjoint() { #expect(WaitTruth.judged.isDisjoint(with: WaitTruth.notJudged)) }
}
