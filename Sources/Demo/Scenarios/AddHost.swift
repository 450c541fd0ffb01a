import CorbelAPI
import Effects
import ResourceClient

extension Scenario {
    static let addHost = Scenario(
        "add-host",
        "A running cluster gets one machine more: it registers, is named in a pool of workers, and joins."
    ) { run in
        let stage = try await run.openStage(hosts: 4)
        var wanted = WantedCluster(pools: [.controlPlane([1, 2, 3]), .workers([])], profiles: ["infrastructure"])
        try await stage.askForCluster(wanted)
        try await stage.expectGreenCluster(hosts: 3)
        let before = try await stage.bystanders([1, 2, 3])

        try await stage.start(host: 4)
        try await stage.expectRegistered([1, 2, 3, 4])
        wanted.pools[1].hosts = [4]
        try await stage.apply(wanted)
        await stage.say("the pool \(wanted.pools[1].name) is given host-4")
        try await stage.expectGreenCluster(hosts: 4)
        try await stage.expectNodes([1, 2, 3, 4])
        try await stage.expectWorker(4, of: wanted.pools[1])
        try await stage.expectVoters([1, 2, 3])
        try await stage.expectUntouched(before)
        try await stage.expectSiteAloneWrites()
        try await stage.writeSiteKubeconfig()
    }
}

extension WantedCluster.Pool {
    /// A pool that says something of its nodes.
    static func workers(_ hosts: [Int]) -> WantedCluster.Pool {
        WantedCluster.Pool(
            name: "workers", role: .worker, hosts: hosts, labels: ["example.com/tier": "edge"],
            taints: [["key": "example.com/dedicated", "value": "edge", "effect": "NoSchedule"]])
    }
}

extension Stage {
    /// The machine is a worker as its pool says, with a certificate that it asked the site for, and without any
    /// authority's key.
    fileprivate func expectWorker(_ number: Int, of pool: WantedCluster.Pool) async throws {
        let name = layout.hostName(number)
        try await expect("\(name) has its pool's labels and taints, and its machine is of the pool") {
            let node = Node(try await site().get(Node.key(name: name)))
            let taints = node.json["spec", "taints"]?.arrayValue ?? []
            let machines = try await site().list(Machine.self)
            let pools = machines.filter { $0.json["status", "nodeRef", "name"]?.stringValue == name }
                .compactMap { $0.labels[WellKnown.poolName] }
            let hasLabels = pool.labels.allSatisfy { node.labels[$0.key] == $0.value }
            let saw =
                "\(node.labels[pool.labels.keys.first ?? ""] ?? "no label"), \(taints.count) taints, pool \(pools)"
            return Sighting(hasLabels && pool.taints.allSatisfy(taints.contains) && pools == [pool.name], saw)
        }
        try await expect("\(name) asked the site for its certificate, and holds no key of an authority") {
            let requests = try await site().list(CertificateSigningRequest.self)
                .filter { $0.signerName == CertificateSigningRequest.kubeletClientSigner && $0.certificate != nil }
                .map(\.name)
            let keys = try await files.list(layout.hostDirectory(number) + "/disk/etc/kubernetes/pki")
                .map(\.name).filter { $0.hasSuffix(".key") }
            return Sighting(
                requests.contains { $0.contains("-\(name)-") } && keys == ["kubelet.key"],
                "signed: \(requests.joined(separator: ", ")); keys: \(keys.joined(separator: ", "))")
        }
        try await expect("the network's daemon runs on \(name) too") {
            let key = DaemonSet.key(namespace: "kube-system", name: "cilium")
            let ready = try await site().get(key).json["status", "numberReady"]?.intValue ?? 0
            return Sighting(ready == 4, "\(ready) of 4 are ready")
        }
    }
}
