import CorbelAPI
public import Effects
public import Logging

/// What the stand-in's programs take from outside.
public struct StandinEffects: Sendable {
    public var files: any FileReader
    /// The time of the cluster, which may run faster than the world's.
    public var time: any TimeSource
    /// The world's own time: for connections, certificates and leader election, which no demo may hurry.
    public var worldTime: any TimeSource
    public var random: any RandomSource
    public var logger: Logger

    public init(
        files: any FileReader, time: any TimeSource, worldTime: any TimeSource, random: any RandomSource, logger: Logger
    ) {
        self.files = files
        self.time = time
        self.worldTime = worldTime
        self.random = random
        self.logger = logger
    }

    func sayHello(_ part: String, _ kubernetesVersion: String?) {
        let version = kubernetesVersion.map { " \(StandinVersion.text($0))" } ?? ""
        logger.notice("corbel-standin \(part)\(version): a stand-in for demos and tests, not Kubernetes")
    }
}

/// The date of one time and the pace of another.
struct UnhurriedTime: TimeSource {
    let time: any TimeSource
    let pace: any TimeSource

    var now: Timestamp { time.now }
    var uptime: Duration { pace.uptime }
    func sleep(for duration: Duration) async throws { try await pace.sleep(for: duration) }
}
