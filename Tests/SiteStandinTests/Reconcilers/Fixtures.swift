import ControlLoop
import CorbelAPI

@testable import SiteStandin

extension Timestamp {
    static func at(_ seconds: Int64) -> Timestamp { Timestamp(seconds: 1_800_000_000 + seconds) }
}

extension Resource {
    /// The object as a server would have stored it.
    func stored(_ uid: String? = nil) -> Self {
        var stored = self
        stored.uid = uid ?? "uid-\(kind)-\(name)"
        stored.resourceVersion = "1"
        stored.generation = 1
        stored.json["metadata", "creationTimestamp"] = .string(Timestamp.at(0).rfc3339)
        return stored
    }

    func with(_ change: (inout Self) -> Void) -> Self {
        var changed = self
        change(&changed)
        return changed
    }
}

extension Node {
    static func test(_ name: String, ready: Condition.Status? = .isTrue, since: Int64 = 0) -> Node {
        var node = Node(name: name).stored()
        if let ready { node.set(Condition("Ready", ready, reason: "Test"), now: .at(since)) }
        return node
    }
}

extension Pod {
    static func test(_ name: String, on node: String? = nil, isReady: Bool = false) -> Pod {
        var pod = Pod(namespace: "default", name: name).stored()
        pod.nodeName = node
        pod.labels = ["app": "web"]
        pod.json["spec", "containers"] = [["name": "main", "image": "web:1"]]
        if node != nil { pod.json["status", "phase"] = isReady ? "Running" : "Pending" }
        if isReady { pod.set(Condition("Ready", .isTrue, reason: "Test"), now: .at(0)) }
        return pod
    }

    func deleting(at seconds: Int64, grace: Int = 30) -> Pod {
        with {
            $0.json["metadata", "deletionTimestamp"] = .string(Timestamp.at(seconds + Int64(grace)).rfc3339)
            $0.json["metadata", "deletionGracePeriodSeconds"] = JSONValue(grace)
        }
    }
}

extension Deployment {
    static func test(_ replicas: Int, image: String = "web:1", strategy: JSONValue = [:]) -> Deployment {
        var deployment = Deployment(namespace: "default", name: "web").stored("web-uid")
        deployment.spec = [
            "replicas": JSONValue(replicas), "strategy": strategy, "selector": ["matchLabels": ["app": "web"]],
            "template": [
                "metadata": ["labels": ["app": "web"]],
                "spec": ["containers": [["name": "main", "image": .string(image)]]],
            ],
        ]
        return deployment
    }
}

/// A cluster in a value: intents are carried out on it at once, until nobody wants anything any more.
struct TestSite {
    private(set) var snapshot = Snapshot()
    private var version = 1

    init(_ objects: any Resource...) { for object in objects { put(object) } }

    mutating func put(_ object: any Resource) {
        version += 1
        var stored = Unstructured(json: object.json)
        stored.resourceVersion = String(version)
        if stored.uid.isEmpty { stored.uid = "uid-\(version)" }
        snapshot.insert(stored)
    }

    var pods: [Pod] { snapshot.list(Pod.self) }

    /// Carries the intents out; a deleted pod goes at once.
    mutating func perform(_ intents: [Intent]) {
        for intent in intents {
            switch intent {
            case .create(let object), .update(let object), .updateStatus(let object): put(object)
            case .delete(let key, _, _): snapshot.remove(key)
            case .evict, .applyManifest, .event: break
            }
        }
    }

    @discardableResult
    mutating func reconcile(_ reconciler: some Reconciler, _ key: ObjectKey, now: Timestamp = .at(0)) -> Outcome {
        let outcome = reconciler.reconcile(key, in: snapshot, now: now)
        perform(outcome.intents)
        return outcome
    }

    mutating func change(_ pod: String, _ body: (inout Pod) -> Void) {
        guard let object = snapshot.get(Pod.self, namespace: "default", name: pod) else { return }
        put(object.with(body))
    }

    mutating func makeAllReady() {
        for pod in pods {
            put(
                pod.with {
                    $0.json["status", "phase"] = "Running"
                    $0.set(Condition("Ready", .isTrue, reason: "Test"), now: .at(0))
                })
        }
    }
}

extension [Intent] {
    /// The writes in short: verb and name.
    var words: [String] {
        compactMap { intent in
            let name = intent.target?.name ?? ""
            return switch intent {
            case .create: "create \(name)"
            case .update: "update \(name)"
            case .updateStatus: "status \(name)"
            case .delete: "delete \(name)"
            default: nil
            }
        }
    }
}
