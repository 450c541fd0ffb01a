import ControlLoop
import CorbelAPI
import Lifecycle
import Testing

@Suite struct LayerTests {
    @Test("drift is found and mended")
    func mendsDrift() {
        var world = TestWorld.running()
        guard var web = world.site.snapshot[Deployment.key(namespace: "web", name: "web")] else {
            Issue.record("no deployment")
            return
        }
        web.json["spec", "replicas"] = 7
        world.site.put(web)
        world.step()
        #expect(world.site.snapshot[web.key]?.json["spec", "replicas"] == 2)
        #expect(world.site.log == ["apply Deployment web", "update ConfigMap edge-layer-web"])
    }

    @Test("an object that somebody deletes comes back")
    func restores() {
        var world = TestWorld.running()
        world.site.remove(DaemonSet.key(namespace: "kube-system", name: "cni"))
        world.step()
        #expect(world.site.snapshot[DaemonSet.key(namespace: "kube-system", name: "cni")] != nil)
    }

    @Test("what a revision drops is pruned, and its inventory goes with it")
    func prunes() {
        var world = TestWorld.running()
        world.setVariable("web", "none")
        world.run(rounds: 3)
        world.approve()
        world.run { $0.update?.phase == .completed }
        world.run(rounds: 3)
        #expect(world.site.snapshot[Deployment.key(namespace: "web", name: "web")] == nil)
        #expect(world.site.snapshot.list(ConfigMap.self).map(\.name) == ["edge-layer-cni"])
        #expect(world.site.snapshot[DaemonSet.key(namespace: "kube-system", name: "cni")] != nil)
        #expect(world.sitesCluster.healthLevel == "Green")
    }

    @Test("a value that the server writes its own way is mended once, and not for ever")
    func endsWithNormalization() {
        var world = TestWorld.running()
        let key = Deployment.key(namespace: "web", name: "web")
        guard var web = world.site.snapshot[key], var map = world.site.get(ConfigMap.self, "edge-layer-web") else {
            return
        }
        web.json["spec", "replicas"] = "2"
        world.site.put(web)
        let generation = world.site.snapshot[key]?.generation ?? 0
        map.data["objects"] = map.data["objects"]?.replacing(
            "\"name\":\"web\"", with: "\"mended\":\(generation),\"name\":\"web\"")
        world.site.put(map)
        world.site.clearLog()
        world.step()
        #expect(world.site.log == [])
    }

    @Test("a layer does not begin before the one below it is ready")
    func gates() {
        var world = TestWorld.running()
        let revision = world.site.snapshot.list(ClusterRevision.self)[0]
        world.site.remove(Deployment.key(namespace: "web", name: "web"))
        guard var cni = world.site.snapshot[DaemonSet.key(namespace: "kube-system", name: "cni")] else { return }
        cni.json["status", "numberReady"] = 0
        world.site.put(cni)
        let outcome = LayerReconciler().reconcile(
            Cluster.key(namespace: "site", name: "edge"), in: world.site.snapshot, now: world.now)
        #expect(revision.layers.map(\.name) == ["os", "k8s", "cni", "web"])
        #expect(outcome.intents == [])
        #expect(outcome.waits.map(\.reason) == ["LayerNotReady"])
    }
}

@Suite struct HealthTests {
    private func level(_ change: (inout TestWorld) -> Void) -> (level: String, reasons: [String]) {
        var world = TestWorld.running()
        change(&world)
        world.step()
        let health = world.sitesCluster.json["status", "health"]
        return (
            health?["level"]?.stringValue ?? "",
            (health?["reasons"]?.arrayValue ?? []).compactMap { $0["reason"]?.stringValue }
        )
    }

    @Test(
        "resource thresholds colour the cluster",
        arguments: [
            ("cpu", 89, "Green"), ("cpu", 90, "Yellow"), ("memory", 95, "Yellow"), ("disk", 80, "Yellow"),
            ("disk", 90, "Red"),
        ])
    func resources(name: String, percent: Int, expected: String) {
        let health = level { world in
            world.site.change(HostMachine.self, "edge-b") {
                $0.json["status", "resources"] = [name: JSONValue(percent)]
            }
        }
        #expect(health.level == expected)
        #expect(health.reasons == (expected == "Green" ? [] : ["ResourceThreshold"]))
    }

    @Test("one unhealthy etcd member of three is yellow, two are red")
    func etcd() {
        func health(_ hosts: [String]) -> String {
            level { world in
                for host in hosts {
                    world.site.change(HostMachine.self, "edge-\(host)") { $0.json["status", "etcd", "healthy"] = false }
                }
            }.level
        }
        #expect(health(["b"]) == "Yellow")
        #expect(health(["b", "c"]) == "Red")
    }

    @Test(
        "a pod that keeps crashing, or cannot have its image, is named; one that is starting is not",
        arguments: [
            ("CrashLoopBackOff", ["CrashLoopBackOff"]), ("ErrImagePull", ["ImagePullBackOff"]),
            ("ImagePullBackOff", ["ImagePullBackOff"]), ("CreateContainerConfigError", ["CreateContainerError"]),
            ("ContainerCreating", []),
        ])
    func stuck(waiting: String, reasons: [String]) {
        let health = level { world in
            var pod = Pod(namespace: "web", name: "p")
            pod.json["status", "containerStatuses"] = [
                ["name": "c", "state": ["waiting": ["reason": .string(waiting)]]]
            ]
            world.site.put(pod)
        }
        #expect(health.level == (reasons.isEmpty ? "Green" : "Yellow"))
        #expect(health.reasons == reasons)
    }

    @Test("a site that nobody hears of is Unknown at the centre, neither healthy nor failed, and comes back as it was")
    func unreachable() {
        var world = TestWorld.running()
        world.linkIsUp = false
        for host in ["a", "b", "c"] {
            world.centre.change(EdgeHost.self, host) {
                $0.set(Condition("Reachable", .isFalse, reason: "Silent"), now: Timestamp(seconds: 1_800_000_000))
            }
        }
        world.step()
        #expect(world.edgeCluster.healthLevel == "Unknown")
        for host in ["a", "b", "c"] {
            world.centre.change(EdgeHost.self, host) {
                $0.set(Condition("Reachable", .isTrue, reason: "Heard"), now: Timestamp(seconds: 1_800_000_001))
            }
        }
        world.step()
        #expect(world.edgeCluster.healthLevel == "Green")
    }
}
