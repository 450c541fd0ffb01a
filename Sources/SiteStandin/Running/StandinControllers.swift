import ControlLoop
import ControllerRuntime
import CorbelAPI
import Effects
import KubeClient

/// The stand-in for kube-controller-manager and kube-scheduler: the one of several that holds the lease.
public struct StandinControllers: Sendable {
    /// How fast another takes over, in the world's time.
    static let leaseDuration: Duration = .seconds(5)
    static let renewDeadline: Duration = .seconds(3)
    static let retryPeriod: Duration = .seconds(1)

    static let reconcilers: [any Reconciler] = [
        DeploymentReconciler(), DaemonSetReconciler(), DisruptionReconciler(), SchedulerReconciler(),
        NodeLifecycleReconciler(), PodCollector(),
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
        try await configuration.tls.withSender(effects.files) { sender in
            let client = KubeClient(
                server: configuration.apiServerURL, sender: sender, registry: .site,
                userAgent: "corbel-standin-controllers")
            try await lead(client)
        }
    }

    private func lead(_ client: KubeClient) async throws {
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
        try await elector.run { _ in try await runner.run() }
    }
}
