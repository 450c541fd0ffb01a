import ControlLoop
import CorbelAPI
import Testing

@testable import SiteStandin

@Suite("Pods on a node of the stand-in")
struct PodReconcilerTests {
    let key = Pod.key(namespace: "default", name: "a")
    private let settings = PodSettings(
        nodeName: "n1", address: "127.0.1.1", bootID: "boot-1", imagePull: .seconds(5), terminationLimit: .seconds(20))

    private var reconciler: PodReconciler { PodReconciler(settings: settings) }

    private func run(_ behaviour: String? = nil, until seconds: [Int64]) -> TestSite {
        var pod = Pod.test("a", on: "n1")
        if let behaviour { pod.annotations[PodBehaviour.annotation] = behaviour }
        var site = TestSite(pod)
        for second in seconds { site.reconcile(reconciler, key, now: .at(second)) }
        return site
    }

    private func reason(_ site: TestSite) -> String? {
        site.pods[0].status["containerStatuses"]?.arrayValue?.first?["state", "waiting", "reason"]?.stringValue
    }

    @Test("A pod pulls its images, runs and is ready")
    func life() {
        #expect(reason(run(until: [0, 4])) == "ContainerCreating")
        let pod = run(until: [0, 4, 5]).pods[0]
        #expect(pod.phase == "Running")
        #expect(pod.isReady)
        #expect(pod.status["hostIP"] == "127.0.1.1")
        #expect(pod.status["podIP"]?.stringValue?.hasPrefix("10.244.") == true)
    }

    @Test("A second look at a pod that runs wants nothing")
    func steady() {
        var site = run(until: [0, 5])
        #expect(site.reconcile(reconciler, key, now: .at(6)) == .done)
    }

    @Test("Pods of other nodes, and of none, are none of its business", arguments: ["n2", nil])
    func others(node: String?) {
        var site = TestSite(Pod.test("a", on: node))
        #expect(site.reconcile(reconciler, key) == .done)
    }

    @Test(
        "What the annotation asks for",
        arguments: [
            ("image-pull-backoff", "Pending", "ImagePullBackOff", false),
            ("crash-loop", "Running", "CrashLoopBackOff", false),
            ("never-ready", "Running", nil, false), ("slow-termination=5", "Running", nil, true),
            ("no-such", "Running", nil, true),
        ] as [(String, String, String?, Bool)])
    func behaviours(word: String, phase: String, waiting: String?, isReady: Bool) {
        let site = run(word, until: [0, 5])
        #expect(site.pods[0].phase == phase)
        #expect(reason(site) == waiting)
        #expect(site.pods[0].isReady == isReady)
    }

    @Test("A crashing container restarts after 10 s, then after 20 s, and so on")
    func crashLoop() {
        let restarts = { (seconds: [Int64]) in
            run("crash-loop", until: seconds).pods[0].status["containerStatuses"]?.arrayValue?.first?["restartCount"]?
                .intValue
        }
        #expect(restarts([0, 5]) == 0)
        #expect(restarts([0, 5, 14]) == 0)
        #expect(restarts([0, 5, 15]) == 1)
        #expect(restarts([0, 5, 15, 34]) == 1)
        #expect(restarts([0, 5, 15, 35]) == 2)
    }

    @Test("Another boot starts the containers anew")
    func reboot() {
        var site = run(until: [0, 5])
        var again = settings
        again.bootID = "boot-2"
        site.reconcile(PodReconciler(settings: again), key, now: .at(60))
        let container = site.pods[0].status["containerStatuses"]?.arrayValue?.first
        #expect(container?["restartCount"] == 1)
        #expect(container?["state", "running", "startedAt"] == .string(Timestamp.at(60).rfc3339))
        #expect(site.reconcile(PodReconciler(settings: again), key, now: .at(61)) == .done)
    }

    @Test("A pod that was lost with its node is ready again when the node is back")
    func recovery() {
        var site = run(until: [0, 5])
        site.change("a") { $0.set(Condition("Ready", .isFalse, reason: "NodeLost"), now: .at(50)) }
        site.reconcile(reconciler, key, now: .at(60))
        #expect(site.pods[0].isReady)
    }

    @Test(
        "How long an end takes: what the pod needs, within its grace period and the node's limit",
        arguments: [
            ("", 30, 1), ("slow-termination=12", 30, 12), ("slow-termination=12", 8, 8),
            ("slow-termination=120", 300, 20),
            ("", 0, 0),
        ])
    func termination(word: String, grace: Int, seconds: Int64) {
        var site = run(word, until: [0, 5])
        site.put(site.pods[0].deleting(at: 100, grace: grace))
        if seconds > 0 {
            let early = site.reconcile(reconciler, key, now: .at(100 + seconds - 1))
            #expect(early == Outcome(requeueAfter: .seconds(1)))
        }
        let ended = site.reconcile(reconciler, key, now: .at(100 + seconds))
        #expect(ended.intents.words == ["status a"])
        #expect(site.pods[0].phase == "Succeeded")
        #expect(!site.pods[0].isReady)
        #expect(site.reconcile(reconciler, key, now: .at(100 + seconds)).intents.words == ["delete a"])
    }
}
