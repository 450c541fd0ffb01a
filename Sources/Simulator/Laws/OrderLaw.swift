import ControlLoop
import CorbelAPI

/// Law 4, the order: the control plane first, one host after the other, and workers when it is through.
struct OrderLaw: Law {
    let name = "the order that was promised"

    func observe(_ observation: Observation, in world: SimulatedWorld) -> [String] {
        guard case .write(.update(let object), .site(let site), let author) = observation,
            object.groupKind == HostMachine.groupKind
        else { return [] }
        let machine = HostMachine(json: object.json)
        guard let task = machine.task, task.gate == .proceed, task.id.hasPrefix("update-"),
            before(machine, at: site, in: world)?.task?.gate == .prepare
        else { return [] }
        let leaving = Set(world.sites[site].plane.snapshot.list(Machine.self).filter(\.isDeleting).map(\.name))
        let controlPlane = world.sites[site].plane.snapshot.list(HostMachine.self).filter {
            $0.role == .controlPlane && $0.hostName != machine.hostName && $0.task?.id == task.id
                && !leaving.contains($0.name)
        }
        let ahead = controlPlane.filter { other in
            let isThrough = other.taskStatus?.id == task.id && other.taskStatus?.phase == .done
            return !isThrough && (machine.role == .worker || other.task?.gate == .proceed)
        }
        return ahead.map { "\(author) lets \(machine.hostName) go before \($0.hostName) is through" }
    }

    private func before(_ machine: HostMachine, at site: Int, in world: SimulatedWorld) -> HostMachine? {
        world.sites[site].plane.snapshot[machine.key].map { HostMachine(json: $0.json) }
    }
}
