public import Effects
import Glibc
import NIOCore
import NIOPosix

/// A balancer over TCP on SwiftNIO, with the event loops that the process's HTTP client runs on.
///
/// It knows nothing of what passes through: TLS is between the client and the backend.
public struct TCPBalancer: ConnectionBalancer {
    public struct Limits: Sendable, Hashable {
        /// How many connections may be open at once; the next is closed at once.
        public var connections = 1024
        /// How long a backend may take to accept a connection before the next is tried.
        public var connectTimeout = Duration.seconds(2)
        /// How long a backend that failed is tried last.
        public var penalty = Duration.seconds(10)
        /// How often the list of backends is asked for while no connection comes in.
        public var refreshInterval = Duration.seconds(5)

        public init() {}
    }

    private let time: any TimeSource
    private let limits: Limits

    public init(time: any TimeSource, limits: Limits = Limits()) {
        self.time = time
        self.limits = limits
    }

    public func forward(
        from listener: SocketEndpoint, to backends: @escaping @Sendable () async -> [SocketEndpoint],
        onListening: @escaping @Sendable (Int) async -> Void
    ) async throws {
        let table = ConnectionTable(limit: limits.connections)
        let connector = BackendConnector(table: table, time: time, limits: limits, backends: backends)
        let server = try await listen(at: listener, table)
        try await server.executeThenClose { clients in
            await onListening(server.channel.localAddress?.port ?? listener.port)
            try await withTaskCancellationHandler {
                try await serve(clients, connector, table)
            } onCancel: {
                // Attempts to connect end at once, and with them the tasks that wait for them.
                table.close()
            }
        }
    }

    private func serve(
        _ clients: NIOAsyncChannelInboundStream<any Channel>, _ connector: BackendConnector, _ table: ConnectionTable
    ) async throws {
        let result: Result<Void, any Error>
        do {
            try await withThrowingDiscardingTaskGroup { group in
                group.addTask { try await keepCurrent(connector) }
                for try await client in clients {
                    group.addTask { await connector.connect(client) }
                }
                try Task.checkCancellation()
                throw EffectError(.ioError, "the listener was closed")
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await table.closeAndWait()
        try result.get()
    }

    private func keepCurrent(_ connector: BackendConnector) async throws {
        while true {
            try await time.sleep(for: limits.refreshInterval)
            _ = await connector.currentBackends()
        }
    }

    private func listen(
        at endpoint: SocketEndpoint, _ table: ConnectionTable
    ) async throws -> NIOAsyncChannel<any Channel, Never> {
        do {
            return try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .serverChannelOption(.backlog, value: 256)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .bind(host: endpoint.host, port: endpoint.port) { client in
                    guard table.admit(client) else {
                        return client.close().flatMapThrowing { throw ChannelError.operationUnsupported }
                    }
                    return client.eventLoop.makeCompletedFuture {
                        try client.pipeline.syncOperations.addHandler(RelayHandler())
                        return client
                    }
                }
        } catch {
            throw EffectError(error, listeningAt: endpoint)
        }
    }
}

extension EffectError {
    fileprivate init(_ error: any Error, listeningAt endpoint: SocketEndpoint) {
        let code: Code =
            switch error {
            case let error as IOError: Self.code(of: error.errnoCode)
            case is SocketAddressError, is SocketAddressError.UnknownHost: .invalid
            default: .ioError
            }
        self.init(code, "cannot listen at \(endpoint): \(error)")
    }

    private static func code(of number: CInt) -> Code {
        switch number {
        case EADDRINUSE: .busy
        case EACCES, EPERM: .permission
        case EADDRNOTAVAIL, EAFNOSUPPORT, EINVAL: .invalid
        default: .ioError
        }
    }
}
