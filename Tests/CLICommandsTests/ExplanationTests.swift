import CorbelAPI
import Testing

@testable import CLICommands

@Suite("Explanations and checks")
struct ExplanationTests {
    let now = Timestamp(seconds: 1_000_000)

    static let waits: JSONValue = [
        [
            "reason": "HostNotRegistered", "message": "no EdgeHost b has registered",
            "on": "EdgeHost.corbel.dev default/b",
            "since": "1970-01-12T13:44:40Z", "unblockedBy": "the host b registers",
        ]
    ]

    @Test("a wait says what, on whom, since when and what would end it; its age is counted when it is shown")
    func waits() {
        let cluster = WaitingTests.cluster(["phase": "Pending", "waits": Self.waits])
        let explanation = Explanation(cluster, updates: [], now: now)
        for part in [
            "site is Pending; 1 of 1 hosts are ready; health Green", "no EdgeHost b has registered",
            "on:         EdgeHost.corbel.dev default/b", "since:      2m ago", "ends when:  the host b registers",
        ] { #expect(explanation.text.contains(part), "\(part) in \(explanation.text)") }
        let wait = explanation.json["waits"]?.arrayValue?.first
        #expect(wait?["ageSeconds"] == 120)
        #expect(
            Explanation(cluster, updates: [], now: now + .seconds(60)).json["waits"]?.arrayValue?.first?["ageSeconds"]
                == 180)
    }

    @Test("what an update waits for stands beside what its cluster waits for, once")
    func updates() {
        let cluster = WaitingTests.cluster(["waits": Self.waits])
        let same = WaitingTests.update(["waits": Self.waits])
        let other = WaitingTests.update(["waits": [["reason": "PendingApproval", "message": "nobody has approved it"]]])
        let ended = WaitingTests.update(["phase": "Completed", "waits": [["message": "old"]]])
        let explanation = Explanation(cluster, updates: [same, other, ended], now: now)
        #expect(explanation.waits.map(\.message) == ["no EdgeHost b has registered", "nobody has approved it"])
    }

    @Test("old news says its age", arguments: [(299, false), (301, true)])
    func silence(age: Int, isOld: Bool) {
        let cluster = WaitingTests.cluster(["lastReport": .string((now - .seconds(age)).rfc3339)])
        let text = Explanation(cluster, updates: [], now: now).text
        #expect(text.contains("The site last reported") == isOld)
    }

    @Test(
        "the checks of a cluster find what is wrong with it",
        arguments: [
            ([:], true, "√ the cluster runs"),
            (["phase": "Pending"], false, "× the cluster runs\n    it is Pending"),
            (["readyHosts": 0], false, "× all hosts are ready\n    0 of 1"),
            (
                ["health": ["level": "Yellow", "reasons": [["message": "disk"]]]], true,
                "‼ the cluster is healthy\n    disk"
            ),
            (["health": ["level": "Red", "reasons": [["message": "quorum"]]]], false, "× the cluster is healthy"),
            (["health": [:]], false, "nothing is known of it"),
            (["latestRevision": "r2"], true, "hint: corbel approve r2"),
            (["plane": "Site", "lastReport": "1970-01-12T13:00:00Z"], false, "× the site reports"),
        ] as [(JSONValue, Bool, String)])
    func clusters(status: JSONValue, hasPassed: Bool, part: String) {
        let group = ClusterChecks(cluster: WaitingTests.cluster(status), hosts: [], now: now).group
        let report = CheckReport(groups: [group])
        #expect(report.hasPassed == hasPassed, "\(report.text)")
        #expect(report.text.contains(part), "\(report.text)")
        #expect(report.json["passed"] == .bool(hasPassed))
    }

    @Test("hosts that are not approved or not heard of are found")
    func hosts() {
        var silent = EdgeHost(namespace: "default", name: "a")
        silent.isApproved = true
        silent.set(Condition("Reachable", .isFalse, reason: "Timeout", message: "silent for 6m"), now: now)
        var new = EdgeHost(namespace: "default", name: "b")
        new.set(Condition("Reachable", .isTrue, reason: "Heard"), now: now)
        #expect(FleetChecks.host(silent).map(\.level) == [.failure])
        #expect(FleetChecks.host(new).map(\.level) == [.warning])
        #expect(FleetChecks.hosts([]).map(\.level) == [.failure])
    }

    @Test("a certificate that ends soon is a warning")
    func certificates() {
        #expect(ServerChecks.certificate(until: now + .seconds(86_400), now: now).level == .warning)
        #expect(ServerChecks.certificate(until: now + .seconds(86_400 * 60), now: now).level == .ok)
    }

    @Test("an approval of a host holds for the key that was compared")
    func approval() throws {
        var host = EdgeHost(namespace: "default", name: "a")
        let digest = String(repeating: "ab", count: 32)
        host.json["status", "publicKeyDigest"] = .string(digest)
        let patch = try HostApproval(expectedKey: "ABABABAB").patch(host)
        #expect(patch == ["spec": ["approved": true, "signingRequestDigest": .string(digest)]])
        #expect(throws: CommandFailure.self) { try HostApproval(expectedKey: "cdcdcdcd").patch(host) }
        #expect(throws: CommandFailure.self) { try HostApproval(expectedKey: "ab").patch(host) }
        host.isApproved = true
        #expect(try HostApproval().patch(host) == nil)
    }
}
