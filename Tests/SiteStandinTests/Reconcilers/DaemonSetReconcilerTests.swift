import ControlLoop
import CorbelAPI
import Testing

@testable import SiteStandin

@Suite("DaemonSets of the stand-in")
struct DaemonSetReconcilerTests {
    let key = DaemonSet.key(namespace: "default", name: "agent")

    private func daemonSet(_ image: String = "agent:1", strategy: JSONValue = [:], spec: JSONValue = [:]) -> DaemonSet {
        var set = DaemonSet(namespace: "default", name: "agent").stored("agent-uid")
        var podSpec = spec
        podSpec["containers"] = [["name": "main", "image": .string(image)]]
        set.spec = [
            "updateStrategy": strategy, "template": ["metadata": ["labels": ["app": "agent"]], "spec": podSpec],
        ]
        return set
    }

    private func site(_ set: DaemonSet) -> TestSite {
        TestSite(
            set, Node.test("n1"), Node.test("n2", ready: .isFalse),
            Node.test("n3").with { $0.taints = [Taint("dedicated", .noSchedule)] },
            Node.test("n4").with {
                $0.labels = ["disk": "ssd"]
                $0.isUnschedulable = true
                $0.taints = [Taint(Taint.unreachable, .noExecute), Taint("soft", .preferNoSchedule)]
            })
    }

    @Test(
        "It runs on every node that selector and tolerations take, ready or not",
        arguments: [
            ([:], ["n1", "n2", "n4"]),
            (["tolerations": [["key": "dedicated", "operator": "Exists"]]], ["n1", "n2", "n3", "n4"]),
            (["tolerations": [["operator": "Exists"]]], ["n1", "n2", "n3", "n4"]),
            (["tolerations": [["key": "dedicated", "value": "other"]]], ["n1", "n2", "n4"]),
            (["nodeSelector": ["disk": "ssd"]], ["n4"]),
        ] as [(JSONValue, [String])])
    func placement(spec: JSONValue, nodes: [String]) {
        var site = site(daemonSet(spec: spec))
        site.reconcile(DaemonSetReconciler(), key)
        #expect(site.pods.compactMap(\.nodeName).sorted() == nodes)
        #expect(site.pods.map(\.name).sorted() == nodes.map { "agent-\($0)" })
    }

    @Test("A changed template rolls within maxUnavailable", arguments: [(1, 1), (2, 2)])
    func rolling(limit: Int, atOnce: Int) {
        let strategy: JSONValue = ["rollingUpdate": ["maxUnavailable": JSONValue(limit)]]
        var site = site(daemonSet(strategy: strategy))
        site.reconcile(DaemonSetReconciler(), key)
        site.makeAllReady()
        site.put(daemonSet("agent:2", strategy: strategy))
        for _ in 0..<10 {
            site.reconcile(DaemonSetReconciler(), key)
            #expect(site.pods.filter(\.isReady).count >= 3 - atOnce)
            site.reconcile(DaemonSetReconciler(), key)
            site.makeAllReady()
        }
        #expect(site.pods.allSatisfy { $0.spec["containers"]?.arrayValue?.first?["image"] == "agent:2" })
    }

    @Test("OnDelete waits for a hand")
    func onDelete() {
        var site = site(daemonSet(strategy: ["type": "OnDelete"]))
        site.reconcile(DaemonSetReconciler(), key)
        site.makeAllReady()
        site.put(daemonSet("agent:2", strategy: ["type": "OnDelete"]))
        #expect(!site.reconcile(DaemonSetReconciler(), key).intents.words.contains { $0.hasPrefix("delete") })
    }

    @Test("While the old pod ends, the node gets no second one")
    func endingPod() {
        var site = site(daemonSet())
        site.reconcile(DaemonSetReconciler(), key)
        site.put(site.pods[0].deleting(at: 0))
        #expect(!site.reconcile(DaemonSetReconciler(), key).intents.words.contains { $0.hasPrefix("create") })
    }

    @Test("The status counts nodes and pods")
    func status() throws {
        var site = site(daemonSet())
        site.reconcile(DaemonSetReconciler(), key)
        site.makeAllReady()
        site.put(Node.test("n1").with { $0.taints = [Taint("new", .noSchedule)] })
        site.reconcile(DaemonSetReconciler(), key)
        let status = try #require(site.snapshot[key]).status
        #expect(status["desiredNumberScheduled"] == 2)
        #expect(status["numberReady"] == 2)
        #expect(status["updatedNumberScheduled"] == 2)
        #expect(status["numberMisscheduled"] == 1)
        #expect(status["observedGeneration"] == 1)
    }
}
