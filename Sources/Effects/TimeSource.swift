public import CorbelAPI

/// The time, and waiting for it.
///
/// Two clocks that must not be mixed: ``now`` is what people and certificates call the time, and it may jump;
/// ``uptime`` only ever grows, and every deadline is counted in it.
public protocol TimeSource: Sendable {
    /// The time of day in Coordinated Universal Time. It jumps when somebody sets the clock.
    var now: Timestamp { get }

    /// How long this boot has been running, suspension not counted. A reboot starts it anew at about zero.
    var uptime: Duration { get }

    /// Waits for `duration` of ``uptime``. Throws `CancellationError` when the task is cancelled, and nothing else.
    func sleep(for duration: Duration) async throws
}
