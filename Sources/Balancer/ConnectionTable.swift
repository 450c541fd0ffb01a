import Effects
import NIOCore
import Synchronization

/// The connections that are open, so that they can be counted and closed.
final class ConnectionTable: Sendable {
    private struct Connection {
        var client: any Channel
        /// The channels to backends: one that is up, or those that are being tried.
        var upstreams: [any Channel] = []
        /// The backend that the connection went to.
        var backend: SocketEndpoint?

        var channels: [any Channel] { [client] + upstreams }
    }

    private struct State {
        var isClosed = false
        var connections: [ObjectIdentifier: Connection] = [:]
    }

    private let limit: Int
    private let state = Mutex(State())

    /// - Parameter limit: how many connections may be open at once.
    init(limit: Int) { self.limit = limit }

    /// Takes a client in until its channel closes; says no when there are too many, or the table is closed.
    func admit(_ client: any Channel) -> Bool {
        let isAdmitted = state.withLock { state in
            guard !state.isClosed, state.connections.count < limit else { return false }
            state.connections[ObjectIdentifier(client)] = Connection(client: client)
            return true
        }
        if isAdmitted { client.closeFuture.whenComplete { [self] _ in remove(client) } }
        return isAdmitted
    }

    private func remove(_ client: any Channel) {
        let removed = state.withLock { $0.connections.removeValue(forKey: ObjectIdentifier(client)) }
        // A side that is joined to its client closes after it by itself, when it has sent everything.
        if let removed, removed.backend == nil { Self.close(removed.upstreams) }
    }

    /// Whether the client is still there.
    func holds(_ client: any Channel) -> Bool {
        state.withLock { !$0.isClosed && $0.connections[ObjectIdentifier(client)] != nil }
    }

    /// Notes a channel on its way to a backend; says no when its client has gone in the meantime.
    func note(_ upstream: any Channel, for client: any Channel) -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            return state.connections[ObjectIdentifier(client)]?.upstreams.append(upstream) != nil
        }
    }

    /// Notes where a client's connection went; says no when the client has gone in the meantime.
    func settle(_ client: any Channel, at backend: SocketEndpoint, through upstream: any Channel) -> Bool {
        state.withLock { state in
            guard !state.isClosed, var connection = state.connections[ObjectIdentifier(client)] else { return false }
            connection.backend = backend
            connection.upstreams = [upstream]
            state.connections[ObjectIdentifier(client)] = connection
            return true
        }
    }

    /// Closes the connections whose backend is not among these.
    func closeDeparted(keeping backends: Set<SocketEndpoint>) {
        let departed = state.withLock { state in
            state.connections.values.filter { connection in
                connection.backend.map { !backends.contains($0) } ?? false
            }
        }
        Self.close(departed.flatMap(\.channels))
    }

    /// Closes everything, and admits nobody from here on.
    func close() {
        let channels = state.withLock { state in
            state.isClosed = true
            return state.connections.values.flatMap(\.channels)
        }
        Self.close(channels)
    }

    /// Closes everything, and returns when that is done.
    func closeAndWait() async {
        let channels = state.withLock { $0.connections.values.flatMap(\.channels) }
        close()
        // The future of a closed channel tells no error.
        for channel in channels { try? await channel.closeFuture.get() }
    }

    /// Outside of the lock: a channel that closes on this thread takes itself out of the table.
    private static func close(_ channels: [any Channel]) {
        for channel in channels { channel.close(promise: nil) }
    }
}
