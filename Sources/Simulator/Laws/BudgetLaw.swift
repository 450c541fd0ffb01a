import APIMachinery
import ControlLoop
import CorbelAPI

/// Law 4: pods leave a host before it goes down through us, by evictions that their budgets allow.
struct BudgetLaw: Law {
    let name = "no budget is broken through us"

    func observe(_ observation: Observation, in world: SimulatedWorld) -> [String] {
        switch observation {
        case .write(.delete(let key, _, _), .site(let site), let author) where key.kind == Pod.groupKind:
            return ["\(author) at \(world.sites[site].cluster) deletes the pod \(key.name) past its budgets"]
        case .goesDown(let host) where world.serves(host): return goingDown(host, world)
        case .resets(let host) where world.serves(host) && world.machines[host].agent.seen?.task?.type == .reset:
            return world.isEnding(world.machines[host].site) ? [] : goingDown(host, world)
        default: return []
        }
    }

    /// The only host of a cluster has nowhere to send its pods: the approval of the downtime is about them too.
    private func goingDown(_ host: Int, _ world: SimulatedWorld) -> [String] {
        let (machine, site) = (world.machines[host], world.sites[world.machines[host].site])
        guard world.machines[site.hosts].count(where: \.disk.isMember) > 1,
            site.plane.get(Node.self, name: machine.name)?.isReady == true
        else { return [] }
        let pods = site.plane.snapshot.list(Pod.self).filter { $0.isReady && !$0.isDeleting }
        return site.plane.snapshot.list(PodDisruptionBudget.self).compactMap { budget in
            let covered = pods.filter(budget.covers)
            let left = covered.filter { $0.nodeName != machine.name }.count
            let desired = budget.json["status", "desiredHealthy"]?.intValue ?? 0
            guard left < covered.count, left < desired else { return nil }
            return "\(machine.name) goes down, and leaves \(left) pods to \(budget.name), which keeps \(desired)"
        }
    }
}
