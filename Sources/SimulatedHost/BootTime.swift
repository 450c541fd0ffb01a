import CorbelAPI
import Effects

/// Time as one boot of a machine counts it: its uptime begins at zero, whatever that of the process that stands in for
/// the machine is.
struct BootTime: TimeSource {
    private let base: any TimeSource
    private let start: Duration

    init(_ base: any TimeSource) {
        self.base = base
        start = base.uptime
    }

    var now: Timestamp { base.now }
    var uptime: Duration { base.uptime - start }

    func sleep(for duration: Duration) async throws { try await base.sleep(for: duration) }
}
