import ControlLoop
import CorbelAPI
import Testing

@testable import SiteStandin

@Suite("Deployments of the stand-in")
struct DeploymentReconcilerTests {
    let key = Deployment.key(namespace: "default", name: "web")

    private func rolled(_ site: inout TestSite) -> Int {
        var rounds = 0
        while site.reconcile(DeploymentReconciler(), key).intents.words.contains(where: { !$0.hasPrefix("status") }) {
            site.makeAllReady()
            rounds += 1
            if rounds > 20 { break }
        }
        return rounds
    }

    @Test("A new one gets its pods at once, and the second look wants nothing more of them")
    func creation() {
        var site = TestSite(Deployment.test(3))
        let first = site.reconcile(DeploymentReconciler(), key)
        #expect(first.intents.words.filter { $0.hasPrefix("create") }.count == 3)
        #expect(site.pods.allSatisfy { $0.controllerReference?.uid == "web-uid" && $0.labels["app"] == "web" })
        site.reconcile(DeploymentReconciler(), key)
        #expect(site.reconcile(DeploymentReconciler(), key).intents.isEmpty)
    }

    @Test("The status counts pods that are ready, and says when enough are")
    func status() throws {
        var site = TestSite(Deployment.test(2))
        site.reconcile(DeploymentReconciler(), key)
        site.reconcile(DeploymentReconciler(), key)
        var deployment = try #require(site.snapshot.get(Deployment.self, namespace: "default", name: "web"))
        #expect(deployment.status["readyReplicas"] == 0)
        #expect(deployment.condition("Available")?.status == .isFalse)
        site.makeAllReady()
        site.reconcile(DeploymentReconciler(), key)
        deployment = try #require(site.snapshot.get(Deployment.self, namespace: "default", name: "web"))
        #expect(deployment.status["availableReplicas"] == 2)
        #expect(deployment.status["updatedReplicas"] == 2)
        #expect(deployment.isTrue("Available"))
        #expect(deployment.observedGeneration == deployment.generation)
    }

    @Test(
        "A changed template never leaves fewer ready pods, nor more pods, than the strategy allows",
        arguments: [
            (["rollingUpdate": ["maxSurge": 1, "maxUnavailable": 0]], 4, 4, 5),
            (["rollingUpdate": ["maxSurge": 0, "maxUnavailable": 1]], 4, 3, 4),
            (["rollingUpdate": ["maxSurge": 0, "maxUnavailable": 0]], 4, 3, 4),
            (["rollingUpdate": ["maxSurge": "50%", "maxUnavailable": "25%"]], 4, 3, 6),
            ([:], 4, 3, 5),
            (["type": "Recreate"], 4, 0, 4),
        ] as [(JSONValue, Int, Int, Int)])
    func rolling(strategy: JSONValue, replicas: Int, fewest: Int, most: Int) {
        var site = TestSite(Deployment.test(replicas, strategy: strategy))
        _ = rolled(&site)
        let new = Deployment.test(replicas, image: "web:2", strategy: strategy)
        site.put(new)
        for _ in 0..<20 {
            site.reconcile(DeploymentReconciler(), key)
            #expect(site.pods.filter(\.isReady).count >= fewest)
            #expect(site.pods.count <= most)
            site.makeAllReady()
        }
        #expect(site.pods.count == replicas)
        #expect(site.pods.allSatisfy { $0.spec["containers"]?.arrayValue?.first?["image"] == "web:2" })
    }

    @Test("A rollout whose pods never get ready keeps the old ones that must serve")
    func stuck() {
        var site = TestSite(Deployment.test(4))
        _ = rolled(&site)
        site.put(Deployment.test(4, image: "web:2"))
        for _ in 0..<5 { site.reconcile(DeploymentReconciler(), key) }
        #expect(site.pods.filter(\.isReady).count == 3)
        #expect(site.pods.count == 5)
    }

    @Test("Scaling in takes the pods that serve nobody first")
    func scalingIn() {
        var site = TestSite(Deployment.test(3))
        _ = rolled(&site)
        let idle = site.pods[0].name
        site.change(idle) { $0.set(Condition("Ready", .isFalse, reason: "Test"), now: .at(1)) }
        site.put(Deployment.test(2))
        #expect(site.reconcile(DeploymentReconciler(), key).intents.words.first == "delete \(idle)")
    }

    @Test("A pod that is ending keeps its name, and another one takes its place")
    func replacement() {
        var site = TestSite(Deployment.test(2))
        _ = rolled(&site)
        let ending = site.pods[0]
        site.put(ending.deleting(at: 0))
        let created = site.reconcile(DeploymentReconciler(), key).intents.words.filter { $0.hasPrefix("create") }
        #expect(created.count == 1)
        #expect(created != ["create \(ending.name)"])
    }

    @Test("A pod that failed is cleared away and replaced")
    func failedPod() {
        var site = TestSite(Deployment.test(1))
        _ = rolled(&site)
        let failed = site.pods[0].name
        site.change(failed) { $0.json["status", "phase"] = "Failed" }
        let words = site.reconcile(DeploymentReconciler(), key).intents.words
        #expect(words.contains("delete \(failed)"))
        #expect(words.contains { $0.hasPrefix("create") && $0 != "create \(failed)" })
    }

    @Test("A paused one, and one that is being deleted, starts nothing")
    func resting() {
        var site = TestSite(Deployment.test(1).with { $0.json["spec", "paused"] = true })
        #expect(!site.reconcile(DeploymentReconciler(), key).intents.words.contains { $0.hasPrefix("create") })
        site = TestSite(
            Deployment.test(1).with { $0.json["metadata", "deletionTimestamp"] = .string(Timestamp.at(0).rfc3339) })
        #expect(site.reconcile(DeploymentReconciler(), key) == .done)
    }
}
