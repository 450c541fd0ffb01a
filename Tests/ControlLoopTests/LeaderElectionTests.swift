import ControlLoop
import CorbelAPI
import Testing

/// One API server's lease, with compare-and-swap.
private struct LeaseServer {
    var lease: Lease?
    private var version = 0

    mutating func answer(_ action: LeaderElection.Action) -> LeaderElection.Event? {
        switch action {
        case .read: return .read(lease)
        case .write(.create(let object)): return store(object, isAllowed: lease == nil)
        case .write(.update(let object)):
            return store(object, isAllowed: lease?.resourceVersion == object.resourceVersion)
        default: return nil
        }
    }

    private mutating func store(_ object: Unstructured, isAllowed: Bool) -> LeaderElection.Event {
        guard isAllowed else { return .failed(StatusError(.conflict, "somebody was faster")) }
        version += 1
        var stored = Lease(object)
        stored.resourceVersion = String(version)
        stored.uid = "lease"
        lease = stored
        return .written(stored)
    }
}

@Suite struct LeaderElectionTests {
    private func candidate(_ identity: String) -> LeaderElection {
        LeaderElection(.init(identity: identity, lease: Lease.key(namespace: "n", name: "leader")))
    }

    /// Ticks a candidate at a second, answers all of its requests, and gives what it announced.
    private func step(
        _ election: inout LeaderElection, _ server: inout LeaseServer, at moment: Int64, reachable: Bool = true,
        event: LeaderElection.Event = .tick
    ) -> [LeaderElection.Action] {
        var announced: [LeaderElection.Action] = []
        var pending = [event]
        while let event = pending.popLast() {
            for action in election.handle(event, now: second(moment), wallClock: second(9999 + moment), random: 0) {
                switch action {
                case .startLeading, .stopLeading: announced.append(action)
                case .read, .write:
                    let unreachable = LeaderElection.Event.failed(StatusError(.serviceUnavailable, "no link"))
                    if let answer = reachable ? server.answer(action) : unreachable { pending.append(answer) }
                }
            }
        }
        return announced
    }

    @Test("one candidate acquires, the other waits for a full lease duration of silence that it saw itself")
    func takesOver() {
        var server = LeaseServer()
        var a = candidate("a")
        var b = candidate("b")
        #expect(step(&a, &server, at: 0) == [.startLeading(transitions: 0)])
        for moment in stride(from: Int64(1), through: 15, by: 2) { #expect(step(&b, &server, at: moment) == []) }
        #expect(step(&b, &server, at: 16) == [])
        #expect(step(&b, &server, at: 18) == [.startLeading(transitions: 1)])
        #expect(server.lease?.holder == "b")
    }

    @Test("a leader that renews stays, and its renewals keep the transitions")
    func renews() {
        var server = LeaseServer()
        var a = candidate("a")
        var b = candidate("b")
        _ = step(&a, &server, at: 0)
        for moment in stride(from: Int64(2), through: 60, by: 2) {
            #expect(step(&a, &server, at: moment) == [])
            #expect(step(&b, &server, at: moment) == [])
        }
        #expect(a.isLeading && !b.isLeading)
        #expect(server.lease?.transitions == 0)
    }

    @Test("a leader that cannot renew steps down before anybody else may lead")
    func stepsDown() {
        var server = LeaseServer()
        var a = candidate("a")
        _ = step(&a, &server, at: 0)
        for moment in stride(from: Int64(2), through: 8, by: 2) {
            #expect(step(&a, &server, at: moment, reachable: false) == [])
        }
        #expect(a.nextWake == second(10))
        let announced = step(&a, &server, at: 10, reachable: false)
        #expect(announced == [.stopLeading(reason: "the lease was not renewed for 10.0 seconds")])
    }

    @Test("a process that restarts under its name counts as another leader")
    func restarts() {
        var server = LeaseServer()
        var before = candidate("a")
        _ = step(&before, &server, at: 0)
        var after = candidate("a")
        #expect(step(&after, &server, at: 1) == [.startLeading(transitions: 1)])
        #expect(step(&before, &server, at: 2) == [])
        #expect(
            step(&before, &server, at: 10).first == .stopLeading(reason: "the lease was not renewed for 10.0 seconds"))
    }

    @Test("a leader that ends leaves the lease to others at once")
    func releases() {
        var server = LeaseServer()
        var a = candidate("a")
        var b = candidate("b")
        _ = step(&a, &server, at: 0)
        _ = step(&b, &server, at: 1)
        #expect(step(&a, &server, at: 3, event: .release) == [.stopLeading(reason: "the process ends")])
        #expect(step(&b, &server, at: 4) == [.startLeading(transitions: 1)])
        #expect(a.nextWake == nil)
    }

    @Test("of two candidates that write at once the slower does not lead")
    func conflicts() {
        var server = LeaseServer()
        var a = candidate("a")
        var b = candidate("b")
        let now = second(0)
        _ = a.handle(.tick, now: now, wallClock: now, random: 0)
        _ = b.handle(.tick, now: now, wallClock: now, random: 0)
        let writeOfA = a.handle(.read(nil), now: now, wallClock: now, random: 0)
        let writeOfB = b.handle(.read(nil), now: now, wallClock: now, random: 0)
        let answers = [(writeOfA, true), (writeOfB, false)].compactMap { server.answer($0.0[0]) }
        #expect(a.handle(answers[0], now: now, wallClock: now, random: 0) == [.startLeading(transitions: 0)])
        #expect(b.handle(answers[1], now: now, wallClock: now, random: 0) == [])
    }
}
