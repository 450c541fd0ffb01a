/// The changes under one prefix, in the order of their revisions, without an end of its own.
///
/// One reader iterates it, once. It throws `expired` where the reader must list anew, `serviceUnavailable` where the
/// store went away, and `CancellationError` where the reader's task was cancelled. Dropping the watch releases it.
public struct StoreWatch: AsyncSequence, Sendable {
    public typealias Element = StoreEvent

    private let cursor: WatchCursor

    init(_ cursor: WatchCursor) { self.cursor = cursor }

    /// Asks for one ``StoreEvent/progress(_:)``, which comes after every change up to its revision. Requests that
    /// were not answered yet count as one.
    public func requestProgress() { cursor.requestProgress() }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(cursor: cursor) }

    public struct AsyncIterator: AsyncIteratorProtocol {
        let cursor: WatchCursor

        public func next() async throws -> StoreEvent? { try await cursor.next() }
    }
}
