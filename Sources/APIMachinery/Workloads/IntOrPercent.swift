public import CorbelAPI

/// A count, or a share of a total (Kubernetes' `intstr.IntOrString`).
public enum IntOrPercent: Sendable, Hashable {
    public enum Rounding: Sendable { case up, down }

    case count(Int)
    case percent(Int)

    /// Reads `3` or `"25%"`; `nil` for anything else.
    public init?(_ json: JSONValue?) {
        if let count = json?.intValue, count >= 0 {
            self = .count(count)
        } else if let text = json?.stringValue, text.hasSuffix("%"), let percent = Int(text.dropLast()), percent >= 0 {
            self = .percent(percent)
        } else {
            return nil
        }
    }

    public func value(of total: Int, rounding: Rounding) -> Int {
        switch self {
        case .count(let count): count
        case .percent(let percent): (total * percent + (rounding == .up ? 99 : 0)) / 100
        }
    }
}
