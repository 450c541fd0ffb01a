import Effects
import EffectsLinux

/// Watches whether the machine keeps up while a scenario runs.
actor LoadMonitor {
    private(set) var judgement: LoadJudgement
    private let probe = ProcessorProbe()
    private let time: any TimeSource

    init(speed: Int, time: any TimeSource) {
        judgement = LoadJudgement(speed: speed)
        self.time = time
    }

    /// Runs until it is cancelled.
    func run() async throws {
        while true {
            judgement.add(try await probe.lateness())
            try await time.sleep(for: .milliseconds(225))
        }
    }
}
