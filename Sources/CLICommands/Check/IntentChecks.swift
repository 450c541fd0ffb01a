import CorbelAPI
import Lifecycle
import Revisions

/// What stands between the intent of one cluster and its making: its pools, its hosts, its profiles.
struct IntentChecks {
    let ground: ClusterGround
    let hosts: [EdgeHost]

    private var cluster: EdgeCluster { ground.cluster }

    var group: CheckGroup {
        CheckGroup(name: "intent of \(cluster.name)", checks: [pools, profiles] + missingHosts)
    }

    private var pools: CheckResult {
        let what = "the pools are sound"
        let problems = PoolValidation.problems(of: cluster.pools)
        guard !problems.isEmpty else { return .ok(what) }
        return .failure(what, problems.map(\.description).joined(separator: "; "), hint: "correct spec.pools")
    }

    private var profiles: CheckResult {
        let what = "the profiles come to a revision"
        do {
            let warnings = try ground.plan().plan.warnings.map(\.message)
            guard !warnings.isEmpty else { return .ok(what) }
            return .warning(what, warnings.joined(separator: "; "), hint: "it may work all the same")
        } catch {
            let failure = CommandFailure(diagnosing: error)
            return .failure(what, failure.message, hint: failure.hint)
        }
    }

    private var missingHosts: [CheckResult] {
        cluster.pools.flatMap { $0.hosts + $0.spares }.map { name in
            let what = "the host \(name) is there for the cluster"
            guard let host = hosts.first(where: { $0.name == name }) else {
                return .failure(what, "it has not registered", hint: "start corbel-agent on it, with a token")
            }
            guard let other = host.consumerCluster, other != cluster.name else { return .ok(what) }
            return .failure(what, "it belongs to the cluster \(other)", hint: "a host serves one cluster: name another")
        }
    }
}
