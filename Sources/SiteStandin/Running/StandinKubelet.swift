import APIMachinery
import APIServer
import ControllerRuntime
import CorbelAPI
import Effects
import HTTPFront
import KubeClient
import Logging
import ResourceClient
import Synchronization

/// The stand-in for a kubelet: registers its node, renews its lease, and runs the pods of the node as tables say.
public struct StandinKubelet: Sendable {
    private static let manager = "standin-kubelet"
    /// Between two renewals of the lease.
    private static let renewal: Duration = .seconds(10)
    /// Between two looks at the file that may make the node sick.
    private static let look: Duration = .seconds(1)

    private let configuration: KubeletConfiguration
    private let effects: StandinEffects

    public init(_ configuration: KubeletConfiguration, _ effects: StandinEffects) {
        self.configuration = configuration
        self.effects = effects
    }

    /// Runs until it is cancelled. `onListening` is called with the port of `/healthz`.
    public func run(onListening: @escaping @Sendable (Int) async -> Void = { _ in }) async throws {
        effects.sayHello("kubelet \(configuration.nodeName)", configuration.kubernetesVersion)
        try await configuration.tls.withSender(effects.files) { sender in
            let client = KubeClient(
                server: configuration.apiServerURL, sender: sender, registry: .site, userAgent: Self.manager)
            try await run(client, onListening)
        }
    }

    private func run(_ client: KubeClient, _ onListening: @escaping @Sendable (Int) async -> Void) async throws {
        let health = KubeletHealth(configuration.healthFile, effects.files)
        let front = HTTPFront(
            .plaintext(host: configuration.healthAddress, port: configuration.healthPort), handler: health,
            authenticator: Anybody(), logger: effects.logger, onListening: onListening)
        let pods = ControllerRunner(
            client: client, reconcilers: [PodReconciler(settings: configuration.podSettings)], time: effects.time,
            random: effects.random, name: Self.manager, logger: effects.logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await front.run() }
            group.addTask { try await keepNode(client, health) }
            group.addTask { try await pods.run() }
            try await group.next()
            group.cancelAll()
        }
    }

    // MARK: The node

    /// Registers the node once, and keeps its lease and its status for as long as it is there. A node that somebody
    /// deletes stays deleted until the kubelet starts anew, as with Kubernetes' own.
    private func keepNode(_ client: KubeClient, _ health: KubeletHealth) async throws {
        var isRegistered = false
        var said: NodeHealth?
        var renewed: Timestamp?
        while true {
            let current = await health.look()
            let isDue = renewed.map { effects.time.now - $0 >= Self.renewal } ?? true
            if isDue || current != said {
                do {
                    let report = NodeReport(configuration: configuration, health: current, now: effects.time.now)
                    if !isRegistered { try await register(report, client) }
                    isRegistered = true
                    try await refresh(report, client)
                    renewed = report.now
                    said = current
                } catch let error as StatusError {
                    effects.logger.info("node \(configuration.nodeName): \(error.message); trying again")
                }
            }
            try await effects.time.sleep(for: Self.look)
        }
    }

    private func register(_ report: NodeReport, _ client: KubeClient) async throws {
        let present = try await client.find(Node.self, name: configuration.nodeName)
        let wanted = report.registration(over: present)
        if present == nil {
            _ = try await client.create(wanted, by: Self.manager)
        } else if wanted != present {
            _ = try await client.update(wanted, by: Self.manager)
        }
    }

    private func refresh(_ report: NodeReport, _ client: KubeClient) async throws {
        let node = try await client.find(Node.self, name: configuration.nodeName)
        try await renewLease(report, node, client)
        guard let node else { return }
        let reported = report.status(of: node)
        if reported.status != node.status { _ = try await client.updateStatus(reported, by: Self.manager) }
        for component in configuration.staticPods { try await mirror(component, on: node, client) }
    }

    private func renewLease(_ report: NodeReport, _ node: Node?, _ client: KubeClient) async throws {
        let present = try await client.find(
            Lease.self, namespace: NodeLifecycleReconciler.leaseNamespace, name: configuration.nodeName)
        let renewal = report.renewal(of: present, owner: node)
        if present == nil {
            _ = try await client.create(renewal, by: Self.manager)
        } else {
            _ = try await client.update(renewal, by: Self.manager)
        }
    }

    /// Shows a static pod in the API. One of another version is taken away first.
    private func mirror(_ component: String, on node: Node, _ client: KubeClient) async throws {
        let image = "registry.k8s.io/\(component):\(StandinVersion.text(configuration.kubernetesVersion))"
        let wanted = MirrorPod.make(component, on: node, image: image)
        let present = try await client.find(Pod.self, namespace: MirrorPod.namespace, name: wanted.name)
        if let present, present.annotations != wanted.annotations || present.controllerReference?.uid != node.uid {
            var options = DeleteOptions()
            options.gracePeriodSeconds = 0
            options.preconditions.uid = present.uid
            try await client.delete(present.key, options)
        }
        if present?.annotations != wanted.annotations || present?.controllerReference?.uid != node.uid {
            _ = try await client.create(wanted, by: Self.manager)
        }
    }
}

/// What the file beside the configuration says, and `/healthz` after it.
final class KubeletHealth: RequestHandler {
    private let path: String
    private let files: any FileReader
    private let last = Mutex(NodeHealth())

    init(_ path: String, _ files: any FileReader) {
        self.path = path
        self.files = files
    }

    /// Reads the file. Without one the node is well; one that cannot be read leaves the last word standing.
    func look() async -> NodeHealth {
        do {
            let health = NodeHealth(json: try JSONValue(parsing: try await files.read(path, limit: 1 << 16)))
            last.withLock { $0 = health }
        } catch let error as EffectError where error.code == .notFound {
            last.withLock { $0 = NodeHealth() }
        } catch {
            return last.withLock { $0 }
        }
        return last.withLock { $0 }
    }

    func handle(_ request: APIRequest) async -> APIResponse {
        guard request.path == "/healthz" else {
            return .failure(StatusError(.notFound, "a stand-in's kubelet answers /healthz alone"))
        }
        let sickness = await look().sickness
        return .document(
            .init(status: sickness == nil ? 200 : 500, contentType: "text/plain", body: Array((sickness ?? "ok").utf8)))
    }
}

/// Health is for everybody on the loopback address.
private struct Anybody: Authenticator {
    func authenticate(certificate: [UInt8]?, bearerToken: String?) async throws -> UserInfo { .anonymous }
}
