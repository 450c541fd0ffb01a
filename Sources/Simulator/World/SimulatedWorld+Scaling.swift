import CorbelAPI
import Lifecycle

/// People who give a cluster hosts, take some away, put one in another's place, and end a cluster.
extension SimulatedWorld {
    mutating func reshape(_ act: Act, at site: Int) {
        let cluster = sites[site].cluster
        switch act {
        case .add(let hosts, let pool):
            changePools(of: site, "adds \(hosts.joined(separator: ", ")) to \(pool)") { pools in
                if let index = pools.firstIndex(where: { $0["name"]?.stringValue == pool }) {
                    pools[index]["hosts"] = JSONValue((pools[index]["hosts"]?.stringList ?? []) + hosts)
                } else {
                    pools.append(["name": .string(pool), "role": "worker", "hosts": JSONValue(hosts)])
                }
            }
        case .remove(let hosts):
            changePools(of: site, "takes \(hosts.joined(separator: ", ")) out of its pool") { pools in
                for index in pools.indices {
                    let rest = (pools[index]["hosts"]?.stringList ?? []).filter { !hosts.contains($0) }
                    pools[index]["hosts"] = JSONValue(rest)
                }
            }
        case .replace(let old, let new):
            changePools(of: site, "puts \(new) in the place of \(old)") { pools in
                for index in pools.indices {
                    let hosts = pools[index]["hosts"]?.stringList ?? []
                    pools[index]["hosts"] = JSONValue(hosts.map { $0 == old ? new : $0 })
                }
            }
        case .delete:
            guard let object = centre.get(EdgeCluster.self, namespace: Self.namespace, name: cluster) else { return }
            tell("somebody deletes \(cluster)")
            note("cluster deleted", at: site)
            centre.end(object.key, now: now)
            acknowledge(object.key, on: .centre)
        case .make: makeAgain(site)
        default: break
        }
    }

    private mutating func makeAgain(_ site: Int) {
        let cluster = sites[site].cluster
        if let present = centre.get(EdgeCluster.self, namespace: Self.namespace, name: cluster) {
            sites[site].isWantedAgain = present.isDeleting
            if present.isDeleting { plan(.act(.make, cluster: cluster), in: .seconds(30)) }
            return
        }
        guard let made = configuration.clusters.first(where: { $0.name == cluster }) else { return }
        tell("somebody makes \(cluster) again")
        note("cluster made again", at: site)
        sites[site].isWantedAgain = false
        centre.put(edgeCluster(made), now: now)
    }

    /// Changes pools as the centre's API server lets people do it: what it would refuse is not done.
    private mutating func changePools(of site: Int, _ deed: String, _ change: (inout [JSONValue]) -> Void) {
        guard let cluster = centre.get(EdgeCluster.self, namespace: Self.namespace, name: sites[site].cluster),
            !cluster.isDeleting
        else { return }
        var pools = cluster.spec["pools"]?.arrayValue ?? []
        change(&pools)
        let accepted = (cluster.json["status", "pools"]?.arrayValue ?? []).map(HostPool.init(json:))
        let problems = PoolValidation.problems(of: pools.map(HostPool.init(json:)), accepted: accepted)
        if let problem = problems.first { return tell("somebody \(deed), which is refused: \(problem)") }
        guard JSONValue.array(pools) != cluster.spec["pools"] else { return }
        tell("somebody \(deed)")
        note("pool changed", at: site)
        centre.change(EdgeCluster.self, namespace: Self.namespace, name: cluster.name, now: now) {
            $0.json["spec", "pools"] = .array(pools)
        }
        acknowledge(cluster.key, on: .centre)
    }

    /// At the site, as `kubectl scale` does it.
    mutating func scale(_ pool: String, to count: Int, at site: Int) {
        let cluster = sites[site].cluster
        tell("somebody at \(cluster) scales \(pool) to \(count)")
        note("pool scaled at the site", at: site)
        let role = centresCluster(site).pools.first { $0.name == pool }?.role
        if role == .controlPlane {
            let name = ObjectName.controlPlane(cluster)
            sites[site].plane.change(EdgeControlPlane.self, namespace: Self.namespace, name: name, now: now) {
                $0.json["spec", "replicas"] = JSONValue(count)
            }
        } else {
            let name = ObjectName.pool(pool, of: cluster)
            sites[site].plane.change(MachineDeployment.self, namespace: Self.namespace, name: name, now: now) {
                $0.json["spec", "replicas"] = JSONValue(count)
            }
        }
    }

    private mutating func note(_ act: String, at site: Int) { coverage.note(act, during: phase(of: site)) }
}
