import Testing

@testable import Simulator

@Suite("Simulation")
struct SimulationTests {
    @Test("the same seed leaves the same trace", arguments: [UInt64(1)])
    func repeats(seed: UInt64) {
        let (one, other) = (Simulation(seed: seed).run(), Simulation(seed: seed).run())
        #expect(one == other)
    }

    @Test("laws hold", arguments: UInt64(2)...6)
    func holds(seed: UInt64) {
        let result = Simulation(seed: seed).run()
        #expect(result.violations.isEmpty, "seed \(seed): \(result.violations)")
    }
}
