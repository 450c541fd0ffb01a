import APIMachinery
import CorbelAPI

/// One thing that an object waits for, as `status.waits` holds it.
struct WaitReason: Sendable, Hashable {
    var reason: String
    var message: String
    /// The object that is waited for; empty where there is none.
    var on: String
    var since: Timestamp?
    var unblockedBy: String

    init(json: JSONValue) {
        reason = json["reason"]?.stringValue ?? ""
        message = json["message"]?.stringValue ?? ""
        on = json["on"]?.stringValue ?? ""
        since = json["since"]?.stringValue.flatMap(Timestamp.init(rfc3339:))
        unblockedBy = json["unblockedBy"]?.stringValue ?? ""
    }

    static func all(of object: some Resource) -> [WaitReason] {
        (object.json["status", "waits"]?.arrayValue ?? []).map(WaitReason.init(json:))
    }

    /// `{reason, message, on?, since?, ageSeconds?, unblockedBy}`. The age is counted when it is shown.
    func json(now: Timestamp) -> JSONValue {
        var json: JSONValue = [
            "reason": .string(reason), "message": .string(message), "unblockedBy": .string(unblockedBy),
        ]
        if !on.isEmpty { json["on"] = .string(on) }
        json["since"] = since.map { .string($0.rfc3339) }
        json["ageSeconds"] = since.map { .integer(max(0, (now - $0).components.seconds)) }
        return json
    }

    /// The wait for people: what, on whom, since when, and what would end it.
    func lines(now: Timestamp) -> [String] {
        var lines = [message]
        if !on.isEmpty { lines.append("    on:         \(on)") }
        if let since { lines.append("    since:      \(HumanDuration.text(max(now - since, .zero))) ago (\(since))") }
        if !unblockedBy.isEmpty { lines.append("    ends when:  \(unblockedBy)") }
        return lines
    }
}
