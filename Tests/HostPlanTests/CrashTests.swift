import CorbelAPI
import HostPlan
import Testing

@Suite("An update survives a power cut at any moment")
struct CrashTests {
    /// How many actions an update of that kind takes undisturbed.
    private static func length(_ behaviour: CrashWorld.Behaviour) -> Int {
        var world = CrashWorld(behaviour)
        world.boot()
        world.run()
        return world.actions
    }

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

    @Test("one cut", arguments: CrashWorld.Behaviour.allCases, CrashWorld.Cut.allCases)
    func oneCut(_ behaviour: CrashWorld.Behaviour, _ cut: CrashWorld.Cut) {
        for action in 1...Self.length(behaviour) {
            check(behaviour, cuts: [.init(action: action, kind: cut)])
        }
    }

    @Test("two cuts close to each other", arguments: CrashWorld.Behaviour.allCases, CrashWorld.Cut.allCases)
    func twoCuts(_ behaviour: CrashWorld.Behaviour, _ cut: CrashWorld.Cut) {
        for action in 1...Self.length(behaviour) {
            for distance in 1...4 {
                for second in CrashWorld.Cut.allCases {
                    check(behaviour, cuts: [.init(action: action, kind: cut), .init(action: action + distance, kind: second)])
                }
            }
        }
    }

    @Test("the journal lost with the power, at every action", arguments: CrashWorld.Behaviour.allCases)
    func lostJournal(_ behaviour: CrashWorld.Behaviour) {
        for action in 1...Self.length(behaviour) {
            var world = CrashWorld(behaviour)
            world.spec.reportedRunning = CrashWorld.old
            world.losesJournalAfter = action
            world.boot()
            world.run()
            checkEnd(world, behaviour, "journal lost after \(action)")
        }
    }

    private func check(_ behaviour: CrashWorld.Behaviour, cuts: [CrashWorld.PowerCut]) {
        var world = CrashWorld(behaviour)
        world.cuts = cuts
        world.boot()
        world.run()
        checkEnd(world, behaviour, "\(cuts)")
    }

    private func checkEnd(_ ended: CrashWorld, _ behaviour: CrashWorld.Behaviour, _ what: String) {
        var world = ended
        let story = Comment(rawValue: "\(behaviour), \(what): \(world.performed), \(String(describing: world.status))")
        #expect(world.violations == [], story)
        #expect(world.plan.record.current == nil, story)
        let phase = world.status?.phase
        let isRefusedAfterLoss = phase == .refused && world.status?.reason == "ImageFailedHere"
        #expect(phase == .done || phase == .reverted || (isRefusedAfterLoss && world.losesJournalAfter != nil), story)
        if behaviour != .good { #expect(phase != .done, story) }
        // What is bootable and good must come up again, by itself.
        world.boot()
        world.run(rounds: 20)
        #expect(world.behaviour == .good && world.booted == world.plan.committed, story)
        #expect(world.violations == [], story)
        checkMemory(world, behaviour, story)
    }

    /// An image that failed by the host's cause is not tried again, and one that the cluster kept from health is.
    private func checkMemory(_ ended: CrashWorld, _ behaviour: CrashWorld.Behaviour, _ story: Comment) {
        var world = ended
        let before = world.bootsOfNew
        guard world.booted == .a else { return }
        world.spec.task = CrashWorld.task(id: "again")
        world.boot()
        world.run()
        if ended.plan.record.failedImages.contains(CrashWorld.newDigest) {
            #expect(world.status?.reason == "ImageFailedHere" && world.bootsOfNew == before, story)
        } else {
            #expect(behaviour == .clusterFails || behaviour == .neverKnown || behaviour == .good, story)
        }
    }
}
