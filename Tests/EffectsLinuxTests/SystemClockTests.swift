import CorbelAPI
import Effects
import EffectsLinux
import Testing

@Suite("Clocks and chance")
struct SystemClockTests {
    let clock = SystemClock()

    @Test("The time of day is the one that the system tells")
    func now() async throws {
        let before = clock.now
        let result = try await SubprocessRunner().run(Command("date", ["-u", "+%Y-%m-%dT%H:%M:%SZ"]))
        let after = clock.now
        let text = String(decoding: result.output.dropLast(), as: UTF8.self)
        let told = try #require(Timestamp(rfc3339: text))
        // It tells whole seconds.
        #expect(told > before - .seconds(1) && told <= after)
    }

    @Test("A sleep takes its time of uptime, and no less")
    func sleep() async throws {
        let before = clock.uptime
        try await clock.sleep(for: .milliseconds(20))
        #expect(clock.uptime - before >= .milliseconds(20))
    }

    @Test("A cancelled sleep ends with a CancellationError")
    func cancelledSleep() async throws {
        await #expect(throws: CancellationError.self) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await clock.sleep(for: .seconds(300)) }
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }

    @Test("Random bytes come in the number that was asked for", arguments: [0, 1, 7, 8, 9, 1000])
    func randomBytes(count: Int) {
        #expect(SystemRandom().bytes(count).count == count)
    }

    @Test("Random identifiers are UUIDs of version 4, and differ")
    func uuids() throws {
        let texts = (0..<100).map { _ in SystemRandom().uuid() }
        #expect(Set(texts).count == 100)
        let form = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/
        #expect(texts.allSatisfy { $0.wholeMatch(of: form) != nil })
    }

    @Test("A source gives the same identifiers and draws for the same bytes")
    func determinism() {
        struct Fixed: RandomSource {
            func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8($0 * 17 & 0xFF) } }
        }
        #expect(Fixed().uuid() == "00112233-4455-4677-8899-aabbccddeeff")
        var first = Fixed().generator
        var second = Fixed().generator
        #expect((0..<9).shuffled(using: &first) == (0..<9).shuffled(using: &second))
    }
}
