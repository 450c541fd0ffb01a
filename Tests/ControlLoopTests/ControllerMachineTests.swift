import ControlLoop
import CorbelAPI
import Testing

@Suite struct ControllerMachineTests {
    typealias Machine = ControllerMachine
    let workKey = Machine.WorkKey("copying", key("a"))

    private func synced(
        _ objects: [Unstructured], _ configuration: Machine.Configuration = .init()
    ) -> (Machine, [Machine.Action]) {
        var machine = Machine(reconcilers: [CopyingReconciler()], configuration: configuration)
        let lists = machine.start()
        #expect(lists == [.list(ConfigMap.groupKind), .list(Secret.groupKind)])
        let early = machine.handle(
            .listed(ConfigMap.groupKind, objects, resourceVersion: "10"), now: second(0), random: 0)
        #expect(early == [], "nothing is decided before every kind is known")
        let actions = machine.handle(.listed(Secret.groupKind, [], resourceVersion: "10"), now: second(0), random: 0)
        return (machine, actions)
    }

    private func update(_ version: Int, have: String) -> Intent {
        .update(object("a", version: version, data: ["wish": "x", "have": have]))
    }

    @Test("a key is not decided again until the cache holds its own write")
    func waitsForOwnWrite() {
        var (machine, actions) = synced([object("a", version: 5, data: ["wish": "x"])])
        #expect(actions == [.perform(.init(key: workKey, intents: [update(5, have: "x")]))])
        let stored = object("a", version: 12, data: ["wish": "x", "have": "x"])
        #expect(machine.handle(.performed(workKey, [.done(stored)]), now: second(1), random: 0) == [])
        let stale = object("a", version: 11, data: ["wish": "y"])
        #expect(machine.handle(.watched(ConfigMap.groupKind, .stored(stale)), now: second(1), random: 0) == [])
        #expect(machine.handle(.watched(ConfigMap.groupKind, .stored(stored)), now: second(2), random: 0) == [])
        #expect(machine.nextWake(now: second(2)) == nil)
    }

    @Test("a refused write is tried anew after a backoff, on what the cache then holds")
    func backsOff() {
        var (machine, _) = synced([object("a", version: 5, data: ["wish": "x"])])
        let conflict = StatusError(.conflict, "modified")
        #expect(machine.handle(.performed(workKey, [.failed(conflict)]), now: second(0), random: 0) == [])
        let newer = object("a", version: 11, data: ["wish": "z"])
        let actions = machine.handle(.watched(ConfigMap.groupKind, .stored(newer)), now: second(0), random: 0)
        let intent = Intent.update(object("a", version: 11, data: ["wish": "z", "have": "z"]))
        #expect(actions == [.perform(.init(key: workKey, intents: [intent]))])
    }

    @Test("a write without an answer is read, never assumed", arguments: [true, false])
    func readsAfterSilence(wasWritten: Bool) {
        var (machine, _) = synced([object("a", version: 5, data: ["wish": "x"])])
        #expect(machine.handle(.performed(workKey, [.unanswered]), now: second(0), random: 0) == [.read(key("a"))])
        #expect(machine.handle(.tick, now: second(5), random: 0) == [], "the key rests until the read is there")
        let data = wasWritten ? ["wish": "x", "have": "x"] : ["wish": "x"]
        let answer = object("a", version: wasWritten ? 11 : 5, data: data)
        let actions = machine.handle(.read(key("a"), answer), now: second(6), random: 0)
        #expect(actions == (wasWritten ? [] : [.perform(.init(key: workKey, intents: [update(5, have: "x")]))]))
    }

    @Test("a watch that never shows an own write makes the kind be listed anew")
    func relistsWhenLagging() {
        var (machine, _) = synced([object("a", version: 5, data: ["wish": "x"])])
        let stored = object("a", version: 12, data: ["wish": "x", "have": "x"])
        _ = machine.handle(.performed(workKey, [.done(stored)]), now: second(0), random: 0)
        #expect(machine.nextWake(now: second(0)) == second(30))
        #expect(machine.handle(.tick, now: second(30), random: 0) == [.list(ConfigMap.groupKind)])
        let list = Machine.Event.listed(ConfigMap.groupKind, [stored], resourceVersion: "13")
        #expect(machine.handle(list, now: second(31), random: 0) == [])
        #expect(machine.nextWake(now: second(31)) == nil)
    }

    @Test(
        "a wall clock that jumps neither holds up a delay nor cuts it short, and is what reconcilers are told",
        arguments: [-86_400, 86_400])
    func wallClockJumps(jump: Int64) {
        var machine = Machine(reconcilers: [PunctualReconciler()])
        _ = machine.start()
        let list = Machine.Event.listed(ConfigMap.groupKind, [object("a", version: 5)], resourceVersion: "10")
        _ = machine.handle([list], now: second(0), wallClock: second(100_000), random: 0)
        #expect(machine.nextWake(now: second(0)) == second(30))
        let later = second(100_029 + jump)
        #expect(machine.handle([.tick], now: second(29), wallClock: later, random: 0) == [])
        let actions = machine.handle([.tick], now: second(30), wallClock: later + .seconds(1), random: 0)
        let wait = Wait("Time", (later + .seconds(1)).rfc3339, on: key("a"), unblockedBy: "time")
        #expect(actions == [.waits(Machine.WorkKey("punctual", key("a")), [wait])])
        #expect(machine.nextWake(now: second(30)) == second(60))
    }

    @Test("an expired watch lists anew, and decisions go on meanwhile")
    func expires() {
        var (machine, _) = synced([object("a", version: 5)])
        #expect(
            machine.handle(.watched(ConfigMap.groupKind, .expired), now: second(0), random: 0) == [
                .list(ConfigMap.groupKind)
            ])
        let changed = object("a", version: 11, data: ["wish": "x"])
        let actions = machine.handle(.watched(ConfigMap.groupKind, .stored(changed)), now: second(0), random: 0)
        #expect(actions.contains(.perform(.init(key: workKey, intents: [update(11, have: "x")]))))
    }

    @Test("what changes several times before the machine looks is decided on once, as it is then")
    func decidesOnce() {
        var (machine, _) = synced([object("a", version: 5)])
        let news = (11...14).map { version in
            Machine.Event.watched(
                ConfigMap.groupKind, .stored(object("a", version: version, data: ["wish": "\(version)"])))
        }
        let wanted = Intent.update(object("a", version: 14, data: ["wish": "14", "have": "14"]))
        let actions = machine.handle(news, now: second(1), wallClock: second(1), random: 0)
        #expect(actions == [.waits(workKey, []), .perform(.init(key: workKey, intents: [wanted]))])
    }

    @Test("waits are reported when they change, and only then")
    func reportsWaits() {
        var (machine, actions) = synced([object("a", version: 5)])
        let wait = Wait("NoWish", "nothing is wished", on: key("a"), unblockedBy: "somebody writes data.wish")
        #expect(actions == [.waits(workKey, [wait])])
        let again = object("a", version: 11, data: ["other": "1"])
        #expect(machine.handle(.watched(ConfigMap.groupKind, .stored(again)), now: second(0), random: 0) == [])
        let wished = object("a", version: 12, data: ["wish": "x", "have": "x"])
        let ended = machine.handle(.watched(ConfigMap.groupKind, .stored(wished)), now: second(0), random: 0)
        #expect(ended == [.waits(workKey, [])])
    }

    @Test("a change of a watched kind wakes the primary object")
    func followsWatches() {
        var (machine, _) = synced([object("a", version: 5)])
        var secret = Secret(namespace: "n", name: "a")
        secret.uid = "s"
        secret.resourceVersion = "11"
        _ = machine.handle(.watched(Secret.groupKind, .stored(Unstructured(secret))), now: second(0), random: 0)
        #expect(machine.cache.snapshot.waits.of(workKey.reconciler).count == 1)
    }

    /// Tells what another reconciler waits for, in batches, and is woken by nothing else.
    private struct Telling: Reconciler {
        let name = "telling"
        var primary: GroupKind { Secret.groupKind }
        var watches: [WatchedKind] { [] }
        var batchPeriod: Duration { .seconds(2) }

        func objectsToWake(forWaitsAt key: ObjectKey, in snapshot: Snapshot) -> [ObjectKey] {
            snapshot.list(primary).map(\.key)
        }

        func reconcile(_ key: ObjectKey, in snapshot: Snapshot, now: Timestamp) -> Outcome {
            let heard = snapshot.waits.of("copying").map(\.key.name).joined(separator: ",")
            return Outcome(waits: [Wait("Heard", heard, on: key, unblockedBy: "nothing")])
        }
    }

    @Test("waits wake whoever reads them, once for all that come in a batch")
    func tellsWaits() {
        var machine = Machine(reconcilers: [CopyingReconciler(), Telling()])
        _ = machine.start()
        var secret = Secret(namespace: "n", name: "s")
        secret.resourceVersion = "1"
        let lists: [Machine.Event] = [
            .listed(ConfigMap.groupKind, [object("a", version: 5)], resourceVersion: "10"),
            .listed(Secret.groupKind, [Unstructured(secret)], resourceVersion: "10"),
        ]
        func told(_ actions: [Machine.Action]) -> [String] {
            actions.compactMap {
                if case .waits(let key, let waits) = $0, key.reconciler == "telling" {
                    waits.first?.message
                } else {
                    nil
                }
            }
        }
        #expect(told(machine.handle(lists, now: second(0), wallClock: second(0), random: 0)) == [])
        #expect(machine.nextWake(now: second(0)) == second(2))
        let another = Machine.Event.watched(ConfigMap.groupKind, .stored(object("b", version: 11)))
        #expect(told(machine.handle(another, now: second(1), random: 0)) == [])
        #expect(told(machine.handle(.tick, now: second(2), random: 0)) == ["a,b"])
        #expect(machine.nextWake(now: second(2)) == nil)
        let wished = Machine.Event.watched(
            ConfigMap.groupKind, .stored(object("a", version: 12, data: ["wish": "x", "have": "x"])))
        #expect(told(machine.handle(wished, now: second(3), random: 0)) == [])
        #expect(told(machine.handle(.tick, now: second(5), random: 0)) == ["b"])
    }

    @Test("a machine that may not decide yet sleeps, whatever is due")
    func sleepsBeforeItsLists() {
        var machine = Machine(reconcilers: [CopyingReconciler(), Telling()])
        _ = machine.start()
        var secret = Secret(namespace: "n", name: "s")
        secret.resourceVersion = "1"
        let list = Machine.Event.listed(Secret.groupKind, [Unstructured(secret)], resourceVersion: "10")
        #expect(machine.handle(list, now: second(0), random: 0) == [])
        #expect(machine.nextWake(now: second(60)) == nil)
    }

    @Test("a change that decides nothing wakes nobody but its own reconciler")
    func indecisive() {
        struct Picky: Reconciler {
            let name = "picky"
            var primary: GroupKind { Secret.groupKind }
            var watches: [WatchedKind] {
                [
                    WatchedKind(
                        ConfigMap.groupKind,
                        decisive: .those { $0.old?.json["data"] != $0.new?.json["data"] },
                        affects: { _, snapshot in snapshot.list(Secret.groupKind).map(\.key) })
                ]
            }

            func reconcile(_ key: ObjectKey, in _: Snapshot, now: Timestamp) -> Outcome {
                Outcome(waits: [Wait("Time", now.rfc3339, on: key, unblockedBy: "time")])
            }
        }
        var machine = Machine(reconcilers: [Picky()])
        _ = machine.start()
        var secret = Secret(namespace: "n", name: "s")
        secret.resourceVersion = "1"
        _ = machine.handle(
            [
                .listed(ConfigMap.groupKind, [object("a", version: 5)], resourceVersion: "10"),
                .listed(Secret.groupKind, [Unstructured(secret)], resourceVersion: "10"),
            ], now: second(0), wallClock: second(0), random: 0)
        let same = Machine.Event.watched(ConfigMap.groupKind, .stored(object("a", version: 11)))
        #expect(machine.handle(same, now: second(1), random: 0) == [])
        let other = Machine.Event.watched(ConfigMap.groupKind, .stored(object("a", version: 12, data: ["x": "y"])))
        #expect(machine.handle(other, now: second(2), random: 0).count == 1)
    }

    @Test("no more keys are in flight than allowed, and none is forgotten")
    func boundsWorkInFlight() {
        let objects = (0..<5).map { object("k\($0)", version: 5, data: ["wish": "x"]) }
        var (machine, actions) = synced(objects, .init(maxInFlight: 2, queueLimit: 3))
        var seen: Set<String> = []
        var version = 20
        for _ in 0..<20 {
            var next: [Machine.Action] = []
            for case .perform(let work) in actions {
                seen.insert(work.key.key.name)
                version += 1
                let stored = object(work.key.key.name, version: version, data: ["wish": "x", "have": "x"])
                next += machine.handle(.performed(work.key, [.done(stored)]), now: second(1), random: 0)
                next += machine.handle(.watched(ConfigMap.groupKind, .stored(stored)), now: second(1), random: 0)
            }
            actions = next
        }
        #expect(seen.count == 5)
    }
}
