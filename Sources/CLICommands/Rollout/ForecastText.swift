import APIMachinery
import CorbelAPI
import Revisions

/// What an update's forecast says, and how true it was, for people.
struct ForecastText: Sendable {
    let update: ClusterUpdate

    /// Such as `2m29s (129s to 2m54s), safe`; nil where there is nothing to say.
    var sentence: String? {
        if let refused = update.forecast?["refused"] {
            return "none: \(refused["message"]?.stringValue ?? refused["reason"]?.stringValue ?? "")"
        }
        guard let forecast = UpdateForecast(of: update) else {
            return update.awaitsApproval ? "not rehearsed yet" : nil
        }
        let time = forecast.total.map { Self.text($0) + ", " } ?? ""
        return time + Self.judgement(forecast)
    }

    private static func judgement(_ forecast: UpdateForecast) -> String {
        guard forecast.ending == "Completes" else { return "not safe: it does not come through (\(forecast.ending))" }
        guard !forecast.isSafe else { return "safe" }
        return "not safe: " + forecast.dangers.joined(separator: "; ")
    }

    /// A row for each host and one in all: what was expected, what happened, and whether the one holds the other.
    var calibration: String {
        guard let calibration = ForecastCalibration(of: update) else { return "" }
        let hosts = calibration.hosts.map { host in
            [host.name, Self.cell(host.begins), Self.cell(host.ends), Self.verdict([host.begins, host.ends])]
        }
        let total = ["in all", "", Self.cell(calibration.total), Self.verdict([calibration.total])]
        let title = "\nForecast and what happened, from the first step:\n"
        return title + TextTable(["Host", "Begins", "Ends", "Within"], hosts + [total]).text
    }

    private static func cell(_ comparison: ForecastCalibration.Comparison?) -> String {
        comparison.map { "\(text($0.expected)): \(HumanDuration.text($0.actual))" } ?? ""
    }

    private static func verdict(_ comparisons: [ForecastCalibration.Comparison?]) -> String {
        let known = comparisons.compactMap(\.self)
        return known.isEmpty ? "" : known.allSatisfy(\.isWithin) ? "yes" : "no"
    }

    private static func text(_ span: UpdateForecast.Span) -> String {
        let (least, most) = (HumanDuration.text(span.atLeast), HumanDuration.text(span.atMost))
        let typical = HumanDuration.text(span.typical)
        return least == most ? typical : "\(typical) (\(least) to \(most))"
    }
}
