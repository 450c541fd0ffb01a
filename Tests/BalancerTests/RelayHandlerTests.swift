import NIOCore
import NIOEmbedded
import Testing

@testable import Balancer

@Suite("Relaying between two channels")
struct RelayHandlerTests {
    /// Two channels that remember how often they were asked to read, and whether their output was ended.
    private struct Pair {
        let client: EmbeddedChannel
        let backend: EmbeddedChannel
        let clientLog = OutboundLog()
        let backendLog = OutboundLog()

        init() throws {
            let loop = EmbeddedEventLoop()
            client = EmbeddedChannel(handlers: [clientLog, RelayHandler()], loop: loop)
            backend = EmbeddedChannel(handlers: [backendLog, RelayHandler()], loop: loop)
            for channel in [client, backend] {
                channel.allowRemoteHalfClosure = true
                try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
            }
        }

        func join() throws {
            RelayHandler.join(
                try client.pipeline.syncOperations.handler(type: RelayHandler.self),
                try backend.pipeline.syncOperations.handler(type: RelayHandler.self))
        }
    }

    private final class OutboundLog: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer

        private(set) var readCount = 0
        private(set) var hasEndedOutput = false

        func read(context: ChannelHandlerContext) {
            readCount += 1
            context.read()
        }

        func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
            guard mode == .output else { return context.close(mode: mode, promise: promise) }
            hasEndedOutput = true
            promise?.succeed(())
        }
    }

    private func text(_ channel: EmbeddedChannel) throws -> String {
        var text = ""
        while let bytes = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: bytes) }
        return text
    }

    @Test("nothing is read before the two are joined, and both are read after")
    func readsWhenJoined() throws {
        let pair = try Pair()
        pair.client.read()
        pair.backend.read()
        #expect(pair.clientLog.readCount == 0)
        try pair.join()
        #expect(pair.clientLog.readCount == 1)
        #expect(pair.backendLog.readCount == 1)
    }

    @Test("what arrives before the two are joined is handed on in order, and then the end of the input")
    func earlyBytes() throws {
        let pair = try Pair()
        try pair.client.writeInbound(ByteBuffer(string: "one "))
        try pair.client.writeInbound(ByteBuffer(string: "two"))
        pair.client.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        try pair.join()
        #expect(try text(pair.backend) == "one two")
        #expect(pair.backendLog.hasEndedOutput)
        #expect(!pair.clientLog.hasEndedOutput)
    }

    @Test("a side is read no further while the other cannot send, and goes on when it can")
    func backpressure() throws {
        let pair = try Pair()
        try pair.join()
        let before = pair.clientLog.readCount
        pair.backend.isWritable = false
        pair.client.read()
        #expect(pair.clientLog.readCount == before)
        pair.backend.isWritable = true
        pair.backend.pipeline.fireChannelWritabilityChanged()
        #expect(pair.clientLog.readCount == before + 1)
    }

    @Test("the end of one direction leaves the other")
    func halfClose() throws {
        let pair = try Pair()
        try pair.join()
        pair.client.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(pair.backendLog.hasEndedOutput)
        try pair.backend.writeInbound(ByteBuffer(string: "answer"))
        #expect(try text(pair.client) == "answer")
    }

    @Test("a side that closes closes the other after what it had sent")
    func closes() throws {
        let pair = try Pair()
        try pair.join()
        try pair.backend.writeInbound(ByteBuffer(string: "last words"))
        try pair.backend.close().wait()
        #expect(!pair.client.isActive)
        #expect(try text(pair.client) == "last words")
    }

    @Test("an error closes both")
    func errors() throws {
        let pair = try Pair()
        try pair.join()
        pair.client.pipeline.fireErrorCaught(ChannelError.operationUnsupported)
        #expect(!pair.client.isActive)
        #expect(!pair.backend.isActive)
    }
}
