public import APIServer
import Audit
import CorbelAPI
public import Effects
import HTTPFront
import HostRegistration
import KubeClient
public import Logging
import PKI
import Registry
import ResourceClient
public import ResourceStore
import ServiceLifecycle

/// The management plane in one process: API server, registration, health, and what looks after them.
public struct CentreServer: Sendable {
    public struct Configuration: Sendable {
        public var dataDirectory: String
        public var host: String
        public var port: Int
        /// Further names and addresses that clients reach the centre under.
        public var alternativeNames: [String]
        /// A host that is silent for this long is unreachable.
        public var heartbeatTimeout: Duration
        public var version: String

        public init(
            dataDirectory: String, host: String, port: Int, alternativeNames: [String] = [],
            heartbeatTimeout: Duration = .seconds(300), version: String
        ) {
            self.dataDirectory = dataDirectory
            self.host = host
            self.port = port
            self.alternativeNames = alternativeNames
            self.heartbeatTimeout = heartbeatTimeout
            self.version = version
        }
    }

    /// What people are told once the centre serves.
    public struct Readiness: Sendable {
        public var url: String
        public var kubeconfigPath: String
    }

    /// Something that runs beside the server for as long as it serves, with a client that may do everything.
    public typealias Companion = @Sendable (APIServer) async throws -> Void

    private let configuration: Configuration
    private let files: any FileStore
    private let time: any TimeSource
    private let random: any RandomSource
    private let plugins: [any AdmissionPlugin]
    private let rehearser: (any UpdateRehearser)?
    private let logger: Logger

    /// - Parameter rehearser: Tries updates out before they are approved; without one they bear no forecast.
    public init(
        _ configuration: Configuration, files: any FileStore, time: any TimeSource, random: any RandomSource,
        plugins: [any AdmissionPlugin] = [], rehearser: (any UpdateRehearser)? = nil, logger: Logger
    ) {
        self.configuration = configuration
        self.files = files
        self.time = time
        self.random = random
        self.plugins = plugins
        self.rehearser = rehearser
        self.logger = logger
    }

    /// The user as which the server itself and its reconcilers act.
    public static let systemUser = UserInfo(name: "system:corbel", groups: [UserInfo.mastersGroup])

    /// Makes the data directory, or checks it: before the store in it is opened.
    public func prepare() async throws { try await directory.prepare() }

    /// Checks that the store is still where this directory has served from: after ``prepare()``, before a store in
    /// files is opened.
    ///
    /// - Throws: `invalid` where it is gone: an empty one in its place would forget every host and cluster.
    public func checkStore() async throws { try await directory.checkStore() }

    public var storePath: String { directory.storePath }

    private var directory: DataDirectory {
        DataDirectory(path: configuration.dataDirectory, files: files, random: random, time: time)
    }

    /// Serves until it is cancelled.
    public func run(
        store: any ResourceStore, companions: [Companion] = [], onReady: @escaping @Sendable (Readiness) async -> Void
    ) async throws {
        let authority = try await directory.authority()
        let access = AccessControl(
            store: store, reader: StoreReader(store: store, time: time, random: random, version: configuration.version),
            tokens: AccessTokenVerifier(try await directory.tokenSigner().verifier), authority: authority, time: time,
            logger: logger)
        let server = apiServer(store, access, signer: try await directory.signer())
        let client = server.client(as: Self.systemUser)
        try await BootstrapObjects(client: client).create()
        try await access.bootstrap(client)
        let audit = try await AuditLog.open(
            AuditDirectory(path: directory.auditPath), files: files, time: time, version: configuration.version,
            logger: logger)
        let monitor = HeartbeatMonitor(
            .init(timeout: configuration.heartbeatTimeout), client: client, time: time, logger: logger)
        let registration = RegistrationHandler(
            client: client, authority: authority, time: time, random: random, monitor: monitor)
        let health = HealthHandler(store: store, logger: logger)
        let metrics = RequestMetrics(registry: .centre)
        let images = ImageRegistry(directory: configuration.dataDirectory + "/images", files: files)
        let router = PathRouter([
            "/": server, ImageRegistry.pathPrefix: images, PivotHandler.pathPrefix: PivotHandler(client: client),
            RegistrationHandler.pathPrefix: registration,
            "/livez": health, "/healthz": health, "/readyz": health,
            "/metrics": MetricsPage(metrics: metrics, store: store, authorizer: access.authorizer),
        ])
        let audited = AuditHandler(
            ImpersonationHandler(router, authorizer: access.authorizer), log: audit, time: time,
            unwatchedPaths: [RegistrationHandler.pathPrefix + "heartbeat"])
        let (failures, failed) = AsyncStream.makeStream(of: (any Error).self)
        let handler = MetricsHandler(audited, metrics: metrics, time: time)
        let front = try await front(handler, access.authenticator, authority) { [directory] url, kubeconfig in
            do {
                try await directory.writeKubeconfig(kubeconfig)
                await onReady(Readiness(url: url, kubeconfigPath: directory.kubeconfigPath))
            } catch {
                failed.yield(error)
            }
        }
        let collector = ObjectCollector(server: server, logger: logger)
        let controllers = CentreControllers(
            client: client, rehearser: rehearser, images: images, time: time, random: random, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await front.run() }
            // A centre that nobody can find is none.
            group.addTask { for await failure in failures { throw failure } }
            group.addTask { try await monitor.run() }
            group.addTask { try await collector.run() }
            group.addTask { try await controllers.run() }
            group.addTask { try await access.run(client) }
            group.addTask { try await audit.run() }
            for companion in companions { group.addTask { try await companion(server) } }
            try await group.next()
            group.cancelAll()
            // Every part runs for as long as the centre does: one that ends by itself is a fault, and the others end
            // with it.
            try Task.checkCancellation()
            throw StatusError(.internalError, "a part of the centre ended by itself; the log says more")
        }
    }

    private func apiServer(_ store: any ResourceStore, _ access: AccessControl, signer: Signer) -> APIServer {
        let serverConfiguration = APIServer.Configuration(
            registry: .centre, authorizer: access.authorizer,
            plugins: [access.admission, ProfileAdmission(), PoolAdmission(), RevisionAdmission(signer: signer)]
                + plugins,
            version: configuration.version,
            tokenReviewer: { [authenticator = access.authenticator] in try authenticator.user(ofToken: $0) })
        return APIServer(serverConfiguration, store: store, clock: time, random: random)
    }

    private func front(
        _ handler: any RequestHandler, _ authenticator: CentreAuthenticator, _ authority: CertificateAuthority,
        _ onListening: @escaping @Sendable (_ url: String, Kubeconfig) async -> Void
    ) async throws -> HTTPFront {
        let names = ["localhost", "127.0.0.1", "::1", configuration.host] + configuration.alternativeNames
        let profile = CertificateProfile.server("corbel", reachedAs: names)
        let year = Duration.seconds(365 * 86_400)
        let serving = try await directory.certificate("server", profile, of: authority, validity: year)
        let admin = try await directory.certificate(
            "admin", .client("corbel:admin", organizations: [UserInfo.mastersGroup]), of: authority, validity: year)
        let host = ["0.0.0.0", "::"].contains(configuration.host) ? "127.0.0.1" : configuration.host
        return HTTPFront(
            .init(
                host: configuration.host, port: configuration.port, certificate: serving.certificate.bytes,
                privateKey: serving.key.bytes, clientAuthorities: [authority.certificate.bytes]),
            handler: handler, authenticator: authenticator, logger: logger,
            onListening: { port in
                let url = "https://\(host.contains(":") ? "[\(host)]" : host):\(port)"
                let kubeconfig = Kubeconfig(
                    name: "corbel", server: url, authority: authority.certificate.bytes, userName: "corbel-admin",
                    certificate: admin.certificate.bytes, privateKey: admin.key.bytes)
                await onListening(url, kubeconfig)
            })
    }
}

/// Reads objects for the authorizer, which exists before the server does.
struct StoreReader: Sendable {
    private let server: APIServer

    init(store: any ResourceStore, time: any TimeSource, random: any RandomSource, version: String) {
        server = APIServer(
            .init(registry: .centre, authorizer: MastersAuthorizer(), version: version), store: store, clock: time,
            random: random)
    }

    func read(_ key: ObjectKey, as user: UserInfo) async throws -> Unstructured? {
        do {
            return try await server.client(as: user).get(key)
        } catch let error as StatusError where error.reason == .notFound {
            return nil
        }
    }
}

/// What is there from the start: the namespaces `default` and `kube-system`.
struct BootstrapObjects: Sendable {
    let client: any ResourceClient

    func create() async throws {
        for name in ["default", "kube-system"] {
            do {
                _ = try await client.create(Namespace(name: name), by: "corbel")
            } catch let error as StatusError where error.reason == .alreadyExists {
                continue
            }
        }
    }
}
