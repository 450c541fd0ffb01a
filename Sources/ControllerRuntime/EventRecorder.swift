import ControlLoop
import CorbelAPI
import Effects
import ResourceClient

/// Takes events for people.
protocol EventSink: Sendable {
    /// Never fails: an event that cannot be written is lost, and nothing else.
    func record(_ event: EventIntent) async
}

/// Writes events as core/v1 Events. The same event about the same object raises the count of the one that is there.
struct EventRecorder: EventSink {
    let client: any ResourceClient
    let component: String
    let time: any TimeSource
    let random: any RandomSource

    func record(_ event: EventIntent) async {
        do {
            try await write(event)
        } catch {
            // Events are help for people; no decision rests on one.
            return
        }
    }

    private func write(_ event: EventIntent) async throws {
        let namespace = event.about.namespace.isEmpty ? "default" : event.about.namespace
        let digest = StableHash.of("\(event.about) \(event.uid) \(event.reason) \(event.message)".utf8)
        let name = "\(event.about.name).\(String(digest, radix: 16))"
        if var present = try await client.find(Event.self, namespace: namespace, name: name) {
            present.json["count"] = JSONValue((present.json["count"]?.intValue ?? 1) + 1)
            present.json["lastTimestamp"] = .string(time.now.rfc3339)
            _ = try await client.update(present, by: component)
            return
        }
        var new = Event(namespace: namespace, name: name)
        new.json["involvedObject"] = [
            "kind": .string(event.about.kind.kind), "namespace": .string(event.about.namespace),
            "name": .string(event.about.name), "uid": .string(event.uid),
        ]
        new.json["reason"] = .string(event.reason)
        new.json["message"] = .string(event.message)
        new.json["type"] = .string(event.level.rawValue)
        new.json["source"] = ["component": .string(component)]
        new.json["reportingComponent"] = .string(component)
        new.json["firstTimestamp"] = .string(time.now.rfc3339)
        new.json["lastTimestamp"] = .string(time.now.rfc3339)
        new.json["count"] = 1
        _ = try await client.create(new, by: component)
    }
}
