public import ControlLoop
public import CorbelAPI

/// Runs an approved update, in the plane that runs the cluster.
///
///     phase             event                                        next
///     PendingApproval   approved for exactly its revision            Progressing
///     PendingApproval   the intent moves on                          Superseded (by the centre)
///     Progressing       every host done, every layer ready           Completed
///     Progressing       a host reverted or failed, a drain too long  Halted
///     Progressing       spec.paused                                  Paused: hosts under way finish, none begins
///     Paused            spec.paused cleared                          Progressing
///     Halted            a person allows another attempt              Progressing, attempt + 1
///     Halted            a later update begins                        Superseded
///     any but final     spec.aborted, hosts under way have finished  Aborted
public struct ClusterUpdateReconciler: Reconciler {
    public let name = "cluster-update"
    public var primary: GroupKind { ClusterUpdate.groupKind }

    private let term: LeadershipTerm

    public init(term: LeadershipTerm) { self.term = term }

    public var watches: [WatchedKind] {
        let own = [
            EdgeCluster.groupKind, Cluster.groupKind, ClusterRevision.groupKind, Machine.groupKind,
            HostMachine.groupKind,
            EtcdSnapshot.groupKind,
            ConfigMap.groupKind,
        ].map { Watching.cluster(of: $0, wakes: ClusterUpdate.groupKind) }
        let active = LayerPlan.observedKinds + [Node.groupKind, Pod.groupKind, PodDisruptionBudget.groupKind]
        return own
            + active.map { kind in
                WatchedKind(kind) { _, snapshot in snapshot.list(ClusterUpdate.self).filter(\.isUnderWay).map(\.key) }
            }
    }

    public func reconcile(_ key: ObjectKey, in snapshot: Snapshot, now: Timestamp) -> Outcome {
        guard let update: ClusterUpdate = snapshot.get(ClusterUpdate.self, namespace: key.namespace, name: key.name),
            !update.isFinal, !update.isDeleting
        else { return .done }
        let scope = ClusterScope(snapshot, namespace: key.namespace, name: update.clusterName)
        guard let cluster = scope.cluster, !scope.isPaused(update) else { return .done }
        var decision = Decision()
        var status = UpdateStatus(update)
        if let target: ClusterRevision = scope.find(update.toRevision) {
            let context = RolloutContext(update: update, scope: scope, target: target, term: term, now: now)
            let rollout = Rollout(context)
            advance(rollout, context, cluster, &status, &decision)
            status.note(rollout.hosts, now: now)
        } else {
            decision.wait(
                Wait(
                    "RevisionMissing", "the revision \(update.toRevision) is not here", on: update.key,
                    unblockedBy: "the ClusterRevision arrives in this plane"))
        }
        decision.updateStatus(status.written(waits: decision.waits, author: name, now: now), from: update)
        return decision.outcome
    }

    private func advance(
        _ rollout: Rollout, _ context: RolloutContext, _ cluster: Cluster, _ status: inout UpdateStatus,
        _ decision: inout Decision
    ) {
        let update = context.update
        if update.isAborted { return abort(rollout, update, &status, &decision, context.now) }
        guard update.isApproved else {
            return decision.wait(
                Wait(
                    "PendingApproval", "nobody has approved the change to \(update.toRevision)", on: update.key,
                    unblockedBy: "somebody approves exactly this revision: `corbel approve \(update.name)`"))
        }
        if update.phase == .pendingApproval, let other = blocker(of: update, context.scope) {
            return decision.wait(other)
        }
        if update.phase == .halted { return rest(rollout, context, &status, &decision) }
        rollout.finish(&decision)
        if let failed = rollout.failures.first { return halt(failed, update, &status, &decision, context.now) }
        if update.isPaused {
            status.pause(now: context.now)
            rollout.withdraw(tasks: false, &decision)
            return decision.wait(
                Wait(
                    "Paused", "the rollout rests", on: update.key, unblockedBy: "`corbel rollout resume \(update.name)`"
                ))
        }
        status.begin(now: context.now)
        if let wait = UpdateSnapshot(context: context, hosts: rollout.hosts).ensure(&decision) {
            return decision.wait(wait)
        }
        rollout.prepare(&decision)
        if case .halted(let reason, let message) = rollout.proceed(&decision) {
            status.halt(reason: reason, message: message, now: context.now)
            decision.announce(EventIntent(about: update, .warning, reason: reason, message: message))
        }
        if rollout.isComplete { complete(context, cluster, &status, &decision) }
    }

    /// One update at a time; a halted one makes way for the next.
    private func blocker(of update: ClusterUpdate, _ scope: ClusterScope) -> Wait? {
        let others = scope.snapshot.list(ClusterUpdate.self, namespace: scope.namespace).filter {
            $0.clusterName == scope.name && $0.name != update.name && $0.isUnderWay && $0.phase != .halted
        }
        return others.first.map {
            Wait(
                "UpdateUnderWay", "the update \($0.name) is under way", on: $0.key,
                unblockedBy: "it completes, or somebody aborts it")
        }
    }

    private func abort(
        _ rollout: Rollout, _ update: ClusterUpdate, _ status: inout UpdateStatus, _ decision: inout Decision,
        _ now: Timestamp
    ) {
        rollout.finish(&decision)
        rollout.withdraw(tasks: true, &decision)
        guard decision.isEmpty, !rollout.hasHostsUnderWay else {
            return decision.wait(
                Wait(
                    "Aborting", "hosts that are under way come to a sound end", on: update.key,
                    unblockedBy: "the agents of those hosts finish or revert"))
        }
        status.abort(now: now)
    }

    private func halt(
        _ failed: HostRollout, _ update: ClusterUpdate, _ status: inout UpdateStatus, _ decision: inout Decision,
        _ now: Timestamp
    ) {
        let task = failed.taskStatus
        let cause = task?.cause == .cluster ? "the cluster" : "the host"
        let what = task?.phase == .reverted ? "went back to what it ran before" : "failed"
        let detail = [task?.reason, task?.message].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: ": ")
        let message = "\(failed.host) \(what); the cause lies with \(cause): \(detail)"
        status.halt(reason: task?.phase == .reverted ? "HostReverted" : "HostFailed", message: message, now: now)
        decision.announce(EventIntent(about: update, .warning, reason: "Halted", message: message))
        decision.wait(haltWait(update, message))
    }

    private func haltWait(_ update: ClusterUpdate, _ message: String) -> Wait {
        Wait(
            "Halted", message, on: update.key,
            unblockedBy:
                "`corbel rollout resume \(update.name)` tries again, `corbel rollout revert \(update.name)` goes back")
    }

    /// A halted rollout stays sound: what has come back is opened again, what has not begun is taken back.
    private func rest(
        _ rollout: Rollout, _ context: RolloutContext, _ status: inout UpdateStatus, _ decision: inout Decision
    ) {
        let update = context.update
        rollout.finish(&decision)
        let later = context.scope.snapshot.list(ClusterUpdate.self, namespace: context.scope.namespace).first {
            $0.clusterName == update.clusterName && $0.phase == .progressing && $0.name != update.name
        }
        if later != nil { return status.supersede(now: context.now) }
        if update.annotation(Annotation.retry).flatMap({ Int($0) }) == context.attempt + 1 {
            return status.retry(attempt: context.attempt + 1, now: context.now)
        }
        rollout.withdraw(tasks: false, &decision)
        decision.wait(haltWait(update, update.condition("Halted")?.message ?? "the rollout has halted"))
    }

    private func joiningWait(_ machine: HostMachine, _ context: RolloutContext) -> Wait {
        Wait(
            "HostJoining",
            "\(machine.hostName) is becoming a member with what the cluster ran before, and follows when it is one",
            on: machine.key, since: machine.currentTaskStatus?.since,
            unblockedBy: "the host \(machine.hostName) becomes a member, or is taken out of its pool")
    }

    /// The hosts are through: the layers follow, then the revision is the current one.
    private func complete(
        _ context: RolloutContext, _ cluster: Cluster, _ status: inout UpdateStatus, _ decision: inout Decision
    ) {
        if let joining = context.joiningHost { return decision.wait(joiningWait(joining, context)) }
        guard cluster.annotation(Annotation.revision) == context.target.name else {
            var changed = cluster
            changed.annotations[Annotation.revision] = context.target.name
            return decision.update(changed, from: cluster)
        }
        let layers = LayerPlan(context.scope, context.target)
        if let wait = layers.waits.first { return decision.wait(wait) }
        if var edgeCluster = context.scope.edgeCluster, edgeCluster.currentRevision != context.target.name {
            let before = edgeCluster
            edgeCluster.currentRevision = context.target.name
            return decision.updateStatus(edgeCluster, from: before)
        }
        status.complete(now: context.now)
        decision.announce(
            EventIntent(about: context.update, reason: "Completed", message: "the cluster runs \(context.target.name)"))
    }
}
