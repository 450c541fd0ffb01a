import APIMachinery
import CorbelAPI
import Effects
import ResourceClient

extension Scenario {
    static let removeHost = Scenario(
        "remove-host",
        """
        A worker leaves when its pods' budget lets it, and comes back; the site scales the pool without the centre; a \
        control plane of three keeps its hosts.
        """
    ) { run in
        let stage = try await run.openStage(hosts: 4)
        let workers = WantedCluster.Pool(name: "workers", role: .worker, hosts: [4])
        let wanted = WantedCluster(pools: [.controlPlane([1, 2, 3]), workers], profiles: ["infrastructure"])
        try await stage.askForCluster(wanted)
        try await stage.expectGreenCluster(hosts: 4)
        let before = try await stage.bystanders([1, 2, 3])
        try await stage.expectRefusals(of: wanted)
        try await stage.removeWorker(4, from: wanted)
        try await stage.expectFree(4)
        try await stage.expectUntouched(before)
        try await stage.expectSiteAloneWrites()

        try await stage.apply(wanted)
        await stage.say("host-4 is named in the pool again")
        try await stage.expectGreenCluster(hosts: 4)
        try await stage.expectNodes([1, 2, 3, 4])
        try await stage.expectVoters([1, 2, 3])
        try await stage.writeSiteKubeconfig()
        try await stage.scaleWithoutCentre(workers)
    }
}

extension Stage {
    /// While the centre is away, whoever holds the site's kubeconfig scales the workers, whose count the pool leaves
    /// open. The centre learns of it, and keeps the host for the pool.
    fileprivate func scaleWithoutCentre(_ workers: WantedCluster.Pool) async throws {
        await killCentre()
        try await scale(workers, to: 0)
        try await expectNodes([1, 2, 3])
        try await startCentre()
        let name = layout.hostName(4)
        try await expect("the centre learns what the pool was scaled to, and \(name) stays claimed") {
            let host = EdgeHost(try await centre.client.get(EdgeHost.key(namespace: "default", name: name)))
            let cluster = try await cluster()
            let isSound = host.consumerCluster == DemoLayout.clusterName && cluster.readyHosts == 3
            return Sighting(
                isSound && cluster.scaledPools == [workers.name: 0] && cluster.healthLevel == "Green",
                "scaled: \(cluster.scaledPools), \(cluster.readyHosts) ready, \(cluster.healthLevel); "
                    + "cluster of \(name): \(host.consumerCluster ?? "none")")
        }
        try await scale(workers, to: 2)
        try await expect("more hosts than the pool names are refused, with the reason") {
            let waits = try await cluster().json["status", "waits"]?.arrayValue ?? []
            let refusal = waits.first { $0["reason"]?.stringValue == "ScaleRefused" }?["message"]?.stringValue ?? ""
            return Sighting(refusal.contains("the pool names no more than 1"), refusal)
        }
        try await scale(workers, to: 1)
        try await expectGreenCluster(hosts: 4)
        try await expectNodes([1, 2, 3, 4])
    }

    /// As `kubectl scale` does it, at the site.
    private func scale(_ pool: WantedCluster.Pool, to count: Int) async throws {
        let key = MachineDeployment.key(
            namespace: clusterKey.namespace, name: "\(DemoLayout.clusterName)-\(pool.name)")
        _ = try await site().patch(
            key, .merge, ["spec": ["replicas": JSONValue(count)]], subresource: .scale,
            WriteOptions(fieldManager: "kubectl"))
        await say("the pool \(pool.name) is scaled to \(count) at the site")
    }

    /// Three control-plane hosts are neither two nor one: the centre refuses, names the rule, and changes nothing.
    fileprivate func expectRefusals(of wanted: WantedCluster) async throws {
        let before = try await cluster()
        for (hosts, rule) in [([1, 2], "a control plane has 1, 3 or 5 hosts"), ([1], "must be 3 or more")] {
            var smaller = wanted
            smaller.pools[0].hosts = hosts
            let refusal = await refusal(of: smaller)
            await check(
                "a control plane of \(hosts.count) instead of 3 is refused, by the rule that forbids it",
                Sighting(
                    refusal?.reason == .invalid && refusal?.message.contains(rule) == true,
                    "\(refusal?.message ?? "accepted")"))
        }
        try await expect("the refusals have changed nothing") {
            let now = try await cluster()
            let isSame = now.spec == before.spec && now.acceptedMembers == before.acceptedMembers
            return Sighting(
                isSame && now.healthLevel == "Green",
                "generation \(now.generation), \(now.acceptedMembers), \(now.healthLevel)")
        }
    }

    private func refusal(of wanted: WantedCluster) async -> StatusError? {
        do {
            try await apply(wanted)
            return nil
        } catch {
            return error as? StatusError
        }
    }

    /// A worker with a pod that may not go yet: the drain waits and says for what, then the budget is changed, and the
    /// host leaves.
    fileprivate func removeWorker(_ number: Int, from wanted: WantedCluster) async throws {
        let name = layout.hostName(number)
        var workload = DemoWorkload(name: "checkout", replicas: 2, minAvailable: 2)
        try await apply(workload)
        try await require("the workload \(workload.name) runs, on \(name) too") { [workload] in
            let places = try await readyPods(of: workload).compactMap(\.nodeName).sorted()
            return Sighting(places.count == 2 && places.contains(name), places.joined(separator: ", "))
        }
        var smaller = wanted
        smaller.pools[1].hosts = []
        try await apply(smaller)
        await say("the pool workers is left without \(name)")
        try await expectHeldDrain(of: name, workload)
        workload.minAvailable = 1
        try await apply(workload)
        await say("the budget of \(workload.name) allows one disruption now")
        let fewest = try await fewestReadyPods(of: workload) { try await expectNodes([1, 2, 3]) }
        await check(
            "the drain has kept the budget: one pod of \(workload.name) was always ready",
            Sighting(fewest >= 1, "never fewer than \(fewest)"))
        try await expect("\(workload.name) runs as before, on the other hosts") { [workload] in
            let places = try await readyPods(of: workload).compactMap(\.nodeName).sorted()
            return Sighting(places.count == 2 && !places.contains(name), places.joined(separator: ", "))
        }
    }

    private func expectHeldDrain(of host: String, _ workload: DemoWorkload) async throws {
        try await require("\(host) is cordoned, and the cluster says whose budget it waits for") {
            let node = Node(try await site().get(Node.key(name: host)))
            let waits = try await cluster().json["status", "waits"]?.arrayValue ?? []
            let refused = waits.first { $0["reason"]?.stringValue == "EvictionRefused" }?["message"]?.stringValue ?? ""
            let isNamed = refused.contains("PodDisruptionBudget default/\(workload.name)")
            return Sighting(node.isUnschedulable && isNamed, refused.isEmpty ? "no eviction is refused" : refused)
        }
        await check(
            "the budget's pods are all still ready", Sighting(try await readyPods(of: workload).count == 2, "2"))
    }

    /// Nothing of the host's membership is left: neither an object, nor a claim, nor a file. The host itself was not
    /// rebooted, and waits for its next cluster.
    fileprivate func expectFree(_ number: Int) async throws {
        let name = layout.hostName(number)
        try await expect("no object of the cluster is left that is of \(name)") {
            let left = try await movedObjects(at: try await site()).filter { $0.name.hasSuffix("-\(name)") }
                .map(\.key.description)
            return Sighting(left.isEmpty, left.isEmpty ? "none" : left.joined(separator: ", "))
        }
        try await expect("\(name) belongs to no cluster, and the rest of the cluster is green") {
            let host = EdgeHost(try await centre.client.get(EdgeHost.key(namespace: "default", name: name)))
            let cluster = try await cluster()
            let owner = host.consumerCluster ?? "none"
            return Sighting(
                host.consumerCluster == nil && cluster.readyHosts == 3 && cluster.healthLevel == "Green",
                "cluster of \(name): \(owner); \(cluster.readyHosts) ready, \(cluster.healthLevel)")
        }
        try await expect("\(name) is reset: no Kubernetes is left on its disk") {
            let disk = layout.hostDirectory(number) + "/disk"
            var left: [String] = []
            for path in ["/etc/kubernetes", "/var/lib/kubelet", "/var/lib/etcd"]
            where try await files.exists(disk + path) {
                left.append(path)
            }
            return Sighting(left.isEmpty, left.isEmpty ? "nothing" : left.joined(separator: ", "))
        }
    }
}

extension EdgeCluster {
    /// The hosts that have a machine, as the site reports them.
    fileprivate var acceptedMembers: String { (json["status", "members"]?.stringList ?? []).joined(separator: ", ") }
}
