public import CorbelAPI
import Synchronization

/// Remembers whom certificates that were accepted name, so that their signatures are not checked at each request.
///
/// Only what an authority vouches for is remembered, and a certificate that has ended since is judged anew.
public final class AcceptedCertificates<Identity: Sendable>: Sendable {
    private struct Entry {
        var identity: Identity
        var validity: CertificateValidity
    }

    private let limit: Int
    private let entries = Mutex<[[UInt8]: Entry]>([:])

    /// - Parameter limit: how many certificates are remembered.
    public init(limit: Int = 4096) { self.limit = limit }

    /// The identity of a certificate: the remembered one, or what `judge` makes of it.
    ///
    /// - Throws: what `judge` throws.
    public func identity(
        of der: [UInt8], at now: Timestamp, judge: (CertificateInfo) throws -> Identity
    ) throws -> Identity {
        if let known = entries.withLock({ $0[der] }), known.validity.contains(now) { return known.identity }
        let info = try CertificateInfo(der: der)
        let identity = try judge(info)
        entries.withLock { entries in
            // Rarely full; who is still there comes back at once.
            if entries.count >= limit { entries.removeAll() }
            entries[der] = Entry(identity: identity, validity: info.validity)
        }
        return identity
    }
}
