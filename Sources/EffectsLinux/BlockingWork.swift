import Dispatch

/// Steps that may block on a disk for seconds, kept off the few threads that Swift's concurrency runs on.
enum BlockingWork {
    private static let queue = DispatchQueue(label: "corbel.blocking-work", attributes: .concurrent)

    /// Runs `body` to its end, whether or not the task is cancelled in the meantime.
    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result(catching: body)) }
        }
    }
}
