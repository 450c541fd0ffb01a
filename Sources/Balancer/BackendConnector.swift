import Effects
import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// Finds a backend for each client, and joins the two.
final class BackendConnector: Sendable {
    private let table: ConnectionTable
    private let time: any TimeSource
    private let limits: TCPBalancer.Limits
    private let backends: @Sendable () async -> [SocketEndpoint]
    private let order: Mutex<BackendOrder>

    init(
        table: ConnectionTable, time: any TimeSource, limits: TCPBalancer.Limits,
        backends: @escaping @Sendable () async -> [SocketEndpoint]
    ) {
        self.table = table
        self.time = time
        self.limits = limits
        self.backends = backends
        order = Mutex(BackendOrder(penalty: limits.penalty))
    }

    /// The backends as they are now; connections to others are closed.
    func currentBackends() async -> [SocketEndpoint] {
        let current = await backends()
        if !current.isEmpty { table.closeDeparted(keeping: Set(current)) }
        return current
    }

    /// Joins a client to the first backend that accepts; closes it where none does.
    func connect(_ client: any Channel) async {
        let candidates = await currentBackends()
        for backend in order.withLock({ $0.order(candidates, at: time.uptime) }) {
            do {
                let upstream = try await open(backend, for: client)
                order.withLock { $0.noteSuccess(of: backend) }
                return await join(client, upstream, backend)
            } catch {
                // A client that has gone takes the attempt with it. Otherwise the backend is to blame, whatever the
                // reason is, and the next may be better.
                guard table.holds(client) else { return }
                order.withLock { $0.noteFailure(of: backend, at: time.uptime) }
            }
        }
        client.close(promise: nil)
    }

    /// Opens a channel to a backend on the client's event loop, so that the two can be joined.
    private func open(_ backend: SocketEndpoint, for client: any Channel) async throws -> any Channel {
        let bootstrap = ClientBootstrap(group: client.eventLoop)
            .connectTimeout(TimeAmount(limits.connectTimeout))
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelInitializer { [table] upstream in
                guard table.note(upstream, for: client) else {
                    return upstream.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
                }
                return upstream.eventLoop.makeCompletedFuture {
                    try upstream.pipeline.syncOperations.addHandler(RelayHandler())
                }
            }
        return try await DeadPeer.options.reduce(bootstrap) { $0.channelOption($1.option, value: $1.value) }
            .connect(host: backend.host, port: backend.port).get()
    }

    private func join(_ client: any Channel, _ upstream: any Channel, _ backend: SocketEndpoint) async {
        guard table.settle(client, at: backend, through: upstream) else {
            return upstream.close(promise: nil)
        }
        do {
            try await client.eventLoop.submit {
                RelayHandler.join(
                    try client.pipeline.syncOperations.handler(type: RelayHandler.self),
                    try upstream.pipeline.syncOperations.handler(type: RelayHandler.self))
            }.get()
        } catch {
            // One of the two has closed by now, and lost its handler; so the other is of no use.
            client.close(promise: nil)
            upstream.close(promise: nil)
        }
    }
}

/// How a backend is noticed that lost its power: it sends nothing, not even that it is gone. The kernel asks it every
/// now and then while all is quiet, and gives up on bytes that are not acknowledged; see tcp(7).
private enum DeadPeer {
    static let options: [(option: ChannelOptions.Types.SocketOption, value: Int)] = [
        (tcp(TCP_KEEPIDLE), 15), (tcp(TCP_KEEPINTVL), 5), (tcp(TCP_KEEPCNT), 3),
        // In milliseconds.
        (tcp(TCP_USER_TIMEOUT), 30_000),
    ]

    private static func tcp(_ name: CInt) -> ChannelOptions.Types.SocketOption {
        .init(level: .tcp, name: NIOBSDSocket.Option(rawValue: name))
    }
}
