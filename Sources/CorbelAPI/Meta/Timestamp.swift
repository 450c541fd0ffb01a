/// A moment in Coordinated Universal Time, to the microsecond, as Kubernetes' `Time` and `MicroTime` carry it.
///
/// A timestamp is data. No pure module reads a clock: the present moment is handed to every decision.
public struct Timestamp: Sendable, Hashable, Comparable {
    /// Microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
    public var microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }
    public init(seconds: Int64) { microseconds = seconds * 1_000_000 }

    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }

    /// Moves a moment. A duration may come from outside: what it would move out of the type's range stays at its end.
    public static func + (moment: Timestamp, duration: Duration) -> Timestamp {
        let (seconds, attoseconds) = duration.components
        let distance = Int128(seconds) * 1_000_000 + Int128(attoseconds / 1_000_000_000_000)
        return Timestamp(microseconds: Int64(clamping: Int128(moment.microseconds) + distance))
    }

    public static func - (moment: Timestamp, duration: Duration) -> Timestamp { moment + (.zero - duration) }

    public static func - (later: Timestamp, earlier: Timestamp) -> Duration {
        .microseconds(later.microseconds - earlier.microseconds)
    }
}

extension Timestamp {
    /// RFC 3339 to the second, as in `metadata.creationTimestamp`: `2026-11-21T09:30:00Z`.
    public var rfc3339: String { text(decimals: false) }

    /// RFC 3339 with six decimals, as in a Lease's `spec.renewTime`.
    public var rfc3339Micro: String { text(decimals: true) }

    private func text(decimals: Bool) -> String {
        let seconds = microseconds.dividedByFlooring(1_000_000)
        let days = seconds.dividedByFlooring(86_400)
        let second = seconds - days * 86_400
        let date = CivilDate(daysSinceEpoch: days)
        var writer = DigitWriter()
        writer.append(date.year, width: 4)
        writer.append("-", date.month)
        writer.append("-", date.day)
        writer.append("T", second / 3600)
        writer.append(":", second / 60 % 60)
        writer.append(":", second % 60)
        if decimals { writer.append(".", microseconds - seconds * 1_000_000, width: 6) }
        writer.append("Z")
        return writer.text
    }

    /// The moments whose year has four digits in Coordinated Universal Time: those that RFC 3339 can write.
    private static let writableSeconds: ClosedRange<Int64> = -62_167_219_200...253_402_300_799

    /// Parses RFC 3339, with any number of decimals and any offset. A leap second is the first moment after it, and
    /// stands nowhere but at the end of a day in Coordinated Universal Time.
    public init?(rfc3339 text: String) {
        var scanner = DigitScanner(text)
        guard let year = scanner.digits(4), scanner.step("-"), let month = scanner.digits(2), scanner.step("-"),
            let day = scanner.digits(2), scanner.step("T") || scanner.step("t"), let hour = scanner.digits(2),
            scanner.step(":"), let minute = scanner.digits(2), scanner.step(":"), let second = scanner.digits(2),
            (1...12).contains(month), (1...CivilDate.days(in: month, of: year)).contains(day), hour < 24, minute < 60,
            second <= 60
        else { return nil }
        let fraction = scanner.step(".") ? scanner.microseconds() : 0
        guard let fraction, let offset = scanner.zoneOffsetSeconds(), scanner.isAtEnd else { return nil }
        let days = CivilDate(year: year, month: month, day: day).daysSinceEpoch
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset
        guard second < 60 || seconds.isMultiple(of: 86_400), Self.writableSeconds.contains(seconds) else { return nil }
        self.init(microseconds: seconds * 1_000_000 + fraction)
    }
}

extension Timestamp: CustomStringConvertible {
    public var description: String { rfc3339 }
}

/// A date of the proleptic Gregorian calendar. The conversion counts days in eras of 400 years, whose length is
/// constant, with the year beginning in March so that the leap day comes last.
private struct CivilDate {
    var year: Int64
    var month: Int64
    var day: Int64

    init(year: Int64, month: Int64, day: Int64) {
        self.year = year
        self.month = month
        self.day = day
    }

    init(daysSinceEpoch: Int64) {
        let shifted = daysSinceEpoch + 719_468
        let era = shifted.dividedByFlooring(146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    var daysSinceEpoch: Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear.dividedByFlooring(400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    static func days(in month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

private struct DigitScanner {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    var isAtEnd: Bool { offset == bytes.count }

    mutating func step(_ character: Unicode.Scalar) -> Bool {
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: character) else { return false }
        offset += 1
        return true
    }

    mutating func digits(_ count: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<count {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    private mutating func digit() -> Int64? {
        guard offset < bytes.count, bytes[offset] >= UInt8(ascii: "0"), bytes[offset] <= UInt8(ascii: "9") else {
            return nil
        }
        defer { offset += 1 }
        return Int64(bytes[offset] - UInt8(ascii: "0"))
    }

    /// The decimals after the point, cut off at microseconds.
    mutating func microseconds() -> Int64? {
        var value: Int64 = 0
        var unit: Int64 = 100_000
        guard let first = digit() else { return nil }
        value += first * unit
        while let next = digit() {
            unit /= 10
            value += next * unit
        }
        return value
    }

    mutating func zoneOffsetSeconds() -> Int64? {
        if step("Z") || step("z") { return 0 }
        let sign: Int64 = step("-") ? -1 : step("+") ? 1 : 0
        guard sign != 0, let hours = digits(2), step(":"), let minutes = digits(2), hours < 24, minutes < 60 else {
            return nil
        }
        return sign * (hours * 3600 + minutes * 60)
    }
}

extension Int64 {
    fileprivate func dividedByFlooring(_ divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}

/// Writes numbers of a fixed width one after the other.
private struct DigitWriter {
    private var bytes: [UInt8] = []

    init() { bytes.reserveCapacity(32) }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    mutating func append(_ character: Unicode.Scalar) { bytes.append(UInt8(ascii: character)) }

    mutating func append(_ separator: Unicode.Scalar, _ value: Int64, width: Int = 2) {
        append(separator)
        append(value, width: width)
    }

    /// Years before the first and after the last of four digits take the room that they need.
    mutating func append(_ value: Int64, width: Int) {
        let digits = String(value).utf8
        bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: max(0, width - digits.count)))
        bytes.append(contentsOf: digits)
    }
}
