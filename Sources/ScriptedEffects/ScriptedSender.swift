public import Effects
import Synchronization

/// Servers that answer what a test says, and whose calls are remembered.
public final class ScriptedSender: HTTPSender {
    private let answers: @Sendable (HTTPCall) async throws -> HTTPReply
    private let state = Mutex<[HTTPCall]>([])

    public init(_ answers: @escaping @Sendable (HTTPCall) async throws -> HTTPReply) { self.answers = answers }

    public var calls: [HTTPCall] { state.withLock { $0 } }

    public func send(_ call: HTTPCall, limit: Int) async throws -> HTTPReply {
        state.withLock { $0.append(call) }
        return try await answers(call)
    }

    public func open(_ call: HTTPCall) async throws -> HTTPStream {
        let reply = try await send(call, limit: .max)
        let body = AsyncThrowingStream<[UInt8], any Error> { continuation in
            continuation.yield(reply.body)
            continuation.finish()
        }
        return HTTPStream(status: reply.status, headers: reply.headers, body: body)
    }
}
