import APIServer
import ControlLoop
import ControllerRuntime
import CorbelAPI
import Effects
import HTTPFront
import HTTPTransport
import Logging
import ResourceClient
import ResourceStore
import StoreEtcd

/// The stand-in for kube-apiserver: Corbel's own API server over etcd, without state of its own. Several run over one
/// etcd cluster.
///
/// It answers from the start; while etcd does not, its answer is 503.
public struct StandinAPIServer: Sendable {
    private static let namespaces = ["default", "kube-system", NodeLifecycleReconciler.leaseNamespace]

    /// Where the API server keeps its objects: the folder of its only tenant.
    private static let root: StoreKey = "/default/"

    private let configuration: APIServerConfiguration
    private let effects: StandinEffects

    public init(_ configuration: APIServerConfiguration, _ effects: StandinEffects) {
        self.configuration = configuration
        self.effects = effects
    }

    /// Serves until it is cancelled. `onListening` is called with the port once connections are accepted.
    public func run(onListening: @escaping @Sendable (Int) async -> Void = { _ in }) async throws {
        effects.sayHello("apiserver", configuration.kubernetesVersion)
        let state = ServerState(kubernetesVersion: configuration.kubernetesVersion)
        let front = try await front(state, onListening)
        try await withEtcdSender { sender in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await front.run() }
                group.addTask { try await serve(state, sender) }
                try await group.next()
                group.cancelAll()
            }
        }
    }

    private func front(
        _ state: ServerState, _ onListening: @escaping @Sendable (Int) async -> Void
    ) async throws -> HTTPFront {
        var authorities: [[UInt8]] = []
        for path in configuration.clientAuthorities { authorities.append(try await effects.files.pem(path)) }
        var hostAuthorities: [[UInt8]] = []
        for path in configuration.hostAuthorities { hostAuthorities.append(try await effects.files.pem(path)) }
        return HTTPFront(
            .init(
                host: configuration.address, port: configuration.port,
                certificate: try await effects.files.pem(configuration.certificate),
                privateKey: try await effects.files.pem(configuration.key),
                clientAuthorities: authorities + hostAuthorities),
            handler: state,
            authenticator: try SiteAuthenticator(
                bundles: authorities, hostBundles: hostAuthorities, time: effects.worldTime),
            logger: effects.logger, onListening: onListening)
    }

    private func withEtcdSender(_ body: (TLSHTTPSender) async throws -> Void) async throws {
        guard let tls = configuration.etcdTLS else { return try await TLSHTTPSender(.init()).use(body) }
        try await tls.withSender(effects.files, usesHTTP2: false, body)
    }

    /// Opens the door once etcd has answered, and keeps house from then on.
    private func serve(_ state: ServerState, _ sender: TLSHTTPSender) async throws {
        let store = try await retrying("connect to etcd") {
            try await EtcdStore.connect(
                .init(endpoints: configuration.etcdEndpoints, root: Self.root), sender: sender, time: effects.worldTime)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await store.run() }
            group.addTask {
                let server = server(over: store, time: effects.time)
                try await retrying("create namespaces") { try await createNamespaces(server) }
                state.open(server, store)
                effects.logger.notice("the stand-in for kube-apiserver serves")
                try await collect(store)
            }
            try await group.next()
            group.cancelAll()
        }
    }

    private func server(over store: EtcdStore, time: any TimeSource) -> APIServer {
        APIServer.site(over: store, time: time, random: effects.random)
    }

    private func createNamespaces(_ server: APIServer) async throws {
        let client = server.client(as: UserInfo.siteServer)
        for name in Self.namespaces {
            do {
                _ = try await client.create(Namespace(name: name), by: "corbel-standin")
            } catch let error as StatusError where error.reason == .alreadyExists {
                continue
            }
        }
    }

    /// One of the servers collects garbage. A pass reads everything, so it keeps the pace of the world.
    private func collect(_ store: EtcdStore) async throws {
        let server = server(over: store, time: UnhurriedTime(time: effects.time, pace: effects.worldTime))
        let collector = ObjectCollector(server: server, logger: effects.logger)
        let lease = Lease.key(namespace: "kube-system", name: "corbel-standin-object-collector")
        let identity = "\(configuration.address):\(configuration.port)_\(effects.random.uuid())"
        let elector = LeaderElector(
            .init(identity: identity, lease: lease), client: server.client(as: UserInfo.siteServer),
            time: effects.worldTime,
            random: effects.random, logger: effects.logger)
        try await elector.run { _ in try await collector.run() }
    }

    /// Repeats what etcd does not answer, until it does.
    private func retrying<Answer>(_ what: String, _ body: () async throws -> Answer) async throws -> Answer {
        while true {
            do {
                return try await body()
            } catch let error as StatusError where error.isTransient {
                effects.logger.info("\(what): \(error.message); trying again")
                try await effects.worldTime.sleep(for: .milliseconds(250))
            }
        }
    }
}
