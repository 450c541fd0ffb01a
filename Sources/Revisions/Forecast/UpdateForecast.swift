public import CorbelAPI

/// What an update's forecast says: `spec.forecast`, as the module `Simulator` writes it.
public struct UpdateForecast: Sendable, Hashable {
    /// Of several runs the middle one, the shortest and the longest.
    public struct Span: Sendable, Hashable {
        public var typical: Duration
        public var atLeast: Duration
        public var atMost: Duration

        public init(typical: Duration, atLeast: Duration, atMost: Duration) {
            self.typical = typical
            self.atLeast = atLeast
            self.atMost = atMost
        }
    }

    public struct Host: Sendable, Hashable {
        public var name: String
        /// When it is disturbed first, and when it is through, counted from the approval.
        public var begins: Span?
        public var ends: Span?
    }

    public var isSafe: Bool
    /// `Completes` where it comes through, if nothing goes wrong.
    public var ending: String
    public var total: Span?
    public var hosts: [Host]
    /// The mishaps that take the cluster's API away, in words.
    public var dangers: [String]

    /// Nil where the update has no forecast, or one of another revision.
    public init?(of update: ClusterUpdate) {
        guard let json = update.forecast, json["toRevision"]?.stringValue == update.toRevision,
            let isSafe = json["safe"]?.boolValue
        else { return nil }
        self.isSafe = isSafe
        ending = json["ending"]?.stringValue ?? ""
        total = json["totalSeconds"].flatMap(Span.init(json:))
        hosts = (json["hosts"]?.arrayValue ?? []).map { host in
            Host(
                name: host["name"]?.stringValue ?? "", begins: host["beginsSeconds"].flatMap(Span.init(json:)),
                ends: host["endsSeconds"].flatMap(Span.init(json:)))
        }
        dangers = (json["mishaps"]?.arrayValue ?? []).filter(Self.isDanger).compactMap { $0["text"]?.stringValue }
    }

    private static func isDanger(_ mishap: JSONValue) -> Bool {
        switch mishap["ending"]?.stringValue {
        case "Completes": false
        case "BreaksALaw": true
        default: mishap["clusterAnswers"]?.boolValue != true
        }
    }
}

extension UpdateForecast.Span {
    /// Reads `{typical, atLeast, atMost}`, in seconds.
    init?(json: JSONValue) {
        guard let typical = json["typical"]?.intValue, let atLeast = json["atLeast"]?.intValue,
            let atMost = json["atMost"]?.intValue
        else { return nil }
        self.init(typical: .seconds(typical), atLeast: .seconds(atLeast), atMost: .seconds(atMost))
    }

    /// `{typical, atLeast, atMost}`, in seconds.
    public var json: JSONValue {
        [
            "typical": JSONValue(typical.components.seconds), "atLeast": JSONValue(atLeast.components.seconds),
            "atMost": JSONValue(atMost.components.seconds),
        ]
    }
}
