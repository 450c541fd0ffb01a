import NIOCore

/// One side of a relayed connection. What its channel receives goes out at its partner, which lives on the same event
/// loop.
///
/// | event at this side | what the partner does |
/// |---|---|
/// | bytes arrive | sends them |
/// | the input ends | ends its output, after what is still to be sent |
/// | the channel closes | closes, after what is still to be sent |
/// | it can send again | reads again |
///
/// A side reads only while its partner can send, so a slow receiver holds up its sender and not the memory. Before the
/// two are joined and its partner is up, a side reads nothing; what arrives nevertheless, because the other end closed,
/// is kept.
final class RelayHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var context: ChannelHandlerContext?
    private var joined: RelayHandler?
    private var isUp = false
    private var early: [ByteBuffer] = []
    private var wantsToRead = false
    private var hasInputEnded = false

    /// Joins the two sides of a connection. Both channels live on the event loop that this is called on.
    static func join(_ one: RelayHandler, _ other: RelayHandler) {
        one.joined = other
        other.joined = one
        one.catchUp()
        other.catchUp()
    }

    /// The other side, once it can be written to: a channel that was just accepted may not have come up yet.
    private var partner: RelayHandler? { joined.flatMap { $0.isUp ? $0 : nil } }

    /// Hands on what came before there was a partner.
    private func catchUp() {
        guard let partner else { return }
        for bytes in early { partner.send(bytes) }
        early = []
        partner.flush()
        if hasInputEnded { partner.endOutput() }
        resumeReading()
    }

    // MARK: Called by the partner

    private var canSend: Bool { context?.channel.isWritable ?? false }

    private func send(_ bytes: ByteBuffer) { context?.write(wrapOutboundOut(bytes), promise: nil) }

    private func flush() { context?.flush() }

    private func resumeReading() {
        guard wantsToRead, let context, let partner, partner.canSend else { return }
        wantsToRead = false
        context.read()
    }

    private func endOutput() { afterSending { $0.close(mode: .output, promise: nil) } }

    private func closeWhenSent() { afterSending { $0.close(promise: nil) } }

    /// A channel that is closed, or whose output is when its input has ended before, drops what it has not sent yet. So
    /// both wait behind an empty write.
    private func afterSending(_ act: @escaping @Sendable (any Channel) -> Void) {
        guard let context else { return }
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in act(channel) }
    }

    // MARK: Called by the channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        isUp = context.channel.isActive
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        joined = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        isUp = true
        joined?.catchUp()
        context.fireChannelActive()
    }

    func read(context: ChannelHandlerContext) {
        wantsToRead = true
        resumeReading()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        if let partner { partner.send(bytes) } else { early.append(bytes) }
    }

    func channelReadComplete(context: ChannelHandlerContext) { partner?.flush() }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { partner?.resumeReading() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event as? ChannelEvent == .inputClosed else { return context.fireUserInboundEventTriggered(event) }
        hasInputEnded = true
        partner?.endOutput()
    }

    func channelInactive(context: ChannelHandlerContext) {
        joined?.closeWhenSent()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
