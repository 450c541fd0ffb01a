/// Durations as kubectl prints them: two units at most, and the smaller one only while it matters.
public enum HumanDuration {
    private static let minute: Int64 = 60
    private static let hour: Int64 = 60 * minute
    private static let day: Int64 = 24 * hour
    private static let year: Int64 = 365 * day

    /// Such as `30s`, `5m12s`, `3h20m`, `4d5h` or `2y10d`. Clocks differ a little: less than two seconds into the
    /// future is `0s`.
    public static func text(_ duration: Duration) -> String {
        let seconds = duration.components.seconds
        switch seconds {
        case ..<(-1): return "<invalid>"
        case ..<0: return "0s"
        case ..<(2 * minute): return "\(seconds)s"
        case ..<(10 * minute): return pair(seconds, minute, "m", 1, "s")
        case ..<(3 * hour): return "\(seconds / minute)m"
        case ..<(8 * hour): return pair(seconds, hour, "h", minute, "m")
        case ..<(2 * day): return "\(seconds / hour)h"
        case ..<(8 * day): return pair(seconds, day, "d", hour, "h")
        case ..<(2 * year): return "\(seconds / day)d"
        case ..<(8 * year): return pair(seconds, year, "y", day, "d")
        default: return "\(seconds / year)y"
        }
    }

    private static func pair(
        _ seconds: Int64, _ large: Int64, _ largeUnit: String, _ small: Int64, _ smallUnit: String
    ) -> String {
        let rest = seconds % large / small
        return "\(seconds / large)\(largeUnit)" + (rest == 0 ? "" : "\(rest)\(smallUnit)")
    }
}
