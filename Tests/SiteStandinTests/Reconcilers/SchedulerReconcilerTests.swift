import ControlLoop
import CorbelAPI
import Testing

@testable import SiteStandin

@Suite("The scheduler of the stand-in")
struct SchedulerReconcilerTests {
    @Test("Pods that are decided at the same moment spread over the nodes")
    func spreading() {
        let site = TestSite(
            Node.test("n1"), Node.test("n2"), Node.test("n3"), Pod.test("old", on: "n1", isReady: true), Pod.test("a"),
            Pod.test("b"), Pod.test("c"))
        let nodes = ["a", "b", "c"].map { name -> String? in
            let key = Pod.key(namespace: "default", name: name)
            let outcome = SchedulerReconciler().reconcile(key, in: site.snapshot, now: .at(0))
            guard case .update(let pod) = outcome.intents.first else { return nil }
            return Pod(pod).nodeName
        }
        #expect(nodes == ["n2", "n3", "n1"])
    }

    @Test(
        "A node that does not take a pod says why",
        arguments: [
            (Node.test("n1"), [:], nil),
            (Node.test("n1", ready: .isFalse), [:], "not ready"),
            (Node.test("n1", ready: .unknown), [:], "not ready"),
            (Node.test("n1", ready: nil), [:], "not ready"),
            (Node.test("n1").with { $0.isUnschedulable = true }, [:], "unschedulable"),
            (Node.test("n1").with { $0.taints = [Taint("a", .noSchedule)] }, [:], "untolerated taint {a: }"),
            (Node.test("n1").with { $0.taints = [Taint("a", .noExecute)] }, [:], "untolerated taint {a: }"),
            (Node.test("n1").with { $0.taints = [Taint("a", .preferNoSchedule)] }, [:], nil),
            (
                Node.test("n1").with { $0.taints = [Taint("a", .noSchedule)] },
                ["tolerations": [["key": "a", "operator": "Exists", "effect": "NoSchedule"]]], nil
            ),
            (
                Node.test("n1").with { $0.taints = [Taint("a", .noExecute)] },
                ["tolerations": [["key": "a", "operator": "Exists", "effect": "NoSchedule"]]], "untolerated taint"
            ),
            (Node.test("n1"), ["nodeSelector": ["disk": "ssd"]], "selector"),
            (Node.test("n1").with { $0.labels = ["disk": "ssd"] }, ["nodeSelector": ["disk": "ssd"]], nil),
        ] as [(Node, JSONValue, String?)])
    func obstacles(node: Node, spec: JSONValue, words: String?) {
        let obstacle = SchedulerReconciler.obstacle(to: Pod.test("a").with { $0.spec = spec }, on: node)
        #expect((obstacle == nil) == (words == nil))
        if let words { #expect(obstacle?.contains(words) == true, "\(obstacle ?? "")") }
    }

    @Test("A pod that finds no node waits, and says so once")
    func unschedulable() throws {
        var site = TestSite(Node.test("n1").with { $0.isUnschedulable = true }, Pod.test("a"))
        let key = Pod.key(namespace: "default", name: "a")
        let outcome = site.reconcile(SchedulerReconciler(), key)
        #expect(outcome.waits.first?.message == "0/1 nodes are available: 1 node(s) were unschedulable")
        #expect(site.pods.first?.condition("PodScheduled")?.reason == "Unschedulable")
        #expect(site.reconcile(SchedulerReconciler(), key).intents.isEmpty)
    }
}
