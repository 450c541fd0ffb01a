import Synchronization

/// Writes progress to a console. Events may come from several tasks.
final class ProgressReporter: Sendable {
    private let console: any Console
    private let text: Mutex<ProgressText>

    init(_ console: any Console) {
        self.console = console
        text = Mutex(ProgressText(isLive: console.isLive, columns: console.columns))
    }

    func event(_ line: String) { write { $0.event(line) } }
    func status(_ line: String) { write { $0.status(line) } }
    func end() { write { $0.end() } }

    private func write(_ body: (inout ProgressText) -> String) {
        text.withLock { text in
            let new = body(&text)
            if !new.isEmpty { console.writeProgress(new) }
        }
    }
}
