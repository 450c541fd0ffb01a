public import CorbelAPI

/// From when to when a certificate holds, both moments included (RFC 5280, 4.1.2.5).
public struct CertificateValidity: Sendable, Hashable {
    public var notBefore: Timestamp
    public var notAfter: Timestamp

    public init(notBefore: Timestamp, notAfter: Timestamp) {
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    public var lifetime: Duration { notAfter - notBefore }

    /// When less than a third of the lifetime is left, which is when the holder asks for the next certificate: two more
    /// attempts of the same patience fit before the end.
    public var renewalTime: Timestamp { notAfter - lifetime / 3 }

    public func contains(_ moment: Timestamp) -> Bool { notBefore <= moment && moment <= notAfter }

    public func isDueForRenewal(at now: Timestamp) -> Bool { now > renewalTime }
}
