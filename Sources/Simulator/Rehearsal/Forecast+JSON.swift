public import CorbelAPI
import Revisions

extension Forecast {
    /// `{cluster, fromRevision, toRevision, safe, ending, durations, steps: [{step, atLeastSeconds, atMostSeconds,
    /// observations}], fetch?: {imageBytes, hosts, totalBytes}, totalSeconds, hosts: [{name, impact,
    /// beginsSeconds, endsSeconds, downSeconds}], workloads: [{namespace, name, pods, stayReady, shortSeconds}],
    /// mishaps: [{mishap, host?, text, ending, message?, goesOn?, clusterAnswers, seconds}]}`. Each of the `…Seconds`
    /// of a host, of a workload and in all is `{typical, atLeast, atMost}`, counted from the approval. Fields are
    /// added, never changed.
    public var json: JSONValue {
        var json: JSONValue = [
            "cluster": .string(cluster), "fromRevision": .string(fromRevision), "toRevision": .string(toRevision),
            "safe": .bool(isSafe), "ending": .string(ending.word), "durations": .string(durations.source),
            "steps": durations.json,
            "hosts": .array(hosts.map(\.json)), "workloads": .array(workloads.map(\.json)),
            "mishaps": .array(trials.map(\.json)),
        ]
        json["totalSeconds"] = total?.json
        if let imageBytes {
            json["fetch"] = [
                "imageBytes": .integer(imageBytes), "hosts": JSONValue(fetchingHosts),
                "totalBytes": .integer(imageBytes * Int64(fetchingHosts)),
            ]
        }
        return json
    }
}

extension Forecast.Host {
    fileprivate var json: JSONValue {
        var json: JSONValue = ["name": .string(name), "impact": .string(impact)]
        json["beginsSeconds"] = begins?.json
        json["endsSeconds"] = ends?.json
        json["downSeconds"] = down?.json
        return json
    }
}

extension Forecast.Workload {
    fileprivate var json: JSONValue {
        var json: JSONValue = [
            "namespace": .string(namespace), "name": .string(name), "pods": JSONValue(pods),
            "stayReady": JSONValue(least),
        ]
        json["shortSeconds"] = short?.json
        return json
    }
}

extension Forecast.Trial {
    fileprivate var json: JSONValue {
        var json: JSONValue = [
            "mishap": .string(mishap.reason), "text": .string(mishap.text), "ending": .string(run.ending.word),
            "clusterAnswers": .bool(run.clusterAnswers), "seconds": JSONValue(run.length.components.seconds),
        ]
        json["host"] = mishap.host.map { .string($0) }
        json["message"] = run.ending.message.map { .string($0) }
        json["goesOn"] = run.ending.goesOn.map { .string($0) }
        return json
    }
}

extension RehearsedRun.Ending {
    /// One word in CamelCase that programs branch on.
    public var word: String {
        switch self {
        case .completes: "Completes"
        case .halts: "HaltsSafely"
        case .waits: "Waits"
        case .breaksALaw: "BreaksALaw"
        }
    }

    public var message: String? {
        switch self {
        case .completes: nil
        case .halts(let why, _), .waits(let why, _), .breaksALaw(let why): why
        }
    }

    public var goesOn: String? {
        switch self {
        case .halts(_, let goesOn), .waits(_, let goesOn): goesOn
        case .completes, .breaksALaw: nil
        }
    }
}
