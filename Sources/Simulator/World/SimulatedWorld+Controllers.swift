import ControlLoop
import CorbelAPI
import Lifecycle

/// A `ControllerMachine` while its process lives, and how far its watches are.
struct ControllerProcess: Sendable {
    let life: Int
    var machine: ControllerMachine
    /// Up to which revision each kind has been delivered.
    var cursors: [GroupKind: Int] = [:]
    /// Whether a delivery is planned.
    var isAwaitingNews = false
    var tick: Timestamp?
}

/// The shell of the reconcilers: requests take time, and may get lost.
extension SimulatedWorld {
    private static let requestTime = Duration.milliseconds(2)...Duration.milliseconds(20)
    private static let watchTime = Duration.milliseconds(5)...Duration.milliseconds(50)
    /// How long the shell waits for an answer.
    private static let patience = Duration.seconds(10)

    func isCurrent(_ id: ProcessID, _ life: Int) -> Bool { processes[id]?.life == life }

    mutating func start(_ id: ProcessID, _ reconcilers: [any Reconciler]) {
        lives += 1
        let machine = ControllerMachine(reconcilers: reconcilers)
        processes[id] = ControllerProcess(life: lives, machine: machine)
        for action in machine.start() { send(action, from: id) }
    }

    mutating func stop(_ id: ProcessID) { processes[id] = nil }

    mutating func feed(_ id: ProcessID, _ events: ControllerMachine.Event...) { feed(id, events) }

    private mutating func feed(_ id: ProcessID, _ events: [ControllerMachine.Event]) {
        let draw = chance.fraction()
        let clock = wallClock(of: id.host)
        guard let actions = processes[id]?.machine.handle(events, now: now, wallClock: clock, random: draw) else {
            return
        }
        for action in actions { send(action, from: id) }
        planTick(of: id)
    }

    private mutating func planTick(of id: ProcessID) {
        guard let process = processes[id], let wake = process.machine.nextWake(now: now) else { return }
        if let planned = process.tick, planned <= wake { return }
        processes[id]?.tick = wake
        agenda.plan(.tick(id, life: process.life), at: max(wake, now))
    }

    mutating func ring(_ id: ProcessID, _ life: Int) {
        guard isCurrent(id, life), let tick = processes[id]?.tick, tick <= now else { return }
        processes[id]?.tick = nil
        feed(id, .tick)
    }

    private mutating func send(_ action: ControllerMachine.Action, from id: ProcessID) {
        guard let life = processes[id]?.life else { return }
        let delay = chance.duration(Self.requestTime)
        switch action {
        case .list(let kind):
            processes[id]?.cursors[kind] = nil
            plan(.request(id, life: life, .list(kind)), in: delay)
        case .read(let key): plan(.request(id, life: life, .read(key)), in: delay)
        case .perform(let work): plan(.request(id, life: life, .perform(work, results: [])), in: delay)
        case .waits(let key, let waits): observe(.waits(key, waits))
        }
    }

    /// Whether the plane answers a process now.
    private func answers(_ id: ProcessID) -> Bool { id.host.map(siteAnswers) ?? centreIsUp }

    private mutating func isLost() -> Bool {
        now < networkIsLossyUntil && chance.chance(Double(lossPercent) / 100)
    }

    mutating func carryOut(_ request: ControllerRequest, of id: ProcessID, _ life: Int) {
        guard isCurrent(id, life) else { return }
        switch request {
        case .list(let kind):
            guard answers(id), !isLost() else { return repeatLater(request, of: id, life) }
            let plane = id == .centre ? centre : site
            processes[id]?.cursors[kind] = plane.revision
            feed(id, .listed(kind, plane.snapshot.list(kind), resourceVersion: String(plane.revision)))
        case .read(let key):
            guard answers(id), !isLost() else { return repeatLater(request, of: id, life) }
            feed(id, .read(key, (id == .centre ? centre : site).snapshot[key]))
        case .perform(let work, let results): carryOut(work, results, of: id, life)
        }
    }

    private mutating func repeatLater(_ request: ControllerRequest, of id: ProcessID, _ life: Int) {
        plan(.request(id, life: life, request), in: chance.duration(.milliseconds(500)...(.seconds(5))))
    }

    private mutating func carryOut(
        _ work: ControllerMachine.Work, _ results: [ControllerMachine.WriteResult], of id: ProcessID, _ life: Int
    ) {
        let intent = work.intents[results.count]
        let result = write(intent, by: id, work.key.reconciler)
        let all = results + [result]
        let isOver = all.count == work.intents.count || Self.ends(intent, result)
        let delay = result == .unanswered ? Self.patience : chance.duration(Self.requestTime)
        if isOver {
            plan(.answer(id, life: life, .performed(work.key, all)), in: delay)
        } else {
            plan(.request(id, life: life, .perform(work, results: all)), in: delay)
        }
    }

    /// Whether what follows in the work is left out: a refused eviction stops nothing.
    private static func ends(_ intent: Intent, _ result: ControllerMachine.WriteResult) -> Bool {
        switch result {
        case .done: return false
        case .unanswered: return true
        case .failed(let error):
            if case .evict = intent { return error.reason != .tooManyRequests }
            return true
        }
    }

    private mutating func write(
        _ intent: Intent, by id: ProcessID, _ author: String
    ) -> ControllerMachine.WriteResult {
        guard answers(id) else { return .unanswered }
        let isLost = isLost()
        // Half of what is lost is lost on its way back.
        if isLost, chance.chance(0.5) { return .unanswered }
        do {
            let stored = try perform(intent, on: id.plane, author)
            return isLost ? .unanswered : .done(stored)
        } catch {
            return isLost ? .unanswered : .failed(error)
        }
    }

    /// Carries out a write, and lets the laws look at it first.
    mutating func perform(
        _ intent: Intent, on plane: PlaneID, _ author: String
    ) throws(StatusError) -> Unstructured? {
        observe(.write(intent, plane, author: author))
        trace.mix(UInt64(truncatingIfNeeded: centre.revision &* 31 &+ site.revision))
        switch plane {
        case .centre: return try centre.perform(intent, now: now)
        case .site: return try site.perform(intent, now: now)
        }
    }

    // MARK: Watches

    /// Plans a delivery for every process whose plane has changed.
    mutating func announceNews() {
        // In an order that every run has: a dictionary has none.
        for id in processes.keys.sorted() {
            guard let process = processes[id], !process.isAwaitingNews else { continue }
            let revision = id == .centre ? centre.revision : site.revision
            guard process.cursors.values.contains(where: { $0 < revision }) else { continue }
            processes[id]?.isAwaitingNews = true
            let slow = now < watchesAreSlowUntil ? watchDelay : .zero
            plan(.watch(id, life: process.life), in: chance.duration(Self.watchTime) + slow)
        }
    }

    mutating func deliverNews(to id: ProcessID, _ life: Int) {
        guard isCurrent(id, life), let cursors = processes[id]?.cursors else { return }
        guard answers(id) else {
            // The watch is cut off, and goes on where it was once the plane answers.
            return plan(.watch(id, life: life), in: .seconds(1))
        }
        let plane = id == .centre ? centre : site
        let news = plane.changes(after: cursors)
        processes[id]?.isAwaitingNews = false
        for kind in cursors.keys where (cursors[kind] ?? 0) >= plane.compacted {
            processes[id]?.cursors[kind] = plane.revision
        }
        for (kind, event) in news {
            if case .expired = event { processes[id]?.cursors[kind] = nil }
        }
        guard !news.isEmpty else { return }
        let events = news.map { ControllerMachine.Event.watched($0.kind, $0.event) }
        feed(id, now < watchesAreDoubledUntil ? events + events : events)
    }

    // MARK: The centre's process

    mutating func startCentre() {
        centreIsUp = true
        tell("the centre starts")
        start(
            .centre,
            Reconcilers.centre(resolver: SimulatedProfiles()) { text throws(UnreadableYAML) in
                // JSON is YAML enough here.
                do {
                    return try JSONValue(parsing: Array(text.utf8))
                } catch {
                    throw UnreadableYAML(line: 1, column: 1)
                }
            } + Reconcilers.bootstrapPlane() + configuration.plantedAtCentre)
    }

    mutating func killCentre(for off: Duration) {
        guard centreIsUp else { return }
        tell("the centre is killed")
        centreIsUp = false
        stop(.centre)
        plan(.centreStarts, in: off)
    }
}
