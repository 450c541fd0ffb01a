import ControlLoop
import CorbelAPI
import Testing

@testable import SiteStandin

@Suite("Node lifecycle of the stand-in")
struct NodeLifecycleReconcilerTests {
    let key = Node.key(name: "n1")

    private func lease(renewedAt seconds: Int64) -> Lease {
        var lease = Lease(namespace: "kube-node-lease", name: "n1").stored()
        lease.renewTime = .at(seconds)
        return lease
    }

    /// Reconciles until nothing is wanted any more.
    private func settle(_ site: inout TestSite, now: Timestamp) -> Outcome {
        for _ in 0..<10 {
            let outcome = site.reconcile(NodeLifecycleReconciler(), key, now: now)
            if outcome.intents.isEmpty { return outcome }
        }
        return Outcome()
    }

    private func node(_ site: TestSite) throws -> Node { try #require(site.snapshot.get(Node.self, name: "n1")) }

    @Test(
        "A node is unknown and unreachable when its lease is 40 s old, not sooner",
        arguments: [(139, false), (140, true)])
    func silence(now: Int64, isSilent: Bool) throws {
        var site = TestSite(Node.test("n1"), lease(renewedAt: 100), Pod.test("a", on: "n1", isReady: true))
        let outcome = settle(&site, now: .at(now))
        #expect(try node(site).condition("Ready")?.status == (isSilent ? .unknown : .isTrue))
        #expect(try node(site).taints.map(\.key) == (isSilent ? [Taint.unreachable, Taint.unreachable] : []))
        #expect(site.pods.first?.isReady == !isSilent)
        #expect(outcome.requeueAfter == (isSilent ? .seconds(60) : .seconds(1)))
    }

    @Test("A node that comes back loses the taint, and keeps those of others")
    func recovery() throws {
        var site = TestSite(
            Node.test("n1").with { $0.taints = [Taint("own", .noSchedule), Taint(Taint.unreachable, .noExecute)] },
            lease(renewedAt: 100))
        _ = settle(&site, now: .at(101))
        #expect(try node(site).taints.map(\.key) == ["own"])
    }

    @Test("A node that its kubelet calls not ready is tainted so")
    func notReady() throws {
        var site = TestSite(Node.test("n1", ready: .isFalse), lease(renewedAt: 100))
        _ = settle(&site, now: .at(101))
        #expect(try node(site).taints.map(\.key) == [Taint.notReady, Taint.notReady])
    }

    @Test(
        "When a pod leaves a node that is gone",
        arguments: [
            ([:], 199, true), ([:], 200, false),
            (["tolerations": [["operator": "Exists"]]], 100_000, true),
            (["tolerations": [["operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300]]], 439, true),
            (["tolerations": [["operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300]]], 440, false),
        ] as [(JSONValue, Int64, Bool)])
    func departure(spec: JSONValue, now: Int64, stays: Bool) {
        var site = TestSite(
            Node.test("n1"), lease(renewedAt: 100),
            Pod.test("a", on: "n1").with { $0.spec["tolerations"] = spec["tolerations"] },
            Pod.test("elsewhere", on: "n2"))
        _ = settle(&site, now: .at(140))
        _ = settle(&site, now: .at(now))
        #expect(site.pods.map(\.name) == (stays ? ["a", "elsewhere"] : ["elsewhere"]))
    }

    @Test("Mirror pods stay: nobody but their kubelet ends them")
    func mirrorPod() {
        let mirror = MirrorPod.make("etcd", on: Node.test("n1"), image: "etcd:3").stored()
        var site = TestSite(
            Node.test("n1"), lease(renewedAt: 100), mirror.with { $0.json["spec", "tolerations"] = nil })
        _ = settle(&site, now: .at(140))
        _ = settle(&site, now: .at(1000))
        #expect(site.pods.count == 1)
    }

    @Test("Pods of a node that is gone are failed, then removed, after a while", arguments: [(9, 1), (10, 0)])
    func collection(now: Int64, left: Int) {
        var site = TestSite(
            Node.test("n1"), Pod.test("a", on: "gone", isReady: true), Pod.test("b", on: "n1"), Pod.test("c"))
        for name in ["a", "b", "c"] {
            for _ in 0..<2 {
                site.reconcile(PodCollector(), Pod.key(namespace: "default", name: name), now: .at(now))
            }
        }
        #expect(site.pods.filter { $0.name == "a" }.count == left)
        #expect(site.pods.filter { $0.name != "a" }.count == 2)
    }
}
