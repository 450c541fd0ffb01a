import CorbelAPI
import Testing

@testable import Lifecycle

@Suite("Attempts at becoming a member")
struct BootstrapAttemptTests {
    private static let failure = Timestamp(seconds: 1_800_000_000)

    struct Row: Sendable {
        var told: Int?
        var phase: HostTaskStatus.Phase?
        var allowed: String?
        /// After the failure.
        var seconds = 0
        var number: Int
        var isUnderWay = false
        var delay: Int?
    }

    @Test(
        "what failed is tried again after a pause that doubles, or when somebody says so",
        arguments: [
            Row(number: 1), Row(allowed: "3", number: 3), Row(told: 1, number: 1, isUnderWay: true),
            Row(told: 1, phase: .applying, number: 1, isUnderWay: true),
            Row(told: 1, phase: .reverted, seconds: 10, number: 1, delay: 20),
            Row(told: 1, phase: .failed, seconds: 30, number: 2),
            Row(told: 3, phase: .refused, seconds: 30, number: 3, delay: 90),
            Row(told: 40, phase: .failed, seconds: 0, number: 40, delay: 900),
            Row(told: 2, phase: .failed, allowed: "3", seconds: 1, number: 3),
            Row(told: 2, phase: .failed, allowed: "2", seconds: 1, number: 2, delay: 59),
            Row(told: 1, phase: .failed, seconds: -86_400, number: 1, delay: 30),
        ])
    func attempts(_ row: Row) {
        var host = HostMachine(namespace: "site", name: "edge-a")
        if let told = row.told {
            let id = "bootstrap-edge-1-1-0123456789-\(told)"
            host.task = HostTask(id: id, type: .bootstrap, epoch: 1, leaseTransitions: 0)
            host.taskStatus = row.phase.map { HostTaskStatus(id: id, phase: $0, since: Self.failure) }
        }
        if let allowed = row.allowed { host.annotations[Annotation.retry] = allowed }
        let attempt = BootstrapAttempt(of: host, now: Self.failure + .seconds(row.seconds))
        #expect(attempt.number == row.number)
        #expect(attempt.isUnderWay == row.isUnderWay)
        #expect(attempt.delay == row.delay.map { .seconds($0) })
    }
}
