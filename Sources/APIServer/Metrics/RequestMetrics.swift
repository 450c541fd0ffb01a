public import CorbelAPI
import Synchronization

/// What a server counts of the requests that it answers, under the names that Kubernetes' API server uses.
///
/// What clients send does not become a label unless the server serves it, so that nobody can fill the memory with
/// labels.
public final class RequestMetrics: Sendable {
    fileprivate struct Label: Hashable {
        var verb: String
        var group: String
        var version: String
        var resource: String
        var subresource: String
        var scope: String
    }

    private struct Latency {
        var buckets: [Int]
        var seconds = 0.0
        var count = 0
    }

    private struct State {
        var counts: [Label: [Int: Int]] = [:]
        var latencies: [Label: Latency] = [:]
        var watchers: [Label: Int] = [:]
    }

    /// Upper bounds in seconds.
    private static let bounds = [0.001, 0.005, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
    private static let verbs: Set<String> = [
        "get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "post", "put", "head",
        "options",
    ]
    private static let subresources: Set<String> = ["", "status", "scale", "approval", "eviction"]

    private let registry: ResourceRegistry
    private let state = Mutex(State())

    public init(registry: ResourceRegistry) { self.registry = registry }

    private func label(_ info: RequestInfo) -> Label {
        let verb = Self.verbs.contains(info.verb) ? info.verb.uppercased() : "OTHER"
        let resource = GroupResource(info.group, info.resource)
        let served = registry[resource] ?? registry.review(resource)
        guard let served, served.version == info.version, Self.subresources.contains(info.subresource) else {
            return Label(verb: verb, group: "", version: "", resource: "", subresource: "", scope: "")
        }
        let scope = !info.name.isEmpty ? "resource" : info.namespace.isEmpty ? "cluster" : "namespace"
        return Label(
            verb: verb, group: info.group, version: info.version, resource: info.resource,
            subresource: info.subresource, scope: scope)
    }

    func count(_ info: RequestInfo, code: Int, took duration: Duration?) {
        let label = label(info)
        state.withLock { state in
            state.counts[label, default: [:]][code, default: 0] += 1
            guard let duration else { return }
            let seconds = duration / .seconds(1)
            let bucket = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
            let empty = Latency(buckets: Array(repeating: 0, count: Self.bounds.count + 1))
            state.latencies[label, default: empty].buckets[bucket] += 1
            state.latencies[label]?.seconds += seconds
            state.latencies[label]?.count += 1
        }
    }

    func watch(_ info: RequestInfo, by change: Int) {
        let label = label(info)
        state.withLock { $0.watchers[label, default: 0] += change }
    }

    // MARK: Text

    /// Everything in Prometheus' text format, version 0.0.4.
    func text(_ gauges: [(name: String, help: String, value: Int)]) -> String {
        let state = state.withLock { $0 }
        var text = Family("apiserver_request_total", "counter", "Requests by what they are about and their answer.")
        for (label, codes) in sorted(state.counts) {
            for (code, count) in codes.sorted(by: { $0.key < $1.key }) {
                text.add("", label.text + ",code=\"\(code)\"", String(count))
            }
        }
        var result = text.text
        text = Family("apiserver_request_duration_seconds", "histogram", "How long answers took; watches not counted.")
        for (label, latency) in sorted(state.latencies) {
            var sum = 0
            for (index, count) in latency.buckets.enumerated() {
                sum += count
                let bound = index < Self.bounds.count ? "\(Self.bounds[index])" : "+Inf"
                text.add("_bucket", label.text + ",le=\"\(bound)\"", String(sum))
            }
            text.add("_sum", label.text, "\(latency.seconds)")
            text.add("_count", label.text, String(latency.count))
        }
        result += text.text
        text = Family("apiserver_longrunning_requests", "gauge", "Watches that are open.")
        for (label, count) in sorted(state.watchers) { text.add("", label.text, String(count)) }
        result += text.text
        for gauge in gauges {
            text = Family(gauge.name, "gauge", gauge.help)
            text.add("", "", String(gauge.value))
            result += text.text
        }
        return result
    }

    private func sorted<Value>(_ values: [Label: Value]) -> [(key: Label, value: Value)] {
        values.sorted { $0.key.text < $1.key.text }
    }

    private struct Family {
        var name: String
        var text: String

        init(_ name: String, _ type: String, _ help: String) {
            self.name = name
            text = "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
        }

        mutating func add(_ suffix: String, _ labels: String, _ value: String) {
            text += name + suffix + (labels.isEmpty ? "" : "{\(labels)}") + " \(value)\n"
        }
    }
}

extension RequestMetrics.Label {
    fileprivate var text: String {
        "verb=\"\(verb)\",group=\"\(group)\",version=\"\(version)\",resource=\"\(resource)\","
            + "subresource=\"\(subresource)\",scope=\"\(scope)\""
    }
}
