import CorbelAPI

/// The cluster that a scenario asks for, as a person writes it down.
struct WantedCluster: Sendable, Hashable {
    /// A pool of machines, which are told by their numbers.
    struct Pool: Sendable, Hashable {
        var name: String
        var role: HostPool.Role
        var hosts: [Int]
        var spares: [Int] = []
        var labels: [String: String] = [:]
        var taints: [JSONValue] = []

        static func controlPlane(_ hosts: [Int], spares: [Int] = []) -> Pool {
            Pool(name: "control-plane", role: .controlPlane, hosts: hosts, spares: spares)
        }

        /// Spares are there to take over without being asked.
        fileprivate func json(_ layout: DemoLayout) -> JSONValue {
            var json: JSONValue = [
                "name": .string(name), "role": .string(role.rawValue), "hosts": JSONValue(hosts.map(layout.hostName)),
            ]
            if !labels.isEmpty { json["labels"] = JSONValue(labels) }
            if !taints.isEmpty { json["taints"] = .array(taints) }
            if !spares.isEmpty {
                json["spares"] = JSONValue(spares.map(layout.hostName))
                json["replaceFailedHosts"] = true
            }
            return json
        }
    }

    var pools: [Pool]
    /// Each in version 1.0.0.
    var profiles = ["infrastructure", "core-add-ons"]

    /// The Secret that holds its hosts' user data.
    var userDataSecret: String?

    /// The machines that it names, spares included.
    var machines: [Int] { pools.flatMap { $0.hosts + $0.spares }.sorted() }

    func resource(_ layout: DemoLayout) -> Unstructured {
        let profiles = profiles.map { name -> JSONValue in ["name": .string(name), "version": "1.0.0"] }
        var resource = Unstructured(json: [
            "apiVersion": "corbel.dev/v1alpha1", "kind": "EdgeCluster",
            "metadata": ["name": .string(DemoLayout.clusterName), "namespace": "default"],
            "spec": [
                "profiles": .array(profiles), "pools": .array(pools.map { $0.json(layout) }),
                "network": ["controlPlaneEndpoint": ["host": .string(layout.addresses.site), "port": 6443]],
            ],
        ])
        resource.json["spec", "userDataFrom"] = userDataSecret.map { ["name": .string($0)] }
        return resource
    }
}
