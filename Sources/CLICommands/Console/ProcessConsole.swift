import Glibc

/// The standard streams of this process.
struct ProcessConsole: Console {
    var isLive: Bool { isatty(STDERR_FILENO) == 1 }

    var columns: Int {
        var size = winsize()
        let isKnown = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0
        return isKnown && size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    func writeResult(_ text: String) { write(text, to: STDOUT_FILENO) }
    func writeProgress(_ text: String) { write(text, to: STDERR_FILENO) }

    func readInput(limit: Int) async throws -> [UInt8] {
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            guard try await Self.isInputReady() else { continue }
            let count = read(STDIN_FILENO, &buffer, buffer.count)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count >= 0 else { throw CommandFailure("standard input cannot be read") }
            if count == 0 { return content }
            content += buffer[..<count]
            if content.count > limit { throw CommandFailure("standard input holds more than \(limit) bytes") }
        }
    }

    /// Waits for input in short turns, so that Ctrl-C ends a command that nobody has typed anything for.
    private static func isInputReady() async throws -> Bool {
        try Task.checkCancellation()
        await Task.yield()
        var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        return poll(&input, 1, 50) != 0
    }

    private func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            // A reader that has gone away, such as `head`, has seen what it wanted.
            if written <= 0 { return }
            rest = rest.dropFirst(written)
        }
    }
}
