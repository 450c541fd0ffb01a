import Testing

@testable import Demo

@Suite("The plan of what is killed")
struct CrashPlanTests {
    private static let seeds = Array(0...50) as [UInt64]

    @Test("The same seed kills the same")
    func repeatable() {
        #expect(CrashPlan(seed: 7) == CrashPlan(seed: 7))
        #expect(Set(Self.seeds.map(CrashPlan.init(seed:))).count == Self.seeds.count)
    }

    @Test("Every plan strikes the centre and every role, the machine that is upgraded most", arguments: seeds)
    func coverage(seed: UInt64) {
        let plan = CrashPlan(seed: seed)
        #expect(plan.centre.count == 3)
        #expect(Set(plan.machines.map(\.role)) == Set(CrashPlan.Role.allCases))
        #expect(plan.machines.count { $0.role == .upgrading } == 3)
    }

    @Test("The first kill of the centre comes right after the approval", arguments: seeds)
    func beginning(seed: UInt64) {
        #expect(CrashPlan(seed: seed).centre.first.map { $0.after <= .milliseconds(200) } ?? false)
    }
}
