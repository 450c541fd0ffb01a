import ControlLoop
import CorbelAPI
import Revisions

/// What a ClusterUpdate's status says.
struct UpdateStatus {
    private var update: ClusterUpdate

    init(_ update: ClusterUpdate) { self.update = update }

    mutating func begin(now: Timestamp) {
        update.phase = .progressing
        if update.json["status", "startedAt"] == nil { update.json["status", "startedAt"] = .string(now.rfc3339) }
        if update.json["status", "attempt"] == nil { update.json["status", "attempt"] = 1 }
        set("Approved", .isTrue, "Approved", "", now)
        set("Halted", .isFalse, "NotHalted", "", now)
    }

    mutating func pause(now: Timestamp) {
        guard update.json["status", "startedAt"] != nil else { return }
        update.phase = .paused
    }

    mutating func halt(reason: String, message: String, now: Timestamp) {
        begin(now: now)
        update.phase = .halted
        set("Halted", .isTrue, reason, message, now)
    }

    mutating func retry(attempt: Int, now: Timestamp) {
        update.json["status", "attempt"] = JSONValue(attempt)
        begin(now: now)
    }

    mutating func abort(now: Timestamp) {
        update.phase = .aborted
        set("Halted", .isFalse, "Aborted", "", now)
    }

    mutating func supersede(now: Timestamp) {
        update.phase = .superseded
        set("Approved", .isFalse, "Superseded", "a later update has begun", now)
    }

    mutating func complete(now: Timestamp) {
        update.phase = .completed
        update.json["status", "completedAt"] = .string(now.rfc3339)
    }

    /// Each host's progress. A host whose phase stays keeps the moment at which the phase began; and each keeps when it
    /// was first disturbed and when it was through, which its forecast is laid beside, and when the phases of its task
    /// began, which later forecasts take their durations from.
    mutating func note(_ hosts: [HostRollout], now: Timestamp) {
        let before = update.json["status", "hosts"]?.arrayValue ?? []
        let entries = hosts.map { host -> JSONValue in
            let phase = Self.phase(of: host)
            let previous = before.first { $0["name"]?.stringValue == host.host }
            let since = previous?["phase"]?.stringValue == phase ? previous?["since"] : nil
            var entry: JSONValue = [
                "name": .string(host.host), "phase": .string(phase), "since": since ?? .string(now.rfc3339),
            ]
            entry["beganAt"] = previous?["beganAt"] ?? (host.isDisturbed ? .string(now.rfc3339) : nil)
            if host.taskStatus?.phase == .done || host.stage == .done {
                entry["endedAt"] = previous?["endedAt"] ?? (host.hasTask ? .string(now.rfc3339) : nil)
            }
            if let task = host.taskStatus {
                entry["task"] = .string(task.phase.rawValue)
                entry["phases"] = Self.phases(previous?["phases"]?.arrayValue ?? [], task, now: now)
                entry["message"] = task.message.isEmpty ? nil : .string(task.message)
                entry["cause"] = task.cause.map { .string($0.rawValue) }
            }
            return entry
        }
        update.json["status", "hosts"] = .array(entries)
        let touched = hosts.filter(\.impact.touchesHosts)
        update.json["status", "totalHosts"] = JSONValue(touched.count)
        update.json["status", "updatedHosts"] = JSONValue(touched.filter { $0.stage == .done }.count)
    }

    /// With the task's present phase, by the host's own clock. An attempt begins the list anew, so that it ends.
    private static func phases(_ before: [JSONValue], _ task: HostTaskStatus, now: Timestamp) -> JSONValue {
        let present = task.phase.rawValue
        let last = before.last?["phase"]?.stringValue
        if last == present { return .array(before) }
        let beginsAnew =
            task.phase == .accepted || last.flatMap(HostTaskStatus.Phase.init)?.isFinal == true
            || before.count >= HostTaskStatus.Phase.allCases.count
        let entry: JSONValue = ["phase": .string(present), "since": .string((task.since ?? now).rfc3339)]
        return .array((beginsAnew ? [] : before) + [entry])
    }

    private static func phase(of host: HostRollout) -> String {
        if host.stage == .prepared, host.isCordoned { return "Draining" }
        if host.stage == .failed, host.taskStatus?.phase == .reverted { return "Reverted" }
        return host.stage.rawValue
    }

    func written(waits: [Wait], author: String, now: Timestamp) -> ClusterUpdate {
        var written = update
        written.phase = update.phase
        written.observedGeneration = update.generation
        written.setWaits(written.isFinal ? [] : waits, by: author, now: now)
        return written
    }

    private mutating func set(
        _ type: String, _ status: Condition.Status, _ reason: String, _ message: String, _ now: Timestamp
    ) {
        update.set(Condition(type, status, reason: reason, message: message), now: now)
    }
}
