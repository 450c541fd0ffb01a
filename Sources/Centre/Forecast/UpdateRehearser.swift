public import CorbelAPI
public import Revisions

/// Tries a change out, apart from the centre: what takes minutes of a processor, and may fail in ways of its own, is
/// not for the process that serves.
public protocol UpdateRehearser: Sendable {
    /// - Throws: `CancellationError` alone, when the task is cancelled; nothing goes on by then.
    func rehearse(_ change: ProposedChange) async throws -> RehearsalOutcome
}

/// What came of a rehearsal.
public enum RehearsalOutcome: Sendable, Hashable {
    /// The forecast as `corbel plan -o json` prints it.
    case forecast(JSONValue)
    case refused(RehearsalObstacle)
}

/// Why there is no forecast.
public struct RehearsalObstacle: Sendable, Hashable {
    /// One word in CamelCase.
    public var reason: String
    /// A sentence.
    public var message: String

    public init(_ reason: String, _ message: String) {
        self.reason = reason
        // A cluster of many hosts may have as many reasons; a sentence is for people.
        self.message = String(message.prefix(1000))
    }

    public var json: JSONValue { ["reason": .string(reason), "message": .string(message)] }

    public init?(json: JSONValue) {
        guard let reason = json["reason"]?.stringValue, let message = json["message"]?.stringValue else { return nil }
        self.init(reason, message)
    }
}
