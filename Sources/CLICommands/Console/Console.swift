/// Where a command's words go: results to standard output, progress to standard error.
protocol Console: Sendable {
    /// Whether somebody watches progress on a terminal; if not, each event is one line.
    var isLive: Bool { get }
    /// The width of the terminal.
    var columns: Int { get }

    func writeResult(_ text: String)
    func writeProgress(_ text: String)

    /// All of standard input.
    ///
    /// - Throws: ``CommandFailure`` where it holds more than `limit` bytes.
    func readInput(limit: Int) async throws -> [UInt8]
}
