import CorbelAPI
import HostPlan
import Testing

@Suite("An update survives a power cut at any moment")
struct CrashTests {
    @Test("undisturbed, a good image ends Done and any other Reverted", arguments: CrashWorld.Behaviour.allCases)
    func undisturbed(_ behaviour: CrashWorld.Behaviour) {
        var world = CrashWorld(behaviour)
        world.boot()
        world.run()
        #expect(world.violations == [])
        let status = world.status
        #expect(status?.phase == (behaviour == .good ? .done : .reverted), "\(String(describing: status))")
        switch behaviour {
        case .good: #expect(status?.cause == nil)
        case .clusterFails, .neverKnown: #expect(status?.cause == .cluster)
        default: #expect(status?.cause == .host)
        }
        #expect(world.booted == (behaviour == .good ? .b : .a))
    }

    /// One of each way in which an image turns out.
    private static let kinds: [CrashWorld.Behaviour] = [.good, .panics, .dropsDead, .neverHealthy, .clusterFails]

    @Test("one cut", arguments: kinds, CrashWorld.Cut.allCases)
    func oneCut(_ behaviour: CrashWorld.Behaviour, _ cut: CrashWorld.Cut) {
        forEachAction(behaviour) { start, action in
            var world = start
            world.cuts = [.init(action: action, kind: cut)]
            world.run()
            checkEnd(world, behaviour, "\(cut) \(action)")
            checkMemory(world, behaviour)
        }
    }

    @Test(
        "a second cut soon after the first",
        arguments: kinds, CrashWorld.Cut.allCases)
    func twoCuts(_ behaviour: CrashWorld.Behaviour, _ cut: CrashWorld.Cut) {
        forEachAction(behaviour) { start, action in
            for distance in 1...2 {
                var world = start
                world.cuts = [.init(action: action, kind: cut), .init(action: action + distance, kind: .amid)]
                world.run()
                checkEnd(world, behaviour, "\(cut) \(action), amid \(action + distance)")
            }
        }
    }

    @Test("cut off while it boots or soon after, a good image still ends Done, and is not blamed", arguments: 1...2)
    func cutBoots(_ boot: Int) {
        var world = CrashWorld(.good)
        world.cutBoots = [boot]
        world.boot()
        world.run()
        #expect(world.status?.phase == .done, "\(world.performed)")
        forEachAction(.good) { start, action in
            var world = start
            world.cuts = [.init(action: action, kind: .after)]
            world.cutBoots = [boot]
            world.run()
            checkEnd(world, .good, "after \(action), and in boot \(boot) of the new slot")
            #expect(world.plan.record.failedImages == [], "after \(action): \(world.performed)")
            #expect(world.status?.phase == .done, "after \(action): \(world.performed)")
        }
    }

    @Test("cut off several times while it validates, a good image still ends Done, and is not blamed")
    func cutsInARow() {
        var world = CrashWorld(.good)
        world.boot()
        world.run { $0.booted == .b }
        for _ in 0..<4 {
            world.run(rounds: 1)
            #expect(!world.hasEnded)
            world.boot()
        }
        world.run()
        #expect(world.status?.phase == .done, "\(world.performed)")
        #expect(world.plan.record.failedImages == [])
    }

    @Test("the journal lost with the power, at every action", arguments: kinds)
    func lostJournal(_ behaviour: CrashWorld.Behaviour) {
        forEachAction(behaviour) { start, action in
            var world = start
            world.spec.reportedRunning = CrashWorld.old
            world.losesJournalAfter = action
            world.run()
            checkEnd(world, behaviour, "journal lost after \(action)")
        }
    }

    /// Calls `body` for every action of an undisturbed update, with the world as it stands just before.
    private func forEachAction(_ behaviour: CrashWorld.Behaviour, _ body: (CrashWorld, Int) -> Void) {
        // Each checkpoint of a validation is an action like the one before it: a few are enough.
        // An image that drops dead takes all of its boots to be found out.
        let limit = Duration.seconds(behaviour == .dropsDead ? 210 : 90)
        var undisturbed = CrashWorld(behaviour, task: CrashWorld.task(validateLimit: limit))
        undisturbed.boot()
        var last = 0
        while undisturbed.actions == last {
            body(undisturbed, last + 1)
            undisturbed.run { $0.actions > last || $0.hasEnded }
            last += 1
        }
        #expect(last > 15, "an update takes more actions than that")
    }

    private func checkEnd(_ ended: CrashWorld, _ behaviour: CrashWorld.Behaviour, _ what: String) {
        var world = ended
        func story() -> Comment {
            "\(behaviour), \(what): \(world.performed), \(world.status?.json.encodedText ?? "")"
        }
        #expect(world.violations == [], story())
        #expect(world.plan.record.current == nil, story())
        let phase = world.status?.phase
        let isRefusedAfterLoss = phase == .refused && world.status?.reason == "ImageFailedHere"
        #expect(phase == .done || phase == .reverted || (isRefusedAfterLoss && world.losesJournalAfter != nil), story())
        if behaviour != .good { #expect(phase != .done, story()) }
        // What is bootable and good must come up again, by itself.
        (world.cuts, world.losesJournalAfter) = ([], nil)
        world.boot()
        world.run(rounds: 20)
        #expect(world.behaviour == .good && world.booted == world.plan.committed, story())
        #expect(world.violations == [], story())
    }

    /// An image that failed by the host's cause is remembered and not tried again; one that the cluster kept from
    /// health is not blamed.
    private func checkMemory(_ ended: CrashWorld, _ behaviour: CrashWorld.Behaviour) {
        var world = ended
        let before = world.bootsOfNew
        func story() -> Comment { "\(behaviour): \(world.performed)" }
        guard world.booted == .a else { return }
        guard ended.plan.record.failedImages.contains(CrashWorld.newDigest) else {
            #expect(behaviour == .clusterFails || behaviour == .neverKnown || behaviour == .good, story())
            return
        }
        world.spec.task = CrashWorld.task(id: "again")
        world.boot()
        world.run()
        #expect(world.status?.reason == "ImageFailedHere" && world.bootsOfNew == before, story())
    }
}
