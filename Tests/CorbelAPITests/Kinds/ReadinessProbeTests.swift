import CorbelAPI
import Testing

@Suite("A readiness probe")
struct ReadinessProbeTests {
    private static let object = Unstructured(json: [
        "status": [
            "replicas": 3, "pools": [["state": "synced"]], "none": .null,
            "conditions": [["type": "Ready", "status": "False"]],
        ]
    ])

    @Test(
        "agrees with what it asks for, and with nothing else",
        arguments: [
            ([:], true), (["condition": ["type": "Ready"]], false),
            (["condition": ["type": "Ready", "status": "False"]], true),
            (["condition": ["type": "Other", "status": "False"]], false), (["path": "status.replicas"], true),
            (["path": "status.replicas", "equals": 3], true), (["path": "status.replicas", "equals": 2], false),
            (["path": "status.pools.0.state", "equals": "synced"], true), (["path": "status.pools.1.state"], false),
            (["path": "status.pools.-1.state"], false), (["path": "status.pools.x"], false),
            (["path": "status.none"], false),
            (["path": "status.none", "equals": .null], true), (["path": "status.replicas.x"], false),
            (["path": "status.absent"], false),
            (["path": "status.replicas", "condition": ["type": "Ready"]], false),
        ] as [(JSONValue, Bool)])
    func agrees(json: JSONValue, expected: Bool) {
        #expect(ReadinessProbe(json: json).agrees(Self.object) == expected)
    }

    @Test("never agrees with an object that does not exist")
    func missing() { #expect(!ReadinessProbe(json: [:]).agrees(nil)) }

    @Test("names its object")
    func key() {
        let probe = ReadinessProbe(json: [
            "object": ["apiVersion": "apps/v1", "kind": "Deployment", "namespace": "n", "name": "a"]
        ])
        #expect(probe.key == ObjectKey(GroupKind("apps", "Deployment"), namespace: "n", name: "a"))
    }
}
