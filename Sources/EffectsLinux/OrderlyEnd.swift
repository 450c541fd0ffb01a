/// Runs what has to end in an order of its own: a cancellation is told to it, and waited for, rather than cutting it
/// off.
public enum OrderlyEnd {
    /// How long the end may take before the work is cut off after all.
    private static let patience = Duration.seconds(5)

    /// Runs `work` to its end. When the caller is cancelled, `end` asks the work to end.
    ///
    /// - Throws: what `work` throws, and `CancellationError` where it ended because it was asked to.
    public static func run(
        _ work: @escaping @Sendable () async throws -> Void, end: @escaping @Sendable () async -> Void
    ) async throws {
        // A task of its own, because a child would be cut off together with the caller.
        let task = Task { try await work() }
        try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            Task {
                await end()
                try? await Task.sleep(for: patience, clock: .suspending)
                task.cancel()
            }
        }
        try Task.checkCancellation()
    }
}
