/// The text of progress: events that stay, and on a terminal one status line that the next one replaces.
struct ProgressText: Sendable {
    private static let clearLine = "\r\u{1B}[2K"

    let isLive: Bool
    let columns: Int
    private var hasStatus = false
    private var lastEvent = ""

    init(isLive: Bool, columns: Int) {
        self.isLive = isLive
        self.columns = columns
    }

    /// What to write for an event. An event that repeats the last one says nothing new.
    mutating func event(_ text: String) -> String {
        guard text != lastEvent else { return "" }
        lastEvent = text
        return end() + text + "\n"
    }

    /// What to write for a passing status; nothing without a terminal.
    mutating func status(_ text: String) -> String {
        guard isLive else { return "" }
        let start = hasStatus ? Self.clearLine : ""
        hasStatus = true
        return start + (text.count < columns ? text : text.prefix(max(columns - 2, 0)) + "…")
    }

    /// What to write before anything else takes the terminal.
    mutating func end() -> String {
        defer { hasStatus = false }
        return hasStatus ? Self.clearLine : ""
    }
}
