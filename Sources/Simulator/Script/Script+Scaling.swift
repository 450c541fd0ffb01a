extension Script {
    /// People who change what hosts a cluster has, and now and then end it.
    mutating func drawScaling(
        _ chance: inout SeededGenerator, _ name: String?, _ cluster: SimulationConfiguration.Cluster
    ) {
        guard chance.chance(0.4) else { return }
        for _ in 0...(chance.next() % 3) {
            let at = moment(&chance)
            guard let act = Self.change(&chance, cluster) else { continue }
            plan(.act(act, cluster: name), in: at)
            guard case .replace(let old, _) = act, chance.chance(0.5) else { continue }
            // As often as not a host is replaced because it is gone, for good as far as anybody can tell.
            let before = chance.duration(.zero...(.seconds(400)))
            plan(.fault(.powerCut(host: old, off: .seconds(6000))), in: max(.zero, at - before))
        }
        if chance.chance(0.2) { drawEnd(&chance, name) }
    }

    /// As with faults: where a cluster comes up, that is what is looked at.
    private func moment(_ chance: inout SeededGenerator) -> Duration {
        chance.duration(.seconds(1)...(beginsBare && chance.chance(0.7) ? .seconds(400) : .seconds(2200)))
    }

    private mutating func drawEnd(_ chance: inout SeededGenerator, _ name: String?) {
        let end = moment(&chance)
        plan(.act(.delete, cluster: name), in: end)
        guard chance.chance(0.5) else { return }
        plan(.act(.make, cluster: name), in: end + chance.duration(.seconds(1)...(.seconds(900))))
    }

    private static func change(
        _ chance: inout SeededGenerator, _ cluster: SimulationConfiguration.Cluster
    ) -> Act? {
        let spare = chance.pick(cluster.spares)
        let (host, worker) = (chance.pick(cluster.hosts), chance.pick(cluster.workers))
        switch chance.next() % 8 {
        case 0, 1: return spare.map { .add([$0], pool: "workers") }
        case 2: return worker.map { .remove([$0]) }
        case 3, 4: return host.flatMap { host in spare.map { .replace(host, by: $0) } }
        case 5: return cluster.spares.count > 1 ? .add(cluster.spares, pool: "masters") : nil
        case 6:
            let leaving = cluster.controlPlane.count > 3 ? cluster.controlPlane.suffix(2) : cluster.spares.prefix(2)
            return .remove(Array(leaving))
        default: return .scale(pool: "workers", to: Int(chance.next() % 3))
        }
    }
}
