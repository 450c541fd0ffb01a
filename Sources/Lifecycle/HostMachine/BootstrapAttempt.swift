import CorbelAPI

/// Which attempt at becoming a member a host is at. Nobody is on site: what failed is tried again by itself, after
/// half a minute first and after a quarter of an hour at last, for as long as the pool wants the host.
struct BootstrapAttempt {
    static let longestDelayInMinutes = 15
    private static let shortestDelay = Duration.seconds(30)

    /// From 1.
    let number: Int
    /// Whether a person has asked for this very attempt.
    let isAskedFor: Bool
    /// Whether the host has been told, and has not failed.
    let isUnderWay: Bool
    /// How long the next attempt is to wait yet; nil where one is under way, or due.
    let delay: Duration?

    init(of host: HostMachine, now: Timestamp) {
        let asked = host.annotation(Annotation.retry).flatMap { Int($0) }
        let state = Self.state(of: host, allowed: asked ?? 1, now: now)
        (number, isUnderWay, delay) = state
        isAskedFor = asked == state.number
    }

    private static func state(
        of host: HostMachine, allowed: Int, now: Timestamp
    ) -> (number: Int, isUnderWay: Bool, delay: Duration?) {
        let told = host.task.flatMap { $0.type == .bootstrap ? Self.number(in: $0.id) : nil }
        guard let told else { return (max(1, allowed), false, nil) }
        guard allowed <= told else { return (allowed, false, nil) }
        guard let status = host.currentTaskStatus, status.phase.isFailure else { return (told, true, nil) }
        let rest = Self.rest(since: status.since, after: told, now: now)
        return rest != nil ? (told, false, rest) : (told + 1, false, nil)
    }

    /// How long the attempt after one that failed is to wait yet; nil where it is due.
    static func rest(since failure: Timestamp?, after attempts: Int, now: Timestamp) -> Duration? {
        let due = (failure ?? now) + pause(after: attempts)
        // A clock that was set back must not hold anybody up for longer than the pause itself.
        let rest = min(due - now, pause(after: attempts))
        return rest > .zero ? rest : nil
    }

    private static func number(in id: String) -> Int { id.split(separator: "-").last.flatMap { Int($0) } ?? 1 }

    private static func pause(after attempts: Int) -> Duration {
        let doubled = shortestDelay * (1 << min(attempts - 1, 6))
        return min(doubled, .seconds(60 * longestDelayInMinutes))
    }
}
