import ControlLoop
import CorbelAPI
import HostPlan

/// Law 4, while a cluster grows: etcd gets one member at a time, and one host alone begins a cluster.
struct JoinLaw: Law {
    let name = "one member at a time"

    func observe(_ observation: Observation, in world: SimulatedWorld) -> [String] {
        guard case .write(.update(let object), let plane, let author) = observation,
            object.groupKind == HostMachine.groupKind
        else { return [] }
        let machine = HostMachine(json: object.json)
        guard machine.role == .controlPlane, machine.task?.type == .bootstrap,
            isNews(to: machine.name, on: plane, world)
        else { return [] }
        let others = world[plane].snapshot.list(HostMachine.self).filter { other in
            other.role == .controlPlane && other.name != machine.name && other.clusterName == machine.clusterName
                && other.task?.type == .bootstrap && (other.running?.kubernetesVersion ?? "").isEmpty
        }
        return others.map {
            "\(author) tells \(machine.hostName) to become a member, and \($0.hostName) is in the midst of it"
        }
    }

    /// Whether the machine is there, and has been told nothing yet.
    private func isNews(to name: String, on plane: PlaneID, _ world: SimulatedWorld) -> Bool {
        let key = HostMachine.key(namespace: SimulatedWorld.namespace, name: name)
        return world[plane].snapshot[key].map { HostMachine(json: $0.json).task == nil } ?? false
    }
}
