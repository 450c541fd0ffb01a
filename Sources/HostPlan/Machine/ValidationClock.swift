/// Counts the uptime that a host has had to become healthy in, over reboots.
///
/// It adds up what it has been told, so that it needs neither a wall clock nor the moment at which the counting began.
/// What was not written to the journal before a power cut is lost, and that is at most one checkpoint a boot.
public struct ValidationClock: Sendable, Hashable {
    /// The boot that is counted now, and how far into it has been counted.
    public var bootID: String
    public var countedTo: Duration
    /// Everything counted.
    public var elapsed: Duration
    /// The part in which the cluster kept the host from being healthy. It extends the deadline and not the hard limit.
    public var excused: Duration

    public init(bootID: String, uptime: Duration) {
        self.bootID = bootID
        countedTo = uptime
        elapsed = .zero
        excused = .zero
    }

    /// Counts up to `uptime`. After a reboot, all of the new boot counts.
    mutating func advance(bootID: String, uptime: Duration, isExcused: Bool) {
        if bootID != self.bootID {
            self.bootID = bootID
            countedTo = .zero
        }
        let passed = max(.zero, uptime - countedTo)
        countedTo = max(countedTo, uptime)
        elapsed += passed
        if isExcused { excused += passed }
    }

    /// What counts against the deadline.
    var charged: Duration { elapsed - excused }
}
