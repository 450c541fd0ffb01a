import ControlLoop
import CorbelAPI

// Waits as they stand in `status.waits` of the objects that people look at.
extension Wait {
    var json: JSONValue {
        var json: JSONValue = [
            "reason": .string(reason), "message": .string(message), "unblockedBy": .string(unblockedBy),
        ]
        json["on"] = on.map { .string($0.description) }
        json["since"] = since.map { .string($0.rfc3339) }
        return json
    }
}

extension Resource {
    /// Replaces what `author` waits for and leaves the waits of others. A wait that goes on keeps the moment at which
    /// it began.
    mutating func setWaits(_ waits: [Wait], by author: String, now: Timestamp) {
        let present = json["status", "waits"]?.arrayValue ?? []
        if waits.isEmpty, present.isEmpty {
            json["status", "waits"] = nil
            return
        }
        let others = present.filter { $0["by"]?.stringValue != author }
        let own = present.filter { $0["by"]?.stringValue == author }
        let new = waits.map { wait in
            var entry = wait.json
            entry["by"] = .string(author)
            let before = own.first { $0["reason"] == entry["reason"] && $0["on"] == entry["on"] }
            entry["since"] = entry["since"] ?? before?["since"] ?? .string(now.rfc3339)
            return entry
        }
        // Always in the order of authors: two that write in turn must not undo each other's order.
        let all = (others + new).deduplicated().enumerated().sorted { left, right in
            let (one, other) = (left.element["by"]?.stringValue ?? "", right.element["by"]?.stringValue ?? "")
            return (one, left.offset) < (other, right.offset)
        }.map(\.element)
        json["status", "waits"] = all.isEmpty ? nil : .array(all)
    }
}

extension Array where Element == JSONValue {
    /// Two reconcilers that wait for one thing tell it once.
    fileprivate func deduplicated() -> [JSONValue] {
        // They are few, and differ early: comparing them takes less than hashing them.
        indices.filter { !self[..<$0].contains(self[$0]) }.map { self[$0] }
    }
}
