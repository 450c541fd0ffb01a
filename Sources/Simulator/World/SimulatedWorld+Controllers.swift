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

    func isCurrent(_ id: ProcessID, _ life: Int) -> Bool { self[id]?.life == life }

    private subscript(id: ProcessID) -> ControllerProcess? {
        _read {
            switch id {
            case .centre: yield centreProcess
            case .site(let host): yield siteProcesses[host]
            }
        }
        _modify {
            switch id {
            case .centre: yield &centreProcess
            case .site(let host): yield &siteProcesses[host]
            }
        }
    }

    private func plane(of id: ProcessID) -> PlaneID {
        switch id {
        case .centre: .centre
        case .site(let host): .site(machines[host].site)
        }
    }

    mutating func start(_ id: ProcessID, _ reconcilers: [any Reconciler]) {
        lives += 1
        let machine = ControllerMachine(reconcilers: reconcilers)
        self[id] = ControllerProcess(life: lives, machine: machine)
        for action in machine.start() { send(action, from: id) }
    }

    mutating func stop(_ id: ProcessID) { self[id] = nil }

    mutating func feed(_ id: ProcessID, _ events: ControllerMachine.Event...) { feed(id, events) }

    private mutating func feed(_ id: ProcessID, _ events: [ControllerMachine.Event]) {
        let draw = chance.fraction()
        let (now, clock) = (now, wallClock(of: id.host))
        guard let actions = self[id]?.machine.handle(events, now: now, wallClock: clock, random: draw) else {
            return
        }
        for action in actions { send(action, from: id) }
        planTick(of: id)
    }

    private mutating func planTick(of id: ProcessID) {
        guard let process = self[id], let wake = process.machine.nextWake(now: now) else { return }
        if let planned = process.tick, planned <= wake { return }
        self[id]?.tick = wake
        agenda.plan(.tick(id, life: process.life), at: max(wake, now))
    }

    mutating func ring(_ id: ProcessID, _ life: Int) {
        guard isCurrent(id, life), let tick = self[id]?.tick, tick <= now else { return }
        self[id]?.tick = nil
        feed(id, .tick)
    }

    private mutating func send(_ action: ControllerMachine.Action, from id: ProcessID) {
        guard let life = self[id]?.life else { return }
        let delay = chance.duration(Self.requestTime)
        switch action {
        case .list(let kind):
            self[id]?.cursors[kind] = nil
            plan(.request(id, life: life, .list(kind)), in: delay)
        case .read(let key): plan(.request(id, life: life, .read(key)), in: delay)
        case .perform(let work): plan(.request(id, life: life, .perform(work, results: [])), in: delay)
        case .waits(let key, let waits): observe(.waits(key, waits))
        }
    }

    /// Whether the plane answers a process now.
    private func answers(_ id: ProcessID) -> Bool {
        switch id {
        case .centre: centreIsUp
        case .site(let host): siteAnswers(host) && certificatesHold(on: host)
        }
    }

    private mutating func isLost() -> Bool {
        now < networkIsLossyUntil && chance.chance(Double(lossPercent) / 100)
    }

    mutating func carryOut(_ request: ControllerRequest, of id: ProcessID, _ life: Int) {
        guard isCurrent(id, life) else { return }
        switch request {
        case .list(let kind):
            guard answers(id), !isLost() else { return repeatLater(request, of: id, life) }
            let plane = self[plane(of: id)]
            self[id]?.cursors[kind] = plane.revision
            feed(id, .listed(kind, plane.snapshot.list(kind), resourceVersion: String(plane.revision)))
        case .read(let key):
            guard answers(id), !isLost() else { return repeatLater(request, of: id, life) }
            feed(id, .read(key, self[plane(of: id)].snapshot[key]))
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
            let stored = try perform(intent, on: plane(of: id), author)
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
        let stored: Unstructured?
        switch plane {
        case .centre:
            trace.mix(UInt64(centre.revision))
            stored = try centre.perform(intent, now: now)
        case .site(let site):
            trace.mix(UInt64(sites[site].plane.revision))
            if case .evict(let pod, _) = intent { try findDrainFailing(pod, at: site) }
            stored = try sites[site].plane.perform(intent, now: now)
        }
        observe(.wrote(stored, intent, plane, author: author))
        return stored
    }

    // MARK: Watches

    /// Plans a delivery for every process whose plane has changed.
    mutating func announceNews() {
        announce(centre.takeChangedKinds(), to: .centre)
        for site in sites.indices {
            let kinds = sites[site].plane.takeChangedKinds()
            for host in sites[site].hosts where siteProcesses[host] != nil { announce(kinds, to: .site(host: host)) }
        }
    }

    private mutating func announce(_ kinds: [GroupKind], to id: ProcessID) {
        guard !kinds.isEmpty, let life = self[id]?.life, self[id]?.isAwaitingNews == false else { return }
        let plane = self[plane(of: id)]
        let isBehind = kinds.contains { kind in
            self[id]?.cursors[kind].map { $0 < plane.revision(of: kind) } ?? false
        }
        guard isBehind else { return }
        self[id]?.isAwaitingNews = true
        let slow = now < watchesAreSlowUntil ? watchDelay : .zero
        plan(.watch(id, life: life), in: chance.duration(Self.watchTime) + slow)
    }

    mutating func deliverNews(to id: ProcessID, _ life: Int) {
        guard isCurrent(id, life), let cursors = self[id]?.cursors else { return }
        guard answers(id) else {
            // The watch is cut off, and goes on where it was once the plane answers.
            return plan(.watch(id, life: life), in: .seconds(1))
        }
        let plane = self[plane(of: id)]
        let news = plane.changes(after: cursors)
        self[id]?.isAwaitingNews = false
        self[id]?.cursors = cursors.mapValues { $0 >= plane.compacted ? plane.revision : $0 }
        for (kind, event) in news {
            if case .expired = event { self[id]?.cursors[kind] = nil }
        }
        guard !news.isEmpty else { return }
        let events = news.map { ControllerMachine.Event.watched($0.kind, $0.event) }
        feed(id, now < watchesAreDoubledUntil ? events + events : events)
    }

    /// What reconcilers still want, although nothing wakes them any more.
    var restless: [String] {
        let ids = [ProcessID.centre] + machines.indices.map { ProcessID.site(host: $0) }
        return ids.flatMap { id in
            let wanted = self[id]?.machine.wanted(wallClock: wallClock(of: id.host)) ?? []
            return wanted.map { work in
                let targets = work.intents.compactMap(\.target).map(\.description).joined(separator: ", ")
                return "\(work.key.reconciler) was left asleep at \(work.key.key): it wants to write \(targets)"
            }
        }
    }

    // MARK: The centre's process

    mutating func startCentre() {
        centreIsUp = true
        tell("the centre starts")
        beginToListen()
        start(
            .centre,
            Reconcilers.centre(resolver: configuration.resolver) { text throws(UnreadableYAML) in
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
