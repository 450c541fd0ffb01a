/// One observation about an object (`metav1.Condition`).
public struct Condition: Sendable, Hashable {
    public enum Status: String, Sendable, Hashable {
        case isTrue = "True"
        case isFalse = "False"
        case unknown = "Unknown"

        public init(_ value: Bool) { self = value ? .isTrue : .isFalse }
    }

    public var type: String
    public var status: Status
    /// One word in CamelCase that programs branch on.
    public var reason: String
    /// A sentence for people.
    public var message: String
    public var lastTransitionTime: Timestamp?
    public var observedGeneration: Int?

    public init(_ type: String, _ status: Status, reason: String, message: String = "", observedGeneration: Int? = nil)
    {
        self.type = type
        self.status = status
        self.reason = reason
        self.message = message
        self.observedGeneration = observedGeneration
    }

    init?(json: JSONValue) {
        guard let type = json["type"]?.stringValue else { return nil }
        self.type = type
        status = json["status"]?.stringValue.flatMap(Status.init) ?? .unknown
        reason = json["reason"]?.stringValue ?? ""
        message = json["message"]?.stringValue ?? ""
        lastTransitionTime = json["lastTransitionTime"]?.stringValue.flatMap(Timestamp.init(rfc3339:))
        observedGeneration = json["observedGeneration"]?.intValue
    }

    /// Writes the fields of this condition over `previous`, which may hold fields of a newer version.
    func json(over previous: JSONValue?) -> JSONValue {
        var json = previous ?? [:]
        json["type"] = .string(type)
        json["status"] = .string(status.rawValue)
        json["reason"] = .string(reason)
        json["message"] = .string(message)
        json["lastTransitionTime"] = lastTransitionTime.map { .string($0.rfc3339) }
        json["observedGeneration"] = observedGeneration.map { JSONValue($0) }
        return json
    }
}

extension Resource {
    public var conditions: [Condition] {
        (json["status", "conditions"]?.arrayValue ?? []).compactMap(Condition.init(json:))
    }

    @inlinable public func condition(_ type: String) -> Condition? { json.condition(type) }

    /// Whether the condition is there and true.
    @inlinable public func isTrue(_ type: String) -> Bool { json.isTrue(type) }

    /// Puts a condition into `status.conditions`. The time of the last transition changes with the status only.
    @inlinable public mutating func set(_ condition: Condition, now: Timestamp) { json.set(condition, now: now) }

    public mutating func removeCondition(_ type: String) {
        guard let list = json["status", "conditions"]?.arrayValue else { return }
        json["status", "conditions"] = .array(list.filter { $0["type"]?.stringValue != type })
    }
}

// The same of an object's tree.
extension JSONValue {
    @usableFromInline func condition(_ type: String) -> Condition? {
        // Only the one that is asked for is decoded: reconcilers ask for single conditions all the time.
        conditionTree(type).flatMap(Condition.init(json:))
    }

    @usableFromInline func isTrue(_ type: String) -> Bool {
        conditionTree(type)?["status"]?.stringValue == Condition.Status.isTrue.rawValue
    }

    private func conditionTree(_ type: String) -> JSONValue? {
        self["status", "conditions"]?.arrayValue?.first { $0["type"]?.stringValue == type }
    }

    @usableFromInline mutating func set(_ condition: Condition, now: Timestamp) {
        var list = self["status", "conditions"]?.arrayValue ?? []
        let index = list.firstIndex { $0["type"]?.stringValue == condition.type }
        let previous = index.map { list[$0] }
        var updated = condition
        let before = previous.flatMap(Condition.init(json:))
        updated.lastTransitionTime = before?.status == condition.status ? before?.lastTransitionTime ?? now : now
        // Reconcilers set every condition each time, and most are what they were.
        if updated == before { return }
        if let index {
            list[index] = updated.json(over: previous)
        } else {
            list.append(updated.json(over: nil))
        }
        self["status", "conditions"] = .array(list)
    }
}
