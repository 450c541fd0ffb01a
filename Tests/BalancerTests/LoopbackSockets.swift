import Effects
import Glibc
import NIOCore
import NIOPosix

@testable import Balancer

typealias Inbound = NIOAsyncChannelInboundStream<ByteBuffer>
typealias Outbound = NIOAsyncChannelOutboundWriter<ByteBuffer>
typealias Socket = NIOAsyncChannel<ByteBuffer, ByteBuffer>

/// Real sockets of a test, over loopback.
enum Loopback {
    private static let halfClosing = Socket.Configuration(isOutboundHalfClosureEnabled: true)

    private static func socket(_ channel: any Channel) -> EventLoopFuture<Socket> {
        channel.eventLoop.makeCompletedFuture {
            try Socket(wrappingChannelSynchronously: channel, configuration: halfClosing)
        }
    }

    /// Runs a server while `body` runs.
    static func serve(
        port: Int = 0, _ handle: @escaping @Sendable (Socket) async throws -> Void,
        during body: (SocketEndpoint) async throws -> Void
    ) async throws {
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .bind(host: "127.0.0.1", port: port, childChannelInitializer: socket)
        let endpoint = SocketEndpoint(host: "127.0.0.1", port: server.channel.localAddress?.port ?? 0)
        try await server.executeThenClose { sockets in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    await withDiscardingTaskGroup { connections in
                        do {
                            for try await socket in sockets {
                                // A connection that breaks is what some tests are about; its client sees it.
                                connections.addTask { try? await handle(socket) }
                            }
                        } catch { connections.cancelAll() }
                        connections.cancelAll()
                    }
                }
                try await body(endpoint)
                group.cancelAll()
            }
        }
    }

    /// A server that says its name, and then repeats what it hears until that ends.
    static func serve(
        _ name: String, port: Int = 0, during body: (SocketEndpoint) async throws -> Void
    ) async throws {
        try await serve(
            port: port,
            { socket in
                try await socket.executeThenClose { inbound, outbound in
                    try await outbound.write(ByteBuffer(string: name))
                    for try await bytes in inbound { try await outbound.write(bytes) }
                    outbound.finish()
                }
            }, during: body)
    }

    static func connect<Answer: Sendable>(
        to endpoint: SocketEndpoint, _ body: (inout Conversation) async throws -> Answer
    ) async throws -> Answer {
        let client = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: endpoint.host, port: endpoint.port, channelInitializer: socket)
        return try await client.executeThenClose { inbound, outbound in
            var conversation = Conversation(input: inbound.makeAsyncIterator(), output: outbound)
            return try await body(&conversation)
        }
    }

    /// An endpoint where nobody listens.
    static func deserted() async throws -> SocketEndpoint {
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = server.localAddress?.port ?? 0
        try await server.close()
        return SocketEndpoint(host: "127.0.0.1", port: port)
    }
}

/// A client's side of a connection.
struct Conversation {
    var input: Inbound.AsyncIterator
    let output: Outbound

    func say(_ text: String) async throws { try await output.write(ByteBuffer(string: text)) }

    func say(count: Int, of byte: UInt8) async throws {
        try await output.write(ByteBuffer(repeating: byte, count: count))
    }

    /// Reads until so many bytes have come, or the end.
    mutating func hear(_ count: Int) async throws -> String {
        var heard = ByteBuffer()
        while heard.readableBytes < count, var bytes = try await input.next() { heard.writeBuffer(&bytes) }
        return String(buffer: heard)
    }

    /// Reads what comes next; nothing where the connection ends.
    mutating func hearOnce() async -> String {
        do {
            return try await input.next().map { String(buffer: $0) } ?? ""
        } catch {
            return ""
        }
    }

    /// Reads until the end; a connection that was broken off has ended.
    mutating func hearToTheEnd() async -> String {
        var heard = ByteBuffer()
        do {
            while var bytes = try await input.next() { heard.writeBuffer(&bytes) }
        } catch {
            return String(buffer: heard)
        }
        return String(buffer: heard)
    }
}

/// A listener that accepts nobody: its queue is full, so that an attempt to connect stays without an answer.
final class SilentListener: Sendable {
    let endpoint: SocketEndpoint
    private let descriptors: [CInt]

    init() {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let listener = Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(listener, $0, length)
                _ = listen(listener, 0)
                _ = getsockname(listener, $0, &length)
            }
        }
        var descriptors = [listener]
        for _ in 0..<3 {
            let filler = Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    _ = Glibc.connect(filler, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            descriptors.append(filler)
        }
        self.descriptors = descriptors
        endpoint = SocketEndpoint(host: "127.0.0.1", port: Int(UInt16(bigEndian: address.sin_port)))
    }

    deinit { for descriptor in descriptors { _ = Glibc.close(descriptor) } }
}
