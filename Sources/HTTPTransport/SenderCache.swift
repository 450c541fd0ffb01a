import Synchronization

/// One sender for each identity, so that connections are used again.
///
/// An identity changes when a certificate is renewed. Only the newest few are kept.
public final class SenderCache: Sendable {
    private static let limit = 8

    private let senders = Mutex<[(identity: TLSHTTPSender.Identity, sender: TLSHTTPSender)]>([])

    public init() {}

    /// - Throws: `invalid` where a certificate or a key cannot be read.
    public func sender(for identity: TLSHTTPSender.Identity) throws -> TLSHTTPSender {
        try senders.withLock { senders in
            if let known = senders.first(where: { $0.identity == identity }) { return known.sender }
            let sender = try TLSHTTPSender(identity)
            senders = Array(([(identity, sender)] + senders).prefix(Self.limit))
            return sender
        }
    }
}
