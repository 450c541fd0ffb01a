import CorbelAPI

/// How long news may travel before a law asks for it.
enum News {
    /// Agents look every few seconds, watches, queues and the link add theirs.
    static let travel = Duration.seconds(120)
}

extension SimulatedWorld {
    /// Until when news was delayed by more than the ways that it takes.
    var newsIsLateUntil: Timestamp { max(watchesAreSlowUntil, networkIsLossyUntil) }
}
