/// Passes TCP connections on to whichever of several servers answers, so that a client needs one address that is always
/// there.
public protocol ConnectionBalancer: Sendable {
    /// Listens until the task is cancelled, and has closed the listener and every connection when it returns.
    ///
    /// Each connection that comes in goes to the first backend that accepts one. What either side sends reaches the
    /// other, the end of one direction included; a side that ends or breaks ends the other after what it had sent. When
    /// the backend of a connection is no longer in the list, the connection is closed, so that its client comes again
    /// and gets another. An empty list is no news, and leaves connections as they are.
    ///
    /// - Parameters:
    ///   - listener: where to listen; the port 0 takes a free one.
    ///   - backends: the servers in order of preference, asked for at each connection and at regular intervals.
    ///   - onListening: told the port once clients can connect.
    /// - Throws: `busy` when the port is in use, `permission` when it may not be taken, `invalid` when the address is
    ///   not this machine's or is none, `ioError` when the listener breaks later; `CancellationError` at the end.
    func forward(
        from listener: SocketEndpoint, to backends: @escaping @Sendable () async -> [SocketEndpoint],
        onListening: @escaping @Sendable (Int) async -> Void
    ) async throws
}
