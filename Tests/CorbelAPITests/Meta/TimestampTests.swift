import CorbelAPI
import Testing

@Suite("A timestamp")
struct TimestampTests {
    @Test(
        "is read from RFC 3339",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59Z", -1), ("2000-02-29T00:00:00Z", 951_782_400),
            ("2024-02-29T12:00:00Z", 1_709_208_000), ("2024-12-31T23:59:59Z", 1_735_689_599),
            ("1900-03-01T00:00:00Z", -2_203_891_200), ("2100-03-01T00:00:00Z", 4_107_542_400),
            ("1600-02-29T00:00:00Z", -11_670_998_400), ("0001-01-01T00:00:00Z", -62_135_596_800),
            ("0000-01-01T00:00:00Z", -62_167_219_200), ("9999-12-31T23:59:59Z", 253_402_300_799),
            ("2026-11-21t09:30:00z", 1_795_253_400), ("2026-11-21T10:30:00+01:00", 1_795_253_400),
            ("2026-11-20T22:00:00-11:30", 1_795_253_400), ("2026-11-22T09:29:00+23:59", 1_795_253_400),
            ("2026-11-21T09:30:00-00:00", 1_795_253_400), ("1990-12-31T23:59:60Z", 662_688_000),
            ("1990-12-31T15:59:60-08:00", 662_688_000),
        ] as [(String, Int64)])
    func reads(text: String, seconds: Int64) {
        #expect(Timestamp(rfc3339: text) == Timestamp(seconds: seconds))
    }

    @Test(
        "has the decimals of its text, cut off at microseconds",
        arguments: [
            (".5", 500_000), (".000001", 1), (".123456", 123_456), (".1234569", 123_456), (".999999999999999", 999_999),
            (".0", 0), (".0000009", 0),
        ] as [(String, Int64)])
    func decimals(fraction: String, microseconds: Int64) {
        #expect(Timestamp(rfc3339: "1970-01-01T00:00:00\(fraction)Z")?.microseconds == microseconds)
        #expect(Timestamp(rfc3339: "1969-12-31T23:59:59\(fraction)Z")?.microseconds == microseconds - 1_000_000)
        #expect(Timestamp(rfc3339: "1970-01-01T01:00:00\(fraction)+01:00")?.microseconds == microseconds)
    }

    @Test(
        "is not read from a text that names no moment",
        arguments: [
            "", "2026", "2026-11-21", "2026-11-21T09:30Z", "2026-11-21 09:30:00Z", "2026-11-21T09:30:00",
            "2026-11-21T09:30:00.Z", "2026-11-21T09:30:00,5Z", "2026-11-21T09:30:00Z ", " 2026-11-21T09:30:00Z",
            "2026-11-21T09:30:00ZZ", "2026-11-21T9:30:00Z", "26-11-21T09:30:00Z", "02026-11-21T09:30:00Z",
            "-026-11-21T09:30:00Z", "2026/11/21T09:30:00Z", "２０２６-11-21T09:30:00Z", "2026-11-21T09:30:00+0100",
            "2026-11-21T09:30:00+01", "2026-11-21T09:30:00+24:00", "2026-11-21T09:30:00+01:60", "2026-11-21T09:30:00 Z",
        ])
    func malformed(text: String) { #expect(Timestamp(rfc3339: text) == nil) }

    @Test(
        "is not read from a date or a time that does not exist",
        arguments: [
            "2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2024-02-30T00:00:00Z",
            "2026-04-31T00:00:00Z", "2026-00-10T00:00:00Z", "2026-13-10T00:00:00Z", "2026-01-00T00:00:00Z",
            "2026-01-32T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z",
            "2026-01-01T12:00:60Z", "1990-12-31T23:59:60-08:00", "0000-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01", "9999-12-31T23:59:60Z",
        ])
    func impossible(text: String) { #expect(Timestamp(rfc3339: text) == nil) }

    @Test(
        "is written to the second before it, or to the microsecond",
        arguments: [
            (0, "1970-01-01T00:00:00", "000000"), (-1, "1969-12-31T23:59:59", "999999"),
            (1_795_253_400_120_000, "2026-11-21T09:30:00", "120000"),
            (253_402_300_799_999_999, "9999-12-31T23:59:59", "999999"),
            (-62_135_596_800_000_000, "0001-01-01T00:00:00", "000000"),
            (951_782_400_000_001, "2000-02-29T00:00:00", "000001"),
        ] as [(Int64, String, String)])
    func writes(microseconds: Int64, seconds: String, decimals: String) {
        let moment = Timestamp(microseconds: microseconds)
        #expect(moment.rfc3339 == seconds + "Z")
        #expect(moment.description == seconds + "Z")
        #expect(moment.rfc3339Micro == "\(seconds).\(decimals)Z")
    }

    @Test("is read back as it was written, in every month of four centuries")
    func months() {
        for month in 0..<4_800 {
            let year = 1800 + month / 12
            let text = "\(year)-\(month % 12 < 9 ? "0" : "")\(month % 12 + 1)-01T00:00:00Z"
            guard let first = Timestamp(rfc3339: text) else {
                Issue.record("\(text) is no moment")
                continue
            }
            let before = first - .microseconds(1)
            #expect(first.rfc3339 == text)
            #expect(Timestamp(rfc3339: before.rfc3339Micro) == before)
        }
    }

    @Test("is read back as it was written, at any moment that can be written")
    func roundTrip() {
        var generator = SeededGenerator(seed: 3339)
        for _ in 0..<2_000 {
            let range: ClosedRange<Int64> = -62_167_219_200_000_000...253_402_300_799_999_999
            let moment = Timestamp(microseconds: Int64.random(in: range, using: &generator))
            let second = Timestamp(rfc3339: moment.rfc3339)
            #expect(Timestamp(rfc3339: moment.rfc3339Micro) == moment)
            #expect(second.map { (Duration.zero..<Duration.seconds(1)).contains(moment - $0) } == true)
        }
    }

    @Test("moves by durations, and by no more than its range")
    func arithmetic() {
        let moment = Timestamp(seconds: 100)
        #expect(moment + .milliseconds(1500) == Timestamp(microseconds: 101_500_000))
        #expect(moment - .milliseconds(1500) == Timestamp(microseconds: 98_500_000))
        #expect(moment + .seconds(-200) == Timestamp(seconds: -100))
        #expect(Timestamp(seconds: -100) - moment == .seconds(-200))
        #expect(moment < moment + .microseconds(1))
        #expect(moment + .seconds(Int64.max) == Timestamp(microseconds: .max))
        #expect(moment - .seconds(Int64.max) == Timestamp(microseconds: .min))
    }
}
