import CorbelAPI
import Effects
import ResourceClient

extension Scenario {
    static let provision = Scenario(
        "provision",
        "Bare hosts register and become a cluster that pivots to its site, takes its layers and turns green."
    ) { run in
        let stage = try await run.openStage()
        var wanted = WantedCluster(pools: [.controlPlane(Array(stage.allHosts))])
        wanted.userDataSecret = try await stage.writeUserData()
        try await stage.askForCluster(wanted)
        try await stage.expectPivot()
        try await stage.expectGreenCluster()
        try await stage.expectUserData()
        try await stage.expectSoundSite()
        try await stage.writeSiteKubeconfig()
        try await stage.writeNextSystem()
    }
}

extension Stage {
    /// On a layer's inventory.
    private static let layerLabel = "corbel.dev/layer"
    /// The pivot's steps, as the centre writes them.
    private static let pivotSteps = ["Sealed", "Imported", "Committed", "Released", "Deleted"]

    /// A file that the user data asks for, and what it says.
    private static let greeting = (path: "/etc/motd", text: "This host is of the cluster shop-1.\n")

    /// Keeps cloud-init's user data in a Secret, as a person writes it, and answers the Secret's name.
    fileprivate func writeUserData() async throws -> String {
        let text = """
            #cloud-config
            # Read once by every host, when it becomes a member.
            write_files:
              - path: \(Self.greeting.path)
                permissions: "0644"
                content: |
                  \(Self.greeting.text)
            """
        var secret = Secret(namespace: clusterKey.namespace, name: "hosts")
        secret.json["stringData"] = ["userData": .string(text)]
        _ = try await centre.client.create(secret, by: "corbel")
        return secret.name
    }

    fileprivate func expectUserData() async throws {
        try await expect("every host has the file \(Self.greeting.path) that the user data asks for") {
            var without: [String] = []
            for number in allHosts {
                let path = layout.hostDirectory(number) + "/disk" + Self.greeting.path
                let text = try await files.exists(path) ? files.read(path, limit: 1 << 16) : []
                if text != Array(Self.greeting.text.utf8) { without.append(layout.hostName(number)) }
            }
            return Sighting(without.isEmpty, without.isEmpty ? "all" : "not on \(without.joined(separator: ", "))")
        }
    }

    /// The first host serves, and the pivot goes through all of its steps in order.
    fileprivate func expectPivot() async throws {
        let steps = PivotSteps()
        let isThrough = try await follow(within: .seconds(180)) { cluster in
            await steps.take(cluster.pivotStep)
            return cluster.pivotStep == "Deleted"
        }
        let seen = await steps.seen
        await check(
            "the pivot goes through \(Self.pivotSteps.joined(separator: ", "))",
            Sighting(seen == Self.pivotSteps, seen.joined(separator: ", ")))
        if !isThrough { throw ScenarioEnd() }
    }

    /// The EdgeCluster says that everything is as it should be.
    ///
    /// - Parameter hosts: how many it has; all machines, unless said.
    func expectGreenCluster(hosts: Int? = nil, within limit: Duration = .seconds(180)) async throws {
        let hosts = hosts ?? layout.hosts
        try await expect("\(hosts) of \(hosts) hosts are ready", within: limit) {
            let cluster = try await cluster()
            return Sighting(cluster.readyHosts == hosts, "\(cluster.readyHosts) ready")
        }
        try await expect("all layers are ready", within: limit) {
            let layers = try await cluster().layerStates
            let open = layers.filter { !$0.isReady }.map(\.name)
            let saw = open.isEmpty ? layers.map(\.name) : ["not ready:"] + open
            return Sighting(!layers.isEmpty && open.isEmpty, saw.joined(separator: " "))
        }
        try await expect("the cluster is Running and Green", within: limit) {
            let cluster = try await cluster()
            return Sighting(
                cluster.phase == .running && cluster.healthLevel == "Green",
                "\(cluster.phase.rawValue), \(cluster.healthLevel) \(cluster.healthReasons)")
        }
    }

    /// The site's own API server and etcd say the same.
    func expectSoundSite() async throws {
        try await expectNodes(Array(allHosts))
        try await expectVoters(Array(allHosts))
        try await expect("the layers were installed in their order") { try await layerOrder() }
    }

    /// These machines are the cluster's nodes, and no others.
    func expectNodes(_ numbers: [Int]) async throws {
        let names = numbers.map(layout.hostName).sorted()
        try await expect("the site's nodes are \(names.joined(separator: ", ")), all Ready, asked of the site itself") {
            let nodes = try await site().list(Node.self)
            let ready = nodes.filter(\.isReady).map(\.name).sorted()
            let others = nodes.filter { !$0.isReady }.map { "\($0.name) (not ready)" }
            return Sighting(ready == names && others.isEmpty, (ready + others).joined(separator: ", "))
        }
    }

    /// These machines have the members of etcd that vote, and there are no others.
    func expectVoters(_ numbers: [Int]) async throws {
        let names = numbers.map(layout.hostName).sorted()
        try await expect("etcd's voting members are \(names.joined(separator: ", ")), asked of etcd itself") {
            let members = try await etcdMembers().map(\.description).sorted()
            return Sighting(members == names, members.joined(separator: ", "))
        }
    }

    /// A layer's inventory is written before its first object: their times say in which order the layers began.
    private func layerOrder() async throws -> Sighting {
        var options = ListOptions(namespace: clusterKey.namespace)
        options.labelSelector = Self.layerLabel
        let times = try await site().list(ConfigMap.groupKind, options).items.map { map in
            (map.labels[Self.layerLabel] ?? "", map.json["metadata", "creationTimestamp"]?.stringValue ?? "")
        }
        let begun = Dictionary(times) { first, _ in first }
        let order = try await cluster().layerStates.compactMap { layer in begun[layer.name].map { (layer.name, $0) } }
        let isInOrder = zip(order, order.dropFirst()).allSatisfy { $0.1 <= $1.1 }
        return Sighting(
            isInOrder && order.count == times.count && !order.isEmpty,
            order.map { "\($0.0) at \($0.1)" }.joined(separator: ", "))
    }
}

/// The steps of a pivot in the order in which they were seen.
private actor PivotSteps {
    private(set) var seen: [String] = []

    func take(_ step: String?) {
        if let step, seen.last != step { seen.append(step) }
    }
}
