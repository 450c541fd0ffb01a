import CorbelAPI
import FoundationEssentials

/// The certificate library speaks of moments as Foundation's `Date`, to the second.
extension Timestamp {
    init(_ date: Date) { self.init(seconds: Int64(date.timeIntervalSince1970.rounded(.down))) }

    var date: Date { Date(timeIntervalSince1970: Double(microseconds / 1_000_000)) }
}
