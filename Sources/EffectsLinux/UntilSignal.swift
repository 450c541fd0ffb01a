public import UnixSignals

/// Runs something until it ends by itself, or somebody sends SIGTERM or SIGINT (Ctrl-C).
public enum UntilSignal {
    /// - Returns: the signal that ended it, or `nil` where it ended by itself.
    /// - Throws: what `body` throws; that it was cancelled by the signal is no error.
    @discardableResult
    public static func run(_ body: @escaping @Sendable () async throws -> Void) async throws -> UnixSignal? {
        try await withThrowingTaskGroup(of: UnixSignal?.self) { group in
            group.addTask {
                try await body()
                return nil
            }
            group.addTask {
                for await signal in await UnixSignalsSequence(trapping: .sigterm, .sigint) { return signal }
                return nil
            }
            let signal = try await group.next() ?? nil
            group.cancelAll()
            do {
                while try await group.next() != nil {}
            } catch is CancellationError {
                return signal
            }
            return signal
        }
    }
}
