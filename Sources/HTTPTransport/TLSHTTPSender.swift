import AsyncHTTPClient
import CorbelAPI
public import Effects
import NIOCore
import NIOFoundationEssentialsCompat
import NIOHTTP1
import NIOSSL

/// Sends requests over TLS, with a client certificate where one is configured. It is the project's only user of
/// AsyncHTTPClient.
public struct TLSHTTPSender: HTTPSender {
    /// Who we are and whom we trust.
    public struct Identity: Sendable, Hashable {
        /// The authorities whose servers are trusted, PEM; empty trusts the system's.
        public var authorities: [UInt8]
        /// The client certificate and its key, PEM; empty for none.
        public var certificate: [UInt8]
        public var privateKey: [UInt8]

        public init(authorities: [UInt8] = [], certificate: [UInt8] = [], privateKey: [UInt8] = []) {
            self.authorities = authorities
            self.certificate = certificate
            self.privateKey = privateKey
        }
    }

    /// How many connections there may be to a server that does not speak HTTP/2, where each carries one request at a
    /// time, or one stream for as long as that is read.
    private static let connectionsPerServer = 64

    private let connections: Connections

    private var client: HTTPClient { connections.client }

    /// - Parameter usesHTTP2: whether HTTP/2 is spoken where the server offers it. One connection then carries all
    ///   requests, and a server that is slow in one of them, as etcd's gateway is in a watch, holds up the others.
    /// - Throws: `invalid` where a certificate or a key cannot be read.
    public init(_ identity: Identity, connectTimeout: Duration = .seconds(5), usesHTTP2: Bool = true) throws {
        var configuration = HTTPClient.Configuration()
        configuration.tlsConfiguration = try Self.tls(identity)
        configuration.timeout.connect = TimeAmount(connectTimeout)
        configuration.httpVersion = usesHTTP2 ? .automatic : .http1Only
        configuration.redirectConfiguration = .disallow
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = Self.connectionsPerServer
        connections = Connections(HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration))
    }

    /// Closes all connections now, rather than when the last copy of the sender is gone.
    public func shutdown() async { try? await client.shutdown() }

    private static func tls(_ identity: Identity) throws -> TLSConfiguration {
        do {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.minimumTLSVersion = .tlsv12
            if !identity.authorities.isEmpty {
                tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(identity.authorities))
            }
            if !identity.certificate.isEmpty {
                tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(identity.certificate).map { .certificate($0) }
                tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: identity.privateKey, format: .pem))
            }
            return tls
        } catch {
            throw StatusError(.invalid, "a certificate or a private key is no PEM that can be read: \(error)")
        }
    }

    public func send(_ call: HTTPCall, limit: Int) async throws -> HTTPReply {
        try await mappingErrors(of: call) {
            let response = try await client.execute(request(call), timeout: TimeAmount(call.timeout))
            let body = try await response.body.collect(upTo: limit)
            return HTTPReply(
                status: Int(response.status.code), headers: headers(of: response), body: Array(body.readableBytesView))
        }
    }

    public func open(_ call: HTTPCall) async throws -> HTTPStream {
        try await mappingErrors(of: call) {
            let response = try await client.execute(request(call), deadline: .distantFuture)
            let chunks = ChunkReader(body: response.body, url: call.url)
            return HTTPStream(
                status: Int(response.status.code), headers: headers(of: response),
                body: AsyncThrowingStream(unfolding: { try await chunks.next() }))
        }
    }

    private func request(_ call: HTTPCall) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: call.url)
        request.method = HTTPMethod(rawValue: call.method)
        for header in call.headers { request.headers.add(name: header.name, value: header.value) }
        if !call.body.isEmpty { request.body = .bytes(ByteBuffer(bytes: call.body)) }
        return request
    }

    private func headers(of response: HTTPClientResponse) -> [HTTPCall.Header] {
        response.headers.map { HTTPCall.Header($0.name, $0.value) }
    }

    private func mappingErrors<Answer>(of call: HTTPCall, _ body: () async throws -> Answer) async throws -> Answer {
        do {
            return try await body()
        } catch {
            throw Self.mapped(error, url: call.url)
        }
    }

    static func mapped(_ error: any Error, url: String) -> any Error {
        switch error {
        case is StatusError: return error
        case is CancellationError where Task.isCancelled: return error
        case let error as HTTPClientError where error == .cancelled && Task.isCancelled: return CancellationError()
        case let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout:
            return StatusError(.timeout, "\(url) did not answer in time")
        case is NIOTooManyBytesError: return StatusError(.requestEntityTooLarge, "the answer of \(url) is too long")
        default: return StatusError(.serviceUnavailable, "\(url) cannot be reached: \(error)")
        }
    }
}

/// The connections of a sender, closed when its last copy is gone.
private final class Connections: Sendable {
    let client: HTTPClient

    init(_ client: HTTPClient) { self.client = client }

    deinit {
        // The client lives until it has closed them. Nothing can be done about one that does not close.
        client.shutdown { _ in }
    }
}

/// The body of an answer, chunk by chunk. An iterator has state that outlives a call: hence an actor.
private actor ChunkReader {
    private var iterator: HTTPClientResponse.Body.AsyncIterator?
    private let url: String

    init(body: HTTPClientResponse.Body, url: String) {
        iterator = body.makeAsyncIterator()
        self.url = url
    }

    func next() async throws -> [UInt8]? {
        guard var iterator else { return nil }
        self.iterator = nil
        do {
            let chunk = try await iterator.next(isolation: self)
            self.iterator = iterator
            return chunk.map { Array($0.readableBytesView) }
        } catch {
            throw TLSHTTPSender.mapped(error, url: url)
        }
    }
}
