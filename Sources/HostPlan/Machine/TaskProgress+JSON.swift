public import CorbelAPI

extension TaskProgress {
    public var json: JSONValue {
        var json: JSONValue = [
            "task": task.json, "step": .string(step.rawValue), "bootID": .string(bootID), "boots": JSONValue(boots),
            "reason": .string(reason), "message": .string(message), "cannotBeUndone": JSONValue(cannotBeUndone),
        ]
        json["since"] = since.map { .string($0.rfc3339) }
        json["previous"] = previous?.json
        json["newSlot"] = newSlot.map { .string($0.rawValue) }
        json["clock"] = clock?.json
        json["cause"] = cause.map { .string($0.rawValue) }
        json["result"] = result
        return json
    }

    public init?(json: JSONValue) {
        guard let task = json["task"].flatMap(HostTask.init(json:)),
            let step = json["step"]?.stringValue.flatMap(Step.init),
            let bootID = json["bootID"]?.stringValue
        else { return nil }
        self.init(
            task: task, step: step, previous: json["previous"].flatMap(HostState.init(json:)),
            newSlot: json["newSlot"]?.stringValue.flatMap(Slot.init), bootID: bootID)
        since = json["since"]?.stringValue.flatMap(Timestamp.init(rfc3339:))
        boots = json["boots"]?.intValue ?? 0
        clock = json["clock"].flatMap(ValidationClock.init(json:))
        cause = json["cause"]?.stringValue.flatMap(HostTaskStatus.Cause.init)
        reason = json["reason"]?.stringValue ?? ""
        message = json["message"]?.stringValue ?? ""
        cannotBeUndone = (json["cannotBeUndone"]?.arrayValue ?? []).compactMap(\.stringValue)
        result = json["result"]
    }
}

extension ValidationClock {
    var json: JSONValue {
        [
            "bootID": .string(bootID), "countedToMilliseconds": .integer(countedTo.wholeMilliseconds),
            "elapsedMilliseconds": .integer(elapsed.wholeMilliseconds),
            "excusedMilliseconds": .integer(excused.wholeMilliseconds),
        ]
    }

    init?(json: JSONValue) {
        guard let bootID = json["bootID"]?.stringValue, let countedTo = json["countedToMilliseconds"]?.intValue,
            let elapsed = json["elapsedMilliseconds"]?.intValue, let excused = json["excusedMilliseconds"]?.intValue
        else { return nil }
        self.init(bootID: bootID, uptime: .milliseconds(countedTo))
        self.elapsed = .milliseconds(elapsed)
        self.excused = .milliseconds(excused)
    }
}

extension Duration {
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
