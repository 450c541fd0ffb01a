/// Whether a host may go down with its member of etcd, by what is seen at that moment.
///
///     its own member                         the others                          the host
///     not well, soon after a boot            -                                   waits: it may still be starting
///     not well                               -                                   goes: it has nothing to lose
///     well, the only voter, or none          -                                   goes
///     well                                   a majority of all voters is well    goes
///     well                                   fewer                               waits
public struct EtcdDeparture: Sendable, Hashable {
    /// How long after a boot a member may take to be well.
    public static let startingTime = Duration.seconds(120)

    /// Whether the host's own member is well, in its own eyes and in those of its cluster.
    public var isWell: Bool
    /// How long the host has been up.
    public var uptime: Duration
    /// How many members vote, its own among them; 0 where it does not vote, or nobody can tell.
    public var voters: Int
    /// How many of the other voters are well.
    public var healthyOthers: Int

    public init(isWell: Bool, uptime: Duration, voters: Int = 0, healthyOthers: Int = 0) {
        self.isWell = isWell
        self.uptime = uptime
        self.voters = voters
        self.healthyOthers = healthyOthers
    }

    /// Why the host has to wait; nil where it may go.
    public var refusal: HostFailure? {
        guard isWell else {
            if uptime >= Self.startingTime { return nil }
            return HostFailure(.unavailable, "this host's member of etcd may still be starting")
        }
        guard voters > 1, healthyOthers < voters / 2 + 1 else { return nil }
        return HostFailure(
            .unavailable,
            "etcd would lose its quorum without this host: \(healthyOthers) of \(voters - 1) other members are healthy")
    }
}
