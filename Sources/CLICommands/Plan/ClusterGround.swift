import CorbelAPI
import Profiles
import Revisions

/// All that the plan of one cluster follows from.
struct ClusterGround: Sendable {
    /// As the server has it; `nil` for a cluster that is yet to be made.
    var before: EdgeCluster?
    /// As it would be.
    var cluster: EdgeCluster
    var profiles: [ClusterProfile]
    var packs: [Pack]
    var secrets: [Secret]
    var revisions: [ClusterRevision]
    var updates: [ClusterUpdate]
    var edgeHosts: [EdgeHost]

    /// - Throws: ``CommandFailure`` with everything that is wrong with the profiles.
    func plan() throws -> ClusterPlan {
        let input = ResolutionInput(
            cluster: cluster, profiles: profiles, packs: packs, secrets: secrets, running: current)
        switch ProfileResolver().resolve(input) {
        case .refused(let problems):
            let list = problems.map(\.description).joined(separator: "; ")
            throw CommandFailure(
                "the cluster \(cluster.name) cannot be planned: \(list)",
                hint: "correct what the message names; nothing was changed")
        case .resolved(let resolved):
            let revision = revision(of: resolved)
            let plan = UpdatePlan(
                from: origins, to: revision, hosts: hosts, pools: cluster.pools.map(\.name), warnings: resolved.warnings
            )
            return ClusterPlan(
                namespace: cluster.namespace, plan: plan, revision: revision,
                membership: MembershipChange.changes(
                    from: before.map { $0.scaled($0.pools) } ?? [], to: cluster.scaled(cluster.pools)))
        }
    }

    private var own: [ClusterRevision] { revisions.filter { $0.clusterName == cluster.name } }

    /// What every host runs; before that, what the cluster is being made of.
    var current: ClusterRevision? {
        let name = before?.currentRevision ?? before?.latestRevision
        return own.first { $0.name == name }
    }

    private var ownUpdates: [ClusterUpdate] { updates.filter { $0.clusterName == cluster.name } }

    /// What its hosts took for their steps.
    var durations: StepDurations { StepDurations(observedIn: ownUpdates) }

    /// What would hold up the plan, by what is known now.
    func preflight(of plan: ClusterPlan, now: Timestamp) -> Preflight {
        Preflight(
            of: plan.plan, to: plan.revision, cluster: cluster, hosts: edgeHosts, updates: ownUpdates,
            revisions: own, imageBytes: plan.imageBytes, now: now)
    }

    private var origins: UpdateOrigins {
        UpdateOrigins(current: current?.name, revisions: own, updates: ownUpdates)
    }

    /// The revision that the server will make of it: the latest one where that means the same, or the one after it.
    private func revision(of resolved: ResolvedRevision) -> ClusterRevision {
        let latest = own.max { $0.precedes($1) }
        let epoch = max(cluster.epoch, latest?.epoch ?? 0)
        let sequence = latest.map { $0.epoch == epoch ? $0.sequence + 1 : 1 } ?? 1
        let next = ClusterRevision(resolved: resolved, namespace: cluster.namespace, epoch: epoch, sequence: sequence)
        return latest?.digest == next.digest ? latest ?? next : next
    }

    private var hosts: [RolloutHost] {
        cluster.scaled(cluster.pools).flatMap { pool in
            pool.hosts.prefix(pool.replicas).map {
                RolloutHost(name: $0, pool: pool.name, role: pool.role, isEtcdLeader: cluster.etcdLeader == $0)
            }
        }
    }
}
