import ControlLoop
import CorbelAPI
import Lifecycle
import Testing

@Suite struct CertificateRenewalTests {
    private static let day = Duration.seconds(86_400)

    /// A cluster whose certificates end so many days from now.
    private func world(_ days: [String: Int], _ change: (inout EdgeCluster) -> Void = { _ in }) -> TestWorld {
        var world = TestWorld.running(["a", "b", "c"], workers: ["w"])
        world.edit(change)
        // What somebody wants is at the site before the certificates are told of.
        world.run(rounds: 2)
        for (host, days) in days.sorted(by: { $0.key < $1.key }) {
            let end = world.now + Self.day * days
            world.site.change(HostMachine.self, "edge-\(host)") {
                $0.certificates = HostCertificates(expires: end, name: "apiserver")
            }
        }
        return world
    }

    private func renewing(_ world: TestWorld) -> [String] {
        world.site.snapshot.list(HostMachine.self).filter {
            $0.task?.type == .renewCertificates
                && !($0.taskStatus?.id == $0.task?.id && $0.taskStatus?.phase.isFinal == true)
        }.map(\.hostName)
    }

    private func asked(_ world: TestWorld) -> [String] {
        world.site.snapshot.list(HostMachine.self).filter { $0.annotation(Annotation.certificateRenewal) != nil }
            .map(\.hostName)
    }

    private func condition(_ world: TestWorld) -> Condition? {
        world.site.get(EdgeControlPlane.self, "edge-control-plane")?.condition("CertificatesValid")
    }

    @Test("hosts renew thirty days before the end, the first to end first, one after the other")
    func oneByOne() {
        var world = world(["a": 20, "b": 10, "c": 31, "w": 5])
        var order: [String] = []
        world.run(rounds: 30) { world in
            let now = renewing(world)
            #expect(now.count <= 1)
            if let host = now.first, order.last != host { order.append(host) }
            return false
        }
        #expect(order == ["b", "a"])
        #expect(asked(world) == ["a", "b"], "c has a month yet, and w is no host of the control plane")
        #expect(condition(world)?.reason == "Valid")
        #expect(world.site.get(Machine.self, "edge-c")?.json["status", "certificatesExpiryDate"] != nil)
        #expect(world.sitesCluster.certificates?.host == "w")
        #expect(world.sitesCluster.healthLevel == "Green")
        #expect(world.restless(world.site, isCentre: false) == [])
        world.now = world.now + Self.day * 2
        world.run(rounds: 10)
        #expect(asked(world) == ["a", "b", "c"])
    }

    @Test("certificates that are due again as soon as they are new are renewed later and later, not without end")
    func madeForAShortTime() {
        var world = world(["a": 20, "b": 100, "c": 100])
        var asked: Set<String> = []
        for _ in 0..<40 {
            let end = world.now + Self.day * 20
            world.site.change(HostMachine.self, "edge-a") {
                $0.certificates = HostCertificates(expires: end, name: "apiserver")
            }
            world.run(rounds: 3)
            asked.formUnion(
                [world.site.get(HostMachine.self, "edge-a")?.annotation(Annotation.certificateRenewal)]
                    .compactMap(\.self))
            world.now = world.now + .seconds(30)
        }
        #expect((3...8).contains(asked.count), "\(asked.sorted())")
    }

    @Test("a cluster that is not asked to leaves them alone, and says so")
    func onRequest() {
        var world = world(["a": 20, "b": 100, "c": 100]) {
            $0.json["spec", "certificates"] = ["renewal": "OnRequest"]
        }
        world.run(rounds: 10)
        #expect(asked(world) == [])
        #expect(condition(world)?.reason == "RenewalNotRequested")
        #expect(world.sitesCluster.healthLevel == "Yellow")
        let now = world.now
        world.edit { $0.json["spec", "certificates", "renewAfter"] = .string(now.rfc3339) }
        world.run(rounds: 30)
        #expect(asked(world) == ["a", "b", "c"], "whoever asks means all of them")
        #expect(condition(world)?.reason == "Valid")
        let log = world.site.log.count
        world.run(rounds: 30)
        #expect(world.site.log.count == log, "once is enough")
    }

    @Test("a request for later waits for its time")
    func later() {
        var world = world(["a": 300, "b": 300, "c": 300])
        let then = world.now + .seconds(200)
        world.edit { $0.json["spec", "certificates"] = ["renewAfter": .string(then.rfc3339)] }
        world.run(rounds: 30) { $0.now >= then }
        #expect(asked(world) == [])
        world.run(rounds: 30)
        #expect(asked(world) == ["a", "b", "c"])
    }

    @Test("who fails is asked again, later and later, and the others are not held up")
    func fails() {
        var world = world(["a": 2, "b": 5, "c": 6])
        world.agents.failingRenewals = ["a"]
        world.run(rounds: 20)
        #expect(condition(world)?.reason == "RenewalFailed")
        #expect(condition(world)?.message.contains("attempt 2") == true)
        #expect(world.waitReasons.contains("CertificateRenewalFailed"))
        #expect(asked(world) == ["a", "b", "c"])
        #expect(world.sitesCluster.certificates?.host == "a")
        world.agents.failingRenewals = []
        world.run(rounds: 60)
        #expect(condition(world)?.reason == "Valid")
        #expect(!world.waitReasons.contains("CertificateRenewalFailed"))
    }

    @Test("while a host is down the others wait, until the end is near")
    func whileOneIsDown() {
        var world = world(["a": 20, "b": 20, "c": 300])
        world.agents.dead = ["c"]
        let now = world.now
        world.site.change(Node.self, "c") { $0.set(Condition("Ready", .unknown, reason: "Silent"), now: now) }
        world.run(rounds: 100)
        #expect(asked(world) == [])
        #expect(world.waitReasons.contains("NodeNotReady"))
        world.now = world.now + Self.day * 15
        world.run(rounds: 20)
        #expect(asked(world) == ["a", "b"])
    }

    @Test("an update goes first, and one that never ends does not let certificates end")
    func duringAnUpdate() {
        var world = world(["a": 20, "b": 20, "c": 20])
        world.setVariable("os", "2.0.0")
        // The hosts are busy before anybody looks at their certificates.
        world.run(rounds: 3)
        world.approve()
        world.agents.dead = ["w"]
        world.run(rounds: 60)
        let phases = world.site.snapshot.list(ClusterUpdate.self).map(\.phase)
        #expect(phases == [.progressing], "w keeps it from completing")
        world.now = world.now + Self.day * 14
        world.run(rounds: 30)
        #expect(asked(world) == ["a", "b", "c"])
        world.agents.dead = []
        world.run(rounds: 60)
        #expect(world.update?.phase == .completed)
    }

    @Test("what has ended is said, with what becomes of it")
    func expired() {
        var world = world(["a": 100, "b": 100, "c": 100])
        let now = world.now
        world.agents.dead = ["b"]
        world.site.change(HostMachine.self, "edge-b") {
            $0.certificates = HostCertificates(expires: now - .seconds(1), name: "etcd/peer", message: "no room")
        }
        world.run(rounds: 5)
        #expect(condition(world)?.reason == "Expired")
        #expect(condition(world)?.message.contains("etcd/peer of b") == true)
        #expect(condition(world)?.message.contains("no room") == true)
    }

    @Test("a worker whose kubelet was off for too long finds what lets it in anew")
    func worker() throws {
        var world = world(["w": 300])
        world.run(rounds: 3)
        world.site.change(Secret.self, "edge-join") { $0.json["data", "worker"] = "bmV3" }
        world.run(rounds: 3)
        let name = ObjectName.bootstrapSecret("edge-w")
        #expect(world.site.get(Secret.self, name)?.json["data", "join"] != "bmV3")
        let now = world.now
        world.site.change(HostMachine.self, "edge-w") {
            $0.certificates = HostCertificates(expires: now - .seconds(1), name: "kubelet")
        }
        world.run(rounds: 3)
        #expect(world.site.get(Secret.self, name)?.json["data", "join"] == "bmV3")
    }
}
