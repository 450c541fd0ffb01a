import Synchronization

@testable import CLICommands

/// A console that keeps what is written to it.
final class RecordingConsole: Console {
    private struct Written {
        var results = ""
        var progress = ""
    }

    let isLive = false
    let columns = 80
    private let input: String
    private let written = Mutex(Written())

    init(input: String = "") { self.input = input }

    var results: String { written.withLock { $0.results } }
    var progress: String { written.withLock { $0.progress } }

    func writeResult(_ text: String) { written.withLock { $0.results += text } }
    func writeProgress(_ text: String) { written.withLock { $0.progress += text } }
    func readInput(limit: Int) async throws -> [UInt8] { Array(input.utf8) }
}
