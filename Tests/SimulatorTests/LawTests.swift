import CorbelAPI
import HostPlan
import Testing

@testable import Simulator

/// Laws of the host that no reconciler could break: an agent that ships cannot even say these things.
@Suite("Laws of the host")
struct LawTests {
    private let world = SimulatedWorld(seed: 1, configuration: .one)

    @Test("writing the booted or committed slot is caught")
    func writing() {
        var law = GoodSlotLaw()
        #expect(!law.observe(.writesSlot(host: 0, slot: .a, digest: "new"), in: world).isEmpty)
        #expect(law.observe(.writesSlot(host: 0, slot: .b, digest: "new"), in: world).isEmpty)
    }

    @Test("committing another slot than the booted one, or a sick system, is caught")
    func committing() {
        var world = world
        var law = GoodSlotLaw()
        let other = world.machines[0].disk.blocks.write(BootVariables(committed: .b))
        #expect(!law.observe(.writesVariables(host: 0, other, isCommit: false), in: world).isEmpty)
        #expect(!law.observe(.writesVariables(host: 0, other, isCommit: true), in: world).isEmpty)
        let same = world.machines[0].disk.blocks.write(BootVariables(committed: .a))
        #expect(law.observe(.writesVariables(host: 0, same, isCommit: true), in: world).isEmpty)
        world.behaviours[world.machines[0].digest ?? ""] = .sick
        #expect(!law.observe(.writesVariables(host: 0, same, isCommit: true), in: world).isEmpty)
    }

    @Test("a host that never comes up again is caught")
    func bricked() {
        var world = world
        world.behaviours[world.machines[0].digest ?? ""] = .panics
        world.run(for: .seconds(1200))
        #expect(world.violations.contains { $0.law == "a good slot at all times" })
    }

    @Test("an image that the boot loader came back from is not written again")
    func failedImage() {
        var world = world
        var law = FailedImageLaw()
        world.behaviours["bad"] = .panics
        world.machines[0].disk.slots.b = SlotContent(version: "2.0.0", digest: "bad")
        for slot in [Slot.b, .a] {
            world.machines[0].bootedSlot = slot
            #expect(law.observe(.booted(host: 0), in: world).isEmpty)
        }
        #expect(!law.observe(.writesSlot(host: 0, slot: .b, digest: "bad"), in: world).isEmpty)
        #expect(law.observe(.writesSlot(host: 0, slot: .b, digest: "good"), in: world).isEmpty)
        #expect(law.observe(.writesSlot(host: 1, slot: .b, digest: "bad"), in: world).isEmpty)
    }
}
