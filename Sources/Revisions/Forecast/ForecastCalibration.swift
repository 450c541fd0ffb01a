public import CorbelAPI

/// A forecast laid beside what happened, once the update is through.
///
/// Times are counted from the rollout's first step at the site, which follows the approval's arrival there, by the
/// clock of the site alone. A pause or another attempt is part of what happened.
public struct ForecastCalibration: Sendable, Hashable {
    public struct Comparison: Sendable, Hashable {
        public var expected: UpdateForecast.Span
        public var actual: Duration

        /// Moments are recorded in whole seconds: one more or less is none.
        public var isWithin: Bool {
            actual >= expected.atLeast - .seconds(1) && actual <= expected.atMost + .seconds(1)
        }

        init?(_ expected: UpdateForecast.Span?, from start: Timestamp, to moment: Timestamp?) {
            guard let expected, let moment else { return nil }
            self.expected = expected
            actual = moment - start
        }
    }

    public struct Host: Sendable, Hashable {
        public var name: String
        /// When it was disturbed first; absent where one of the two sides does not know.
        public var begins: Comparison?
        /// When it was through.
        public var ends: Comparison?
    }

    public var total: Comparison
    /// In the order of the forecast.
    public var hosts: [Host]

    /// Nil before the update is through, and where it has no forecast to compare.
    public init?(of update: ClusterUpdate) {
        guard update.phase == .completed, let forecast = UpdateForecast(of: update),
            let start = update.json["status"].flatMap({ Self.moment($0, "startedAt") }),
            let end = update.json["status"].flatMap({ Self.moment($0, "completedAt") }),
            let total = Comparison(forecast.total, from: start, to: end)
        else { return nil }
        self.total = total
        let reported = update.json["status", "hosts"]?.arrayValue ?? []
        hosts = forecast.hosts.compactMap { host in
            guard let entry = reported.first(where: { $0["name"]?.stringValue == host.name }) else { return nil }
            return Host(
                name: host.name, begins: Comparison(host.begins, from: start, to: Self.moment(entry, "beganAt")),
                ends: Comparison(host.ends, from: start, to: Self.moment(entry, "endedAt")))
        }
    }

    private static func moment(_ json: JSONValue, _ field: String) -> Timestamp? {
        json[field]?.stringValue.flatMap(Timestamp.init(rfc3339:))
    }

    /// Whether all that can be compared happened when it was expected.
    public var isWithin: Bool {
        ([total] + hosts.flatMap { [$0.begins, $0.ends].compactMap(\.self) }).allSatisfy(\.isWithin)
    }

    /// `{within, total, hosts: [{name, begins?, ends?}]}`, where `total`, `begins` and `ends` are `{expectedSeconds:
    /// {typical, atLeast, atMost}, actualSeconds, within}`. Fields are added, never changed.
    public var json: JSONValue {
        [
            "within": .bool(isWithin), "total": total.json,
            "hosts": .array(
                hosts.map { host in
                    var json: JSONValue = ["name": .string(host.name)]
                    json["begins"] = host.begins?.json
                    json["ends"] = host.ends?.json
                    return json
                }),
        ]
    }
}

extension ForecastCalibration.Comparison {
    fileprivate var json: JSONValue {
        [
            "expectedSeconds": expected.json, "actualSeconds": JSONValue(actual.components.seconds),
            "within": .bool(isWithin),
        ]
    }
}
