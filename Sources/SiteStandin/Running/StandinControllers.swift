import ControlLoop
import ControllerRuntime
import CorbelAPI
import Effects
import KubeClient
import PKI

/// The stand-in for kube-controller-manager and kube-scheduler: the one of several that holds the lease.
public struct StandinControllers: Sendable {
    /// How fast another takes over, in the world's time.
    static let leaseDuration: Duration = .seconds(5)
    static let renewDeadline: Duration = .seconds(3)
    static let retryPeriod: Duration = .seconds(1)

    static let reconcilers: [any Reconciler] = [
        DeploymentReconciler(), DaemonSetReconciler(), DisruptionReconciler(), SchedulerReconciler(),
        NodeLifecycleReconciler(), PodCollector(), SigningRequestCollector(),
    ]

    private let configuration: ControllersConfiguration
    private let effects: StandinEffects

    public init(_ configuration: ControllersConfiguration, _ effects: StandinEffects) {
        self.configuration = configuration
        self.effects = effects
    }

    /// Runs until it is cancelled.
    public func run() async throws {
        effects.sayHello("controllers", nil)
        let authority = try await signingAuthority()
        try await configuration.tls.withSender(effects.files) { sender in
            let client = KubeClient(
                server: configuration.apiServerURL, sender: sender, registry: .site,
                userAgent: "corbel-standin-controllers")
            try await lead(client, authority)
        }
    }

    private func signingAuthority() async throws -> CertificateAuthority? {
        guard let files = configuration.signing else { return nil }
        return try CertificateAuthority(
            certificate: PEM(bytes: try await effects.files.pem(files.certificate)),
            privateKey: PEM(bytes: try await effects.files.pem(files.key)))
    }

    private func lead(_ client: KubeClient, _ authority: CertificateAuthority?) async throws {
        let lease = Lease.key(namespace: "kube-system", name: "corbel-standin-controllers")
        let elector = LeaderElector(
            .init(
                identity: "\(configuration.name)_\(effects.random.uuid())", lease: lease,
                leaseDuration: Self.leaseDuration,
                renewDeadline: Self.renewDeadline, retryPeriod: Self.retryPeriod),
            client: client, time: effects.worldTime, random: effects.random, logger: effects.logger)
        let runner = ControllerRunner(
            client: client, reconcilers: Self.reconcilers, time: effects.time, random: effects.random,
            name: "corbel-standin-controllers", logger: effects.logger)
        let signer = authority.map {
            CertificateSigner(
                authority: $0, client: client, time: effects.worldTime, random: effects.random, logger: effects.logger)
        }
        try await elector.run { _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await runner.run() }
                if let signer { group.addTask { try await signer.run() } }
                try await group.next()
                group.cancelAll()
            }
        }
    }
}
