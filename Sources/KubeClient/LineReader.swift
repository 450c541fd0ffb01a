import CorbelAPI

/// The lines of a body that arrives in chunks. What has arrived of the next line outlives a call: hence an actor.
actor LineReader {
    private static let lineLimit = 16 << 20

    private var iterator: AsyncThrowingStream<[UInt8], any Error>.AsyncIterator?
    private var pending: [UInt8] = []
    /// Where in `pending` the search for the end of the line goes on.
    private var searched = 0

    init(_ body: AsyncThrowingStream<[UInt8], any Error>) { iterator = body.makeAsyncIterator() }

    /// The next line without its end, or `nil` after the last.
    func next() async throws -> [UInt8]? {
        while true {
            if let end = pending[searched...].firstIndex(of: 0x0A) {
                let line = Array(pending[..<end])
                pending.removeSubrange(...end)
                searched = 0
                if line.isEmpty { continue }
                return line
            }
            searched = pending.count
            guard try await readMore() else { return nil }
        }
    }

    /// Everything that is left, up to a limit.
    func rest(limit: Int) async throws -> [UInt8] {
        while pending.count < limit, try await readMore() {}
        return pending
    }

    private func readMore() async throws -> Bool {
        guard pending.count < Self.lineLimit else {
            throw StatusError(.requestEntityTooLarge, "a line of a watch is longer than \(Self.lineLimit) bytes")
        }
        guard var iterator else { return false }
        self.iterator = nil
        let chunk = try await iterator.next(isolation: self)
        self.iterator = iterator
        guard let chunk else { return false }
        pending += chunk
        return true
    }
}
