import Testing

@testable import CLICommands

@Suite("A duration of the command line")
struct DurationArgumentTests {
    @Test(
        "reads Go's notation, and days",
        arguments: [
            ("90s", 90), ("5m", 300), ("1h30m", 5400), ("7d", 604_800), ("0s", 0),
        ])
    func reads(text: String, seconds: Int) {
        #expect(DurationArgument(argument: text)?.duration == .seconds(seconds))
    }

    @Test("refuses anything else", arguments: ["", "5", "m", "5x", "-5m", "1h 30m", "99999999999s", "٣m"])
    func refuses(text: String) {
        #expect(DurationArgument(argument: text) == nil)
    }

    @Test("shows itself in the largest unit that fits", arguments: [("3600s", "1h"), ("90s", "90s"), ("48h", "2d")])
    func shows(text: String, shown: String) {
        #expect(DurationArgument(argument: text)?.defaultValueDescription == shown)
    }
}
