public import ControlLoop
public import CorbelAPI

/// Tells a host to become a member, and to leave. Everything between the two is an update's.
///
///     spec.task     situation                                             next
///     none          provisioned, bootstrap Secret named by the Machine,   Bootstrap
///                   and of the control plane: admitted
///     Bootstrap     failed, its backoff is over or somebody is faster     Bootstrap, under a new id
///     any           deletion asked for, host alive                        Reset
///     Reset         done                                                  the finalizer is dropped
///     any           deletion asked for, host never begun                  the finalizer is dropped
///     any           deletion asked for, host dead, or the site ends       it is handed back, the finalizer dropped
public struct HostMachineReconciler: Reconciler {
    public let name = "host-machine"
    public var primary: GroupKind { HostMachine.groupKind }

    private let term: LeadershipTerm

    public init(term: LeadershipTerm) { self.term = term }

    public var watches: [WatchedKind] {
        let heads = [Cluster.groupKind, EdgeCluster.groupKind, ClusterRevision.groupKind].map {
            Watching.cluster(of: $0, wakes: HostMachine.groupKind)
        }
        return heads + [Watching.namesake(of: Machine.groupKind, wakes: HostMachine.groupKind)]
    }

    public func reconcile(_ key: ObjectKey, in snapshot: Snapshot, now: Timestamp) -> Outcome {
        guard let host: HostMachine = snapshot.get(HostMachine.self, namespace: key.namespace, name: key.name) else {
            return .done
        }
        let scope = ClusterScope(snapshot, of: host)
        guard !scope.isPaused(host) else { return .done }
        var decision = Decision()
        if host.isDeleting {
            reset(host, scope, &decision)
        } else if !host.hasBootstrapped {
            bootstrap(host, scope, &decision, now)
        }
        return decision.outcome
    }

    private func bootstrap(_ host: HostMachine, _ scope: ClusterScope, _ decision: inout Decision, _ now: Timestamp) {
        let machine: Machine? = scope.find(host.name)
        if let wait = obstacle(to: host, machine) { return decision.wait(wait) }
        let attempt = BootstrapAttempt(of: host, now: now)
        // What the cluster ran when the pool named the host may be long ago.
        guard let machine, let revision = scope.revision else {
            return decision.wait(
                Wait(
                    "RevisionMissing", "the revision that \(host.hostName) starts with is not here", on: host.key,
                    unblockedBy: "the ClusterRevision arrives in this plane"))
        }
        if let delay = attempt.delay {
            decision.lookAgain(after: delay)
            return decision.wait(failure(of: host, attempt))
        }
        if attempt.isUnderWay { return decision.wait(progress(of: host)) }
        let id = "bootstrap-\(revision.name)-\(attempt.number)"
        var parameters = ["mode": machine.bootstrapMode.rawValue, "secret": machine.dataSecretName ?? ""]
        // An image that failed here is taken again only by an attempt that a person asks for.
        if attempt.isAskedFor { parameters["retryFailedImage"] = "true" }
        var told = host
        told.desired = revision.hostState
        told.task = HostTask(
            id: id, type: .bootstrap, target: revision.hostState, epoch: scope.epoch,
            leaseTransitions: term.transitions, parameters: parameters)
        decision.update(told, from: host)
        decision.wait(progress(of: host))
    }

    private func obstacle(to host: HostMachine, _ machine: Machine?) -> Wait? {
        if !host.isProvisioned {
            return Wait(
                "HostNotReady", "the agent of \(host.hostName) has not taken the machine", on: host.key,
                unblockedBy: "the agent of \(host.hostName) reaches this plane's API server")
        }
        if host.role == .controlPlane, !host.hasBegun {
            return Wait(
                "WaitingForTurn",
                "hosts of the control plane become members one at a time, and it is not the turn of "
                    + host.hostName, on: host.key,
                unblockedBy: "the control plane's other members are well, and no update is under way")
        }
        guard machine?.dataSecretName == nil else { return nil }
        return Wait(
            "WaitingForBootstrapData", "the bootstrap Secret of \(host.hostName) is not there", on: machine?.key,
            unblockedBy: "the HostConfig \(host.name) reports its Secret")
    }

    private func progress(of host: HostMachine) -> Wait {
        guard let status = host.currentTaskStatus else {
            return Wait(
                "HostBooting", "the host \(host.hostName) has not begun to become a member", on: host.key,
                unblockedBy: "the agent of \(host.hostName) takes its task")
        }
        return Wait(
            "HostBooting", "the host \(host.hostName) is becoming a member: \(status.phase.rawValue)", on: host.key,
            since: status.since, unblockedBy: "the agent of \(host.hostName) finishes its task")
    }

    private func failure(of host: HostMachine, _ attempt: BootstrapAttempt) -> Wait {
        let status = host.currentTaskStatus
        return Wait(
            "BootstrapFailed",
            "the host \(host.hostName) did not become a member in attempt \(attempt.number): \(status?.message ?? "")",
            on: host.key, since: status?.since,
            unblockedBy:
                "it is tried again at most \(BootstrapAttempt.longestDelayInMinutes) minutes after a failure; at once, "
                + "and with an image that failed here too, when the HostMachine's annotation \(Annotation.retry) is "
                + "set to \(attempt.number + 1)")
    }

    /// Whether this plane's API server goes with the host, so that nobody here would hear of its reset.
    private func takesSiteAlong(_ host: HostMachine, _ scope: ClusterScope) -> Bool {
        host.role == .controlPlane && scope.plane == .site && scope.cluster?.isDeleting == true
    }

    /// Lets go of a host that has not been reset, once the EdgeCluster says so.
    private func handBack(_ host: HostMachine, _ scope: ClusterScope, _ decision: inout Decision) {
        guard let edgeCluster = scope.edgeCluster, !edgeCluster.awaitsReset(host.hostName) else {
            return decision.removeFinalizer(HostMachine.finalizer, from: host)
        }
        guard !edgeCluster.handedBack.contains(host.hostName), !edgeCluster.takenBack.contains(host.hostName) else {
            return decision.wait(
                Wait(
                    "HostReturning", "the host \(host.hostName) was handed back before, and that is not over",
                    on: host.key, since: host.deletionTimestamp, unblockedBy: "the link to the centre is up"))
        }
        var status = edgeCluster
        status.handedBack.append(host.hostName)
        decision.updateStatus(status, from: edgeCluster)
    }

    private func reset(_ host: HostMachine, _ scope: ClusterScope, _ decision: inout Decision) {
        guard host.finalizers.contains(HostMachine.finalizer) else { return }
        let machine: Machine? = scope.find(host.name)
        let hasBegun = host.task != nil || host.hasBootstrapped
        let isReset = host.task?.type == .reset && host.currentTaskStatus?.phase == .done
        if isReset || !hasBegun { return decision.removeFinalizer(HostMachine.finalizer, from: host) }
        if machine?.hostIsDead == true || takesSiteAlong(host, scope) { return handBack(host, scope, &decision) }
        if host.task?.type != .reset {
            var told = host
            told.task = HostTask(
                id: "reset-\(host.uid)", type: .reset, epoch: scope.epoch, leaseTransitions: term.transitions)
            decision.update(told, from: host)
        }
        decision.wait(
            Wait(
                "HostResetting", "the host \(host.hostName) is being reset", on: host.key,
                since: host.deletionTimestamp,
                unblockedBy:
                    "the agent of \(host.hostName) finishes its task, or its Machine gets \(Annotation.unreachableHost)"
            ))
    }
}
