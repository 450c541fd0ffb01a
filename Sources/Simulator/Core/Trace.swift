import CorbelAPI

/// The story of a run: a line for what a person would tell, and a hash over everything, so that two runs of one seed
/// can be compared.
struct Trace {
    /// Over every line, kept or not.
    private(set) var hash: UInt64 = 0
    private(set) var lines: [String] = []
    private let start: Timestamp
    private let keepsLines: Bool

    init(from start: Timestamp, keepsLines: Bool) {
        self.start = start
        self.keepsLines = keepsLines
    }

    mutating func tell(_ line: String, at moment: Timestamp) {
        mix(StableHash.of(line.utf8) &+ UInt64(bitPattern: (moment - start).milliseconds))
        if keepsLines { lines.append("\(Self.clock(moment - start))  \(line)") }
    }

    /// Takes into the hash what is not worth a line.
    mutating func mix(_ number: UInt64) { hash = (hash ^ number) &* 0x9E37_79B9_7F4A_7C15 }

    /// Hours, minutes, seconds and milliseconds since the start.
    private static func clock(_ passed: Duration) -> String {
        let total = passed.milliseconds
        func padded(_ number: Int64, _ width: Int) -> String {
            String(repeating: "0", count: max(0, width - String(number).count)) + String(number)
        }
        let (hours, minutes) = (total / 3_600_000, total / 60_000 % 60)
        return "\(padded(hours, 2)):\(padded(minutes, 2)):\(padded(total / 1000 % 60, 2)).\(padded(total % 1000, 3))"
    }
}
