import CorbelAPI
import ResourceClient

// Which plane holds what.
extension Stage {
    /// The kinds that move with the pivot; a layer of them for each cluster.
    private static let movedKinds: [any TypedResource.Type] = [
        Cluster.self, HostCluster.self, EdgeControlPlane.self, MachineDeployment.self, MachineSet.self, Machine.self,
        MachineHealthCheck.self, HostMachine.self, HostConfig.self, HostConfigTemplate.self, HostMachineTemplate.self,
    ]

    /// The objects of those kinds that a plane holds: the centre's, unless another is given.
    func movedObjects(at plane: (any ResourceClient)? = nil) async throws -> [Unstructured] {
        let plane = plane ?? centre.client
        var objects: [Unstructured] = []
        for kind in Self.movedKinds {
            objects += try await plane.list(kind.groupKind, ListOptions(namespace: clusterKey.namespace)).items
        }
        return objects
    }

    /// Since the pivot the site alone writes: the centre has none of the cluster's objects.
    func expectSiteAloneWrites() async throws {
        try await expect("one plane writes: the centre still holds none of the cluster's machines") {
            let held = try await movedObjects().map(\.key.description)
            let cluster = try await cluster()
            let saw = held.isEmpty ? "none; the plane is the \(cluster.planeName)'s" : held.joined(separator: ", ")
            return Sighting(held.isEmpty && cluster.planeName == "Site", saw)
        }
    }
}
