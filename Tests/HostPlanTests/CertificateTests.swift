import CorbelAPI
import Testing

@testable import HostPlan

@Suite("Certificates that nobody has had renewed")
struct CertificateTests {
    private func renewals(_ world: CrashWorld) -> Int { world.performed.count { $0.hasPrefix("renew") } }

    /// A host of which nothing is asked.
    private func idle(_ last: Duration) -> CrashWorld {
        var world = CrashWorld(.good, task: nil)
        world.certificatesLast = last
        world.boot()
        return world
    }

    @Test("a host renews what is about to end or has ended, and not before", arguments: [-1_000_000, 0, 599, 1200])
    func renews(_ seconds: Int) {
        var world = idle(.seconds(seconds))
        world.run(rounds: 30) { _ in false }
        #expect(renewals(world) == (seconds < 600 ? 1 : 0))
        world.run(rounds: 120) { _ in false }
        #expect(renewals(world) == 1)
        #expect(world.reports.last?.certificates?.message == "")
    }

    @Test("a renewal that fails is tried again, later and later, and the host says why")
    func fails() {
        var world = idle(.zero)
        world.failing["renew what ends"] = .init(failure: HostFailure(.commandFailed, "kubeadm ended with 1"), times: 3)
        world.run(rounds: 10) { _ in false }
        #expect(world.failing["renew what ends"]?.times == 2)
        #expect(world.reports.last?.certificates?.message == "kubeadm ended with 1")
        world.run(rounds: 200) { _ in false }
        #expect(renewals(world) == 1)
        #expect(world.reports.last?.certificates?.message == "")
    }

    @Test("a renewal that changes nothing does not go on and on")
    func noEffect() {
        var world = idle(.zero)
        world.renewedFor = .zero
        world.run(rounds: 720) { _ in false }
        #expect((3...8).contains(renewals(world)))
        #expect(world.reports.last?.certificates?.message.contains("clock") == true)
    }

    @Test("a host that waits for its cluster to get well renews first, and its task goes on")
    func duringATask() {
        var world = CrashWorld(.clusterFails, task: CrashWorld.task())
        world.certificatesLast = .seconds(86_400)
        world.boot()
        world.run { $0.booted == .b && $0.plan.wantsHealth }
        world.certificatesLast = .zero
        world.run(rounds: 5) { _ in false }
        #expect(renewals(world) == 1)
        #expect(world.plan.record.current?.step == .validating)
    }

    @Test("a host that belongs to nobody renews nothing")
    func free() {
        var world = CrashWorld(.good, task: nil)
        world.journal = HostJournal.encode([.committed(.a)])
        world.certificatesLast = .zero
        world.boot()
        world.run(rounds: 30) { _ in false }
        #expect(renewals(world) == 0)
    }
}
