import CorbelAPI
import Testing

@testable import Revisions

@Suite("How long the steps of an update take")
struct StepDurationsTests {
    /// An update in which a host entered phases at so many seconds.
    private func update(_ name: String, startedAt start: Int64 = 0, _ phases: [(String, Int64)]) -> ClusterUpdate {
        func moment(_ seconds: Int64) -> JSONValue { .string(Timestamp(seconds: 1_700_000_000 + seconds).rfc3339) }
        var update = ClusterUpdate(namespace: "default", name: name)
        update.json["status"] = [
            "startedAt": moment(start),
            "hosts": [
                [
                    "name": "a",
                    "phases": .array(phases.map { ["phase": .string($0.0), "since": moment(start + $0.1)] }),
                ]
            ],
        ]
        return update
    }

    private func repave(download: Int64, end: String = "Done") -> [(String, Int64)] {
        let fetched = 1 + download
        return [
            ("Accepted", 0), ("Downloading", 1), ("Writing", fetched), ("Prepared", fetched + 30),
            ("Rebooting", fetched + 500), ("Validating", fetched + 540), (end, fetched + 610),
        ]
    }

    @Test("without a history it is the defaults")
    func defaults() {
        let durations = StepDurations(observedIn: [])
        #expect(durations == .defaults && durations.source == "Defaults")
        #expect(durations[.download].range == .seconds(20)...(.seconds(120)))
    }

    @Test("each step is what lay between its phases, and a wait for the gate is no part of any")
    func steps() {
        let durations = StepDurations(
            observedIn: (0..<5).map { update("u\($0)", startedAt: $0 * 1000, repave(download: 100 + $0)) })
        #expect(durations[.download] == .init(atLeast: .seconds(100), atMost: .seconds(104), observations: 5))
        #expect(durations[.write] == .init(atLeast: .seconds(30), atMost: .seconds(30), observations: 5))
        #expect(durations[.restart].range == .seconds(40)...(.seconds(40)))
        #expect(durations[.validate].range == .seconds(70)...(.seconds(70)))
        #expect(durations[.upgrade] == StepDurations.defaults[.upgrade] && durations.source == "Mixed")
        let patch = update("patch", [("Prepared", 0), ("Applying", 5), ("Validating", 35), ("Done", 47)])
        let upgraded = StepDurations(observedIn: [patch])
        #expect(upgraded[.upgrade] == .init(atLeast: .seconds(24), atMost: .seconds(36), observations: 1))
        #expect(upgraded[.validate].observations == 0, "a host that did not restart proves less")
    }

    @Test("few observations are given a fifth on both sides, and what was held up does not count")
    func margins() {
        let few = StepDurations(observedIn: [update("u", repave(download: 100))])
        #expect(few[.download] == .init(atLeast: .seconds(80), atMost: .seconds(120), observations: 1))
        let many = (0..<6).map { update("u\($0)", startedAt: $0 * 1000, repave(download: $0 == 3 ? 30_000 : 100)) }
        #expect(StepDurations(observedIn: many)[.download].range == .seconds(100)...(.seconds(100)))
        let present = update("there", repave(download: 0))
        #expect(StepDurations(observedIn: [present])[.download].observations == 0, "the host had the image")
    }

    @Test("a host that did not come through, and a clock that stepped back, tell nothing")
    func untold() {
        #expect(StepDurations(observedIn: [update("u", repave(download: 100, end: "Reverted"))]) == .defaults)
        let stepped = StepDurations(observedIn: [update("u", repave(download: -50))])
        #expect(stepped[.download].observations == 0 && stepped[.write].observations == 1)
    }

    @Test("the newest count, as many as are enough")
    func newest() {
        let updates = (0..<100).map { update("u\($0)", startedAt: $0 * 10_000, repave(download: $0 < 40 ? 200 : 100)) }
        let durations = StepDurations(observedIn: updates.reversed())
        #expect(durations[.download] == .init(atLeast: .seconds(100), atMost: .seconds(100), observations: 60))
    }

    @Test("it reaches another process whole, and what is no range there is as by default")
    func json() {
        let durations = StepDurations(observedIn: [update("u", repave(download: 100))])
        #expect(StepDurations(json: durations.json) == durations)
        for entry: JSONValue in [
            ["step": "Download", "atLeastSeconds": 9, "atMostSeconds": 3],
            ["step": "Download", "atLeastSeconds": -9, "atMostSeconds": 3], ["step": "Fly"], "none",
        ] {
            #expect(StepDurations(json: [entry]) == .defaults)
        }
    }

    @Test(
        "numbers of bytes are written for people",
        arguments: [
            (0, "0 B"), (999, "999 B"), (1000, "1.00 kB"), (1_730_000_000, "1.73 GB"), (17_349_000_000, "17.3 GB"),
            (173_499_999_999, "173 GB"), (4_005_000_000_000, "4.00 TB"),
        ])
    func bytes(count: Int64, text: String) { #expect(ByteCount.text(count) == text) }
}
