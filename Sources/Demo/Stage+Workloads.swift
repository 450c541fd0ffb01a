import CorbelAPI
import Effects
import ResourceClient

/// A workload of the site's own, with a budget for its disruption: what somebody runs on a cluster.
struct DemoWorkload: Sendable, Hashable {
    var name: String
    var replicas: Int
    /// How many of its pods must be up while hosts come and go.
    var minAvailable: Int

    private static let namespace = "default"
    private var labels: JSONValue { ["app": .string(name)] }
    private var metadata: JSONValue { ["name": .string(name), "namespace": .string(Self.namespace)] }

    var deploymentKey: ObjectKey { Deployment.key(namespace: Self.namespace, name: name) }

    var deployment: Unstructured {
        Unstructured(json: [
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata,
            "spec": [
                "replicas": JSONValue(replicas), "selector": ["matchLabels": labels],
                "template": [
                    "metadata": ["labels": labels],
                    "spec": ["containers": [["name": "main", "image": "registry.k8s.io/pause:3.10"]]],
                ],
            ],
        ])
    }

    var budget: Unstructured {
        Unstructured(json: [
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": metadata,
            "spec": ["minAvailable": JSONValue(minAvailable), "selector": ["matchLabels": labels]],
        ])
    }

    func owns(_ pod: Pod) -> Bool { pod.labels["app"] == name }
}

// What runs on the site's nodes.
extension Stage {
    /// Applies a workload at the site, as its owner does.
    func apply(_ workload: DemoWorkload) async throws {
        let site = try await site()
        for object in [workload.deployment, workload.budget] {
            _ = try await site.apply(object, by: "corbel-demo", force: true)
        }
    }

    /// The pods of a workload that are there and ready.
    func readyPods(of workload: DemoWorkload) async throws -> [Pod] {
        try await site().list(Pod.self).filter { workload.owns($0) && $0.isReady && $0.deletionTimestamp == nil }
    }

    /// Carries out `body`, and answers the fewest pods of the workload that were ready at any look meanwhile.
    func fewestReadyPods(of workload: DemoWorkload, during body: () async throws -> Void) async throws -> Int {
        let least = LeastCount()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while true {
                    // A server that cannot be asked for the moment says nothing of the pods.
                    if let pods = try? await readyPods(of: workload) { await least.take(pods.count) }
                    try await time.sleep(for: .milliseconds(100))
                }
            }
            defer { group.cancelAll() }
            try await body()
        }
        return await least.value ?? 0
    }
}

private actor LeastCount {
    private(set) var value: Int?

    func take(_ count: Int) { value = min(value ?? count, count) }
}
