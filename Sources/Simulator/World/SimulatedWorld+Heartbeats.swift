import ControlLoop
import CorbelAPI

/// Heartbeats of hosts, and what the centre writes when the answer to "has it been heard of in time" changes.
extension SimulatedWorld {
    /// As the shipped centre and agent have them unless they are told otherwise.
    static let heartbeatTimeout = Duration.seconds(300)
    private static let heartbeatInterval = Duration.seconds(30)
    private static let checkInterval = Duration.seconds(15)

    /// An agent reaches the centre.
    mutating func beat(from host: Int) {
        machines[host].reachedCentreAt = now
        guard now - machines[host].beatAt >= Self.heartbeatInterval else { return }
        machines[host].beatAt = now
        let change = heartbeats.heard(machines[host].name, at: now - Self.start)
        if change != nil { write(.reachable, of: machines[host].name) }
    }

    /// A centre that has just started knows nothing of anybody.
    mutating func beginToListen() {
        centreStartedAt = now
        heartbeats = HeartbeatWatch(timeout: Self.heartbeatTimeout)
        for machine in machines { heartbeats.expect(machine.name, at: now - Self.start) }
        // Where a condition stands, it may say what was true before the start.
        for machine in machines where condition(of: machine.name) != nil { write(.unknown, of: machine.name) }
    }

    mutating func listenForHeartbeats() {
        guard centreIsUp, now >= heartbeatsAreDueAt else { return }
        heartbeatsAreDueAt = now + Self.checkInterval
        for change in heartbeats.expire(at: now - Self.start) { write(change.state, of: change.host) }
    }

    private func condition(of host: String) -> Condition? {
        centre.get(EdgeHost.self, namespace: Self.namespace, name: host)?.condition("Reachable")
    }

    private mutating func write(_ state: Reachability, of host: String) {
        let condition = state.condition(timeout: Self.heartbeatTimeout)
        let now = now
        centre.change(EdgeHost.self, namespace: Self.namespace, name: host, now: now) { $0.set(condition, now: now) }
    }
}
