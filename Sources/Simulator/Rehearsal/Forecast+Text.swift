import Revisions

extension Forecast {
    /// For people, lines.
    public var text: String {
        var lines = ["Rehearsed: \(headline)"]
        if let total { lines.append("  from the approval to the end \(total.text)") }
        if let imageBytes {
            let (each, all) = (ByteCount.text(imageBytes), ByteCount.text(imageBytes * Int64(fetchingHosts)))
            lines.append("  \(fetchingHosts) hosts fetch \(each) each, \(all) in all")
        }
        for host in hosts {
            let begins = host.begins.map { "from \(Self.clock($0.typical))" } ?? "not disturbed"
            let down = host.down.map { ", away for \($0.text)" } ?? ""
            lines.append("  \(host.name)  \(host.impact)  \(begins)\(down)")
        }
        lines += workloads.map(\.line)
        lines.append("If something goes wrong:")
        for trial in trials { lines += trial.lines }
        lines.append(durations.text)
        lines.append("Of all pods it knows those of the layers' Deployments.")
        return lines.joined(separator: "\n") + "\n"
    }

    private var headline: String {
        switch ending {
        case .completes:
            "it comes through" + (isSafe ? ", and nothing that was tried takes the cluster away" : "")
        case .halts(let why, _): "it halts: \(why)"
        case .waits(let why, let goesOn): "it waits: \(why); until \(goesOn)"
        case .breaksALaw(let text): "it breaks a law of the house, which is a fault of Corbel's: \(text)"
        }
    }

    /// Minutes and seconds.
    fileprivate static func clock(_ duration: Duration) -> String {
        let seconds = duration.components.seconds
        let rest = seconds % 60
        return "\(seconds / 60):\(rest < 10 ? "0" : "")\(rest)"
    }
}

extension StepDurations {
    /// A line on where the durations come from.
    fileprivate var text: String {
        let known = Step.allCases.filter { self[$0].observations > 0 }.map { $0.rawValue.lowercased() }
        guard !known.isEmpty else { return "Durations are Corbel's defaults: the cluster has no history of them." }
        let all = "Durations are what this cluster's hosts took before"
        return known.count == Step.allCases.count
            ? all + "." : all + " (\(known.joined(separator: ", "))), the others Corbel's defaults."
    }
}

extension Forecast.Span {
    fileprivate var text: String {
        let (low, high) = (Forecast.clock(atLeast), Forecast.clock(atMost))
        let middle = Forecast.clock(typical)
        return low == high ? "\(middle) min" : "\(middle) min (\(low) to \(high))"
    }
}

extension Forecast.Workload {
    fileprivate var line: String {
        let stay = "  \(namespace)/\(name)  \(least) of \(pods) pods stay ready"
        guard let short, short.atMost > .zero else { return stay }
        return stay + ", fewer than all for \(short.text)"
    }
}

extension Forecast.Trial {
    fileprivate var lines: [String] {
        let cluster = run.clusterAnswers ? "" : "; the cluster's API does not answer then"
        switch run.ending {
        case .completes: return ["  \(mishap.text): ends well\(cluster)"]
        case .halts(let why, let goesOn):
            return ["  \(mishap.text): halts\(cluster)", "      \(why)", "      then: \(goesOn)"]
        case .waits(let why, let goesOn):
            return ["  \(mishap.text): waits\(cluster)", "      \(why)", "      until: \(goesOn)"]
        case .breaksALaw(let text): return ["  \(mishap.text): BREAKS A LAW: \(text)"]
        }
    }
}
