/// Whether a machine keeps up with a run, judged by how late programs get what they ask it for.
///
/// One late answer is a hiccup; a machine is too slow when, over a while, every tenth is late.
public struct LoadJudgement: Sendable, Hashable, CustomStringConvertible {
    /// How many samples are looked at together: a quarter of a second lies between two.
    static let windowLength = 40
    /// How late every tenth answer may be, in the time that the cluster lives by. Its leases allow for ten seconds.
    private static let limitInClusterTime = Duration.seconds(2)

    /// How late every tenth answer may be.
    public var limit: Duration
    /// How late every tenth answer was, in the worst while.
    public private(set) var worst = Duration.zero
    private var window: [Duration] = []

    /// - Parameter speed: how many times faster than the clock the cluster's time runs.
    public init(speed: Int) { limit = Self.limitInClusterTime / speed }

    public var isOverloaded: Bool { worst > limit }

    public mutating func add(_ lateness: Duration) {
        window.append(lateness)
        if window.count > Self.windowLength { window.removeFirst() }
        guard window.count == Self.windowLength else { return }
        worst = max(worst, window.sorted()[Self.windowLength * 9 / 10])
    }

    public var description: String {
        "every tenth answer came \(Self.milliseconds(worst)) ms late, and \(Self.milliseconds(limit)) ms are allowed"
    }

    private static func milliseconds(_ duration: Duration) -> Int64 {
        duration / .milliseconds(1) > 0 ? Int64(duration / .milliseconds(1)) : 0
    }
}
