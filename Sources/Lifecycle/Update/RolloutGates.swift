import ControlLoop
import CorbelAPI
import Distros
import Revisions

/// What must hold before the next host is disturbed (law 4). Each answer is the wait for the first thing that does not.
struct RolloutGates {
    let context: RolloutContext
    let hosts: [HostRollout]

    private var scope: ClusterScope { context.scope }

    /// The wait before `host`, or nil when it may go.
    func wait(before host: HostRollout) -> Wait? {
        others(of: host) ?? departure(besides: host) ?? downtime(of: host) ?? disruption(of: host) ?? probes ?? quorum(
            of: host) ?? skew(of: host)
    }

    /// The control plane goes first and one at a time. The order decides who begins: it follows etcd's leader, which
    /// may move while a host is drained, and who has begun goes on.
    private func others(of host: HostRollout) -> Wait? {
        let before = hosts.prefix { $0.host != host.host }
        let isControlPlane = host.machine.role == .controlPlane
        let blocking = hosts.first { other in
            guard other.host != host.host else { return false }
            if isControlPlane { return other.isInFlight }
            return other.machine.role == .controlPlane && other.stage != .done
        }
        let isHeldByOrder = isControlPlane && !host.isCordoned
        return (blocking ?? (isHeldByOrder ? before.first { $0.stage != .done } : nil)).map { wait(for: $0, by: host) }
    }

    /// The wait of a worker that is being emptied while a host that became a member of the control plane meanwhile is
    /// ready to go: that one goes first, and would wait for the worker's end.
    func waitForNewcomer(before host: HostRollout) -> Wait? {
        guard host.machine.role == .worker else { return nil }
        let newcomer = hosts.first { $0.machine.role == .controlPlane && $0.stage == .prepared && !$0.isCordoned }
        return newcomer.map { wait(for: $0, by: host) }
    }

    private func wait(for other: HostRollout, by host: HostRollout) -> Wait {
        Wait(
            "WaitingForHost", "\(host.host) goes after \(other.host), which is \(other.stage.rawValue)",
            on: other.machine.key, since: other.taskStatus?.since,
            unblockedBy: "\(other.host) is done, its node ready and its etcd member healthy")
    }

    /// A host that leaves the control plane takes its member along: no other is taken down meanwhile.
    private func departure(besides host: HostRollout) -> Wait? {
        guard host.machine.role == .controlPlane, host.impact.interruptsHosts,
            let leaving = scope.machines.first(where: { $0.isControlPlane && $0.isDeleting })
        else { return nil }
        return Wait(
            "MachineDeleting", "\(host.host) goes when \(leaving.hostName) has left the control plane", on: leaving.key,
            since: leaving.deletionTimestamp, unblockedBy: "the deletion of \(leaving.name) ends")
    }

    /// A cluster that tolerates no loss needs an approval that names the downtime.
    private func downtime(of host: HostRollout) -> Wait? {
        let update = context.update
        guard host.machine.role == .controlPlane, update.spec["approval", "downtime"]?.boolValue != true,
            let text = update.plan["downtime"]?.stringValue ?? incompleteness(with: host)
        else { return nil }
        return Wait(
            "DowntimeNotApproved", "the update takes the cluster down: \(text)", on: update.key,
            unblockedBy:
                "somebody approves the downtime (spec.approval.downtime of the ClusterUpdate), or more members join")
    }

    /// A control plane that is still growing may have no member to spare, whatever the plan could count on.
    private func incompleteness(with host: HostRollout) -> String? {
        let wanted = scope.pools.first { $0.role == .controlPlane }?.activeHosts.count ?? 0
        let voters = EtcdQuorum(hosts.map(\.machine)).voters.count
        guard host.impact.interruptsHosts, voters < min(wanted, 3) else { return nil }
        return "the control plane has \(voters) of \(wanted) members, and none to spare until the others have joined"
    }

    /// No pool misses more hosts than it may, whoever took them away.
    private func disruption(of host: HostRollout) -> Wait? {
        let pool = hosts.filter { $0.machine.pool == host.machine.pool }
        let missing = pool.filter { $0.host != host.host && ($0.isInFlight || $0.node?.isReady != true) }
        let allowed = host.machine.role == .controlPlane ? 1 : scope.pool(named: host.machine.pool)?.maxUnavailable ?? 1
        guard let first = missing.first, missing.count >= allowed else { return nil }
        let names = missing.map(\.host).joined(separator: ", ")
        return Wait(
            "MaxUnavailable",
            "\(missing.count) hosts of the pool \(host.machine.pool) are unavailable (\(names)) and \(allowed) may be",
            on: first.machine.key, unblockedBy: "\(first.host) is back, or maxUnavailable of the pool is raised")
    }

    private var probes: Wait? {
        for layer in scope.revision?.layers ?? [] {
            for probe in layer.readyToProceed where !probe.agrees(scope.snapshot[probe.key]) {
                return Wait(
                    "ProbeDisagrees", "the layer \(layer.name) is not ready for the next host: \(probe.name)",
                    on: probe.key,
                    unblockedBy: "the probe \(probe.name) agrees: \(probe.json.encodedText)")
            }
        }
        return nil
    }

    private func quorum(of host: HostRollout) -> Wait? {
        guard host.machine.role == .controlPlane, host.impact.interruptsHosts else { return nil }
        let quorum = EtcdQuorum(hosts.map(\.machine))
        // A single member is down with its host: that is the downtime which was approved.
        guard quorum.voters.count > 1 else { return nil }
        guard let sick = quorum.voters.first(where: { !$0.isHealthy && $0.host != host.host }) else {
            return quorum.survivesDowntime(of: host.host) ? nil : quorumWait(host, quorum)
        }
        return Wait(
            "QuorumAtRisk", quorum.refusal(of: "taking down", host: host.host),
            on: scope.hostMachine(ofHost: sick.host)?.key,
            unblockedBy: "the etcd member of \(sick.host) becomes healthy")
    }

    private func quorumWait(_ host: HostRollout, _ quorum: EtcdQuorum) -> Wait {
        Wait(
            "QuorumAtRisk", quorum.refusal(of: "taking down", host: host.host), on: host.machine.key,
            unblockedBy: "every etcd member is healthy, or the control plane has at least 3 members")
    }

    private func skew(of host: HostRollout) -> Wait? {
        let target = context.target.kubernetesVersion
        let others = hosts.filter { $0.host != host.host }
        let servers = others.filter { $0.machine.role == .controlPlane }.compactMap {
            $0.machine.running?.kubernetesVersion
        }
        let problems: [FieldError]
        if host.machine.role == .controlPlane {
            let kubelets = others.filter { $0.machine.role == .worker }.compactMap {
                $0.machine.running?.kubernetesVersion
            }
            problems =
                VersionSkew.check(apiServers: servers + [target])
                + kubelets.flatMap { VersionSkew.check(kubelet: $0, apiServer: target) }
        } else {
            problems = servers.flatMap { VersionSkew.check(kubelet: target, apiServer: $0) }
        }
        guard let problem = problems.first else { return nil }
        return Wait(
            "VersionSkew", "\(host.host) may not run Kubernetes \(target) beside the others: \(problem)",
            on: host.machine.key,
            unblockedBy: "the other hosts run a version that may stand beside \(target)")
    }
}
