import ControlLoop
import CorbelAPI
import Testing

@testable import SiteStandin

@Suite("Disruption budgets of the stand-in")
struct DisruptionReconcilerTests {
    let key = PodDisruptionBudget.key(namespace: "default", name: "web")

    private func site(_ spec: JSONValue, ready: Int, idle: Int = 0, replicas: Int? = nil) -> TestSite {
        var budget = PodDisruptionBudget(namespace: "default", name: "web").stored()
        budget.spec = spec
        budget.json["spec", "selector"] = ["matchLabels": ["app": "web"]]
        var site = TestSite(budget, Pod.test("other", on: "n1", isReady: true).with { $0.labels = [:] })
        if let replicas { site.put(Deployment.test(replicas)) }
        for index in 0..<(ready + idle) {
            site.put(
                Pod.test("web-\(index)", on: "n1", isReady: index < ready).with {
                    if replicas != nil { $0.setController(Deployment.test(0)) }
                })
        }
        return site
    }

    struct Case: Sendable {
        var spec: JSONValue
        var ready: Int
        var idle = 0
        var replicas: Int?
        /// expectedPods, currentHealthy, desiredHealthy, disruptionsAllowed
        var counts: [Int]
    }

    @Test(
        "Expected, healthy, desired and allowed pods",
        arguments: [
            Case(spec: ["minAvailable": 2], ready: 3, counts: [3, 3, 2, 1]),
            Case(spec: ["minAvailable": 3], ready: 3, counts: [3, 3, 3, 0]),
            Case(spec: ["minAvailable": 2], ready: 1, idle: 2, counts: [3, 1, 2, 0]),
            Case(spec: ["minAvailable": "50%"], ready: 3, replicas: 3, counts: [3, 3, 2, 1]),
            Case(spec: ["minAvailable": "100%"], ready: 3, replicas: 3, counts: [3, 3, 3, 0]),
            Case(spec: ["maxUnavailable": 1], ready: 3, replicas: 3, counts: [3, 3, 2, 1]),
            // A rollout has made a fourth pod; three are expected all the same.
            Case(spec: ["maxUnavailable": 1], ready: 4, replicas: 3, counts: [3, 4, 2, 2]),
            Case(spec: ["maxUnavailable": "34%"], ready: 3, replicas: 3, counts: [3, 3, 1, 2]),
            Case(spec: ["maxUnavailable": 0], ready: 3, counts: [3, 3, 3, 0]),
            Case(spec: ["minAvailable": 0], ready: 0, counts: [0, 0, 0, 0]),
        ])
    func counts(_ example: Case) throws {
        var site = site(example.spec, ready: example.ready, idle: example.idle, replicas: example.replicas)
        site.reconcile(DisruptionReconciler(), key)
        let status = try #require(site.snapshot[key]).status
        let fields = ["expectedPods", "currentHealthy", "desiredHealthy", "disruptionsAllowed"]
        #expect(fields.map { status[$0]?.intValue } == example.counts)
        #expect(site.reconcile(DisruptionReconciler(), key).intents.isEmpty)
    }

    @Test(
        "An eviction that the cache does not show yet has used its allowance, for two minutes",
        arguments: [(10, 0), (130, 1)])
    func evictedPod(after seconds: Int64, allowed: Int) throws {
        var site = site(["minAvailable": 2], ready: 3)
        site.reconcile(DisruptionReconciler(), key)
        var budget = try #require(site.snapshot[key])
        budget.json["status", "disruptedPods"] = ["web-0": .string(Timestamp.at(0).rfc3339)]
        site.put(budget)
        site.reconcile(DisruptionReconciler(), key, now: .at(seconds))
        #expect(try #require(site.snapshot[key]).status["disruptionsAllowed"]?.intValue == allowed)
    }

    @Test("A pod that is ending is not healthy")
    func endingPod() throws {
        var site = site(["minAvailable": 2], ready: 3)
        site.put(Pod.test("web-0", on: "n1", isReady: true).deleting(at: 0))
        site.reconcile(DisruptionReconciler(), key)
        #expect(try #require(site.snapshot[key]).status["disruptionsAllowed"] == 0)
    }
}
