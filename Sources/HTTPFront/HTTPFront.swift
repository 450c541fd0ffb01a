public import APIServer
import CorbelAPI
import EffectsLinux
import Hummingbird
import HummingbirdHTTP2
import HummingbirdTLS
public import Logging
import NIOCore
import NIOSSL
public import ServiceLifecycle

#if canImport(Glibc)
    import Glibc
#endif

/// Tells who sends a request.
public protocol Authenticator: Sendable {
    /// The user behind a client certificate (DER, verified against the trusted authorities) or a bearer token; neither
    /// is `UserInfo.anonymous`.
    ///
    /// - Throws: `unauthorized` for credentials that are wrong, rather than missing.
    func authenticate(certificate: [UInt8]?, bearerToken: String?) async throws -> UserInfo
}

/// The one TLS port: HTTP/2 and HTTP/1.1, client certificates welcome and verified when they come.
public struct HTTPFront: Service {
    public struct Configuration: Sendable {
        public var host: String
        /// 0 lets the system choose; `onListening` says which it chose.
        public var port: Int
        /// The server's certificate and its private key, PEM.
        public var certificate: [UInt8]
        public var privateKey: [UInt8]
        /// The authorities whose client certificates are accepted, PEM.
        public var clientAuthorities: [[UInt8]]
        /// The longest body that is read.
        public var bodyLimit: Int
        /// What a watch may have unsent before it has to start anew.
        public var unsentLinesLimit: Int

        public init(
            host: String, port: Int, certificate: [UInt8], privateKey: [UInt8], clientAuthorities: [[UInt8]],
            bodyLimit: Int = 3 << 20, unsentLinesLimit: Int = 4096
        ) {
            self.host = host
            self.port = port
            self.certificate = certificate
            self.privateKey = privateKey
            self.clientAuthorities = clientAuthorities
            self.bodyLimit = bodyLimit
            self.unsentLinesLimit = unsentLinesLimit
        }

        /// HTTP/1.1 without TLS, in which every client is anonymous: for health checks on a loopback address.
        public static func plaintext(host: String, port: Int) -> Configuration {
            Configuration(host: host, port: port, certificate: [], privateKey: [], clientAuthorities: [])
        }

        var isPlaintext: Bool { certificate.isEmpty }
    }

    /// How long requests and watches may go on after the goodbye.
    private static let farewell = Duration.milliseconds(500)

    private let configuration: Configuration
    private let responder: FrontResponder
    private let logger: Logger
    private let onListening: @Sendable (Int) async -> Void

    /// - Parameter onListening: called with the port once connections are accepted.
    public init(
        _ configuration: Configuration, handler: any RequestHandler, authenticator: any Authenticator, logger: Logger,
        onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.logger = logger
        self.onListening = onListening
        responder = FrontResponder(
            handler: handler, authenticator: authenticator, bodyLimit: configuration.bodyLimit,
            unsentLinesLimit: configuration.unsentLinesLimit, isPlaintext: configuration.isPlaintext, logger: logger)
    }

    /// Serves until it is cancelled. It then says goodbye to its clients before it closes: an HTTP/2 connection that is
    /// cut off while a client opens a stream on it ends the whole process (apple/swift-nio#3481).
    public func run() async throws {
        let application = Application(
            responder: responder,
            server: try configuration.isPlaintext
                ? .http1() : .http2Upgrade(tlsConfiguration: try tlsConfiguration()),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port), serverName: "corbel",
                reuseAddress: true),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? 0) },
            logger: transportLogger)
        var settings = ServiceGroupConfiguration(services: [application], logger: transportLogger)
        settings.maximumGracefulShutdownDuration = Self.farewell
        let group = ServiceGroup(configuration: settings)
        do {
            try await OrderlyEnd.run {
                try await group.run()
            } end: {
                await group.triggerGracefulShutdown()
            }
        } catch let error as IOError {
            throw listenFailure(errno: error.errnoCode) ?? error
        } catch let error as SocketAddressError.UnknownHost {
            throw StatusError(
                .invalid,
                "cannot listen on \(address): \"\(configuration.host)\" is no address and no known name (\(error))")
        }
    }

    private var address: String {
        let host = configuration.host
        return "\(host.contains(":") ? "[\(host)]" : host):\(configuration.port)"
    }

    /// Why the address cannot be had; nil for an error of another kind.
    private func listenFailure(errno code: CInt) -> (any Error)? {
        switch code {
        case EADDRINUSE:
            StatusError(
                .conflict, "cannot listen on \(address): another program has it; choose another port with --listen")
        case EADDRNOTAVAIL:
            StatusError(
                .invalid,
                "cannot listen on \(address): \(configuration.host) is no address of this machine; "
                    + "0.0.0.0 stands for all that it has")
        case EACCES:
            StatusError(
                .invalid,
                "cannot listen on \(address): the system keeps the port \(configuration.port) from this user; "
                    + "ports from 1024 are free to all")
        default: nil
        }
    }

    /// The transport reports every connection that ends early as an error. Those are the clients' business; they are
    /// shown to those who ask for details.
    private var transportLogger: Logger {
        var logger = logger
        if logger.logLevel > .debug { logger.logLevel = .critical }
        return logger
    }

    private func tlsConfiguration() throws -> TLSConfiguration {
        let chain = try NIOSSLCertificate.fromPEMBytes(configuration.certificate).map(
            NIOSSLCertificateSource.certificate)
        let key = try NIOSSLPrivateKey(bytes: configuration.privateKey, format: .pem)
        var tls = TLSConfiguration.makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key))
        tls.minimumTLSVersion = .tlsv12
        tls.applicationProtocols = ["h2", "http/1.1"]
        tls.certificateVerification = .optionalVerification
        let authorities = try configuration.clientAuthorities.flatMap { try NIOSSLCertificate.fromPEMBytes($0) }
        tls.trustRoots = .certificates(authorities)
        return tls
    }
}
