public import ControlLoop
public import CorbelAPI
public import Revisions

/// The head of a cluster's life, at the centre: hosts are claimed, profiles become revisions, differences become
/// updates, and while the centre runs the cluster, the head objects of Cluster API are created.
///
///     phase          until
///     Pending        the spec is valid, the control plane's hosts are claimed, a revision exists
///     Provisioning   the first control-plane host serves
///     Pivoting       the site runs the cluster's objects
///     Provisioning   every host is ready
///     Running        an approved update begins        Updating: the update is final
///     Deleting       the site has let go of every host
public struct EdgeClusterReconciler: Reconciler {
    public let name = "edge-cluster"
    public var primary: GroupKind { EdgeCluster.groupKind }

    private let resolver: any RevisionResolver
    private let readYAML: YAMLReader

    public init(resolver: any RevisionResolver, readYAML: @escaping YAMLReader) {
        self.resolver = resolver
        self.readYAML = readYAML
    }

    public var watches: [WatchedKind] {
        let all: [GroupKind] = [EdgeHost.groupKind, ClusterProfile.groupKind, Pack.groupKind, Secret.groupKind]
        let own = [
            ClusterRevision.groupKind, ClusterUpdate.groupKind, Cluster.groupKind, HostCluster.groupKind,
            HostMachine.groupKind, Machine.groupKind,
        ]
        return all.map { kind in
            WatchedKind(kind) { object, snapshot in
                snapshot.list(EdgeCluster.groupKind, namespace: object.namespace).map(\.key)
            }
        } + own.map { Watching.cluster(of: $0, wakes: EdgeCluster.groupKind) }
    }

    public func reconcile(_ key: ObjectKey, in snapshot: Snapshot, now: Timestamp) -> Outcome {
        guard let cluster: EdgeCluster = snapshot.get(EdgeCluster.self, namespace: key.namespace, name: key.name) else {
            return .done
        }
        if cluster.isDeleting { return EdgeClusterDeletion(cluster, in: snapshot, now: now).outcome }
        var decision = Decision()
        guard cluster.finalizers.contains(Finalizer.edgeCluster) else {
            var marked = cluster
            marked.finalizers.append(Finalizer.edgeCluster)
            decision.update(marked, from: cluster)
            return decision.outcome
        }
        var status = EdgeClusterStatus(cluster, in: snapshot)
        if cluster.isPaused {
            status.pause(now: now)
        } else {
            advance(cluster, in: snapshot, status: &status, decision: &decision, now: now)
        }
        decision.wait(status.waits)
        decision.updateStatus(status.written(now: now), from: cluster)
        return decision.outcome
    }

    private func advance(
        _ cluster: EdgeCluster, in snapshot: Snapshot, status: inout EdgeClusterStatus, decision: inout Decision,
        now: Timestamp
    ) {
        status.unpause(now: now)
        let invalid = PoolValidation.problems(of: cluster.pools, accepted: cluster.acceptedPools)
        let claims = HostClaims(of: cluster, in: snapshot)
        status.note(specProblems: invalid, now: now)
        guard invalid.isEmpty else { return }
        status.note(claims, now: now)
        for host in claims.toClaim { write(claim: host, in: snapshot, decision: &decision) }
        for host in claims.toRelease { release(host, decision: &decision) }
        status.takeBack(HandedBackHosts(of: cluster, in: snapshot), &decision)
        let userData = UserDataDocument(of: cluster, in: snapshot, readYAML)
        status.note(userData, now: now)
        userData.ensure(&decision)
        guard let latest = revision(for: cluster, in: snapshot, status: &status, decision: &decision, now: now) else {
            return
        }
        let scope = ClusterScope(snapshot, namespace: cluster.namespace, name: cluster.name)
        status.note(latest: latest)
        if !userData.holdsHostsUp {
            ClusterObjects(scope, latest: latest, claims: claims).ensure(status: &status, decision: &decision)
        }
        UpdateRequest(scope, latest: latest).ensure(status: &status, decision: &decision, now: now)
    }

    private func write(claim host: EdgeHost, in snapshot: Snapshot, decision: inout Decision) {
        guard let current = snapshot[host.key] else { return }
        decision.update(host, from: current)
    }

    private func release(_ host: EdgeHost, decision: inout Decision) {
        var released = host
        released.consumerCluster = nil
        decision.update(released, from: host)
    }

    /// The newest revision, which a new one takes the place of when the profiles come to something else.
    private func revision(
        for cluster: EdgeCluster, in snapshot: Snapshot, status: inout EdgeClusterStatus, decision: inout Decision,
        now: Timestamp
    ) -> ClusterRevision? {
        let history = RevisionHistory(of: cluster, in: snapshot)
        let input = ResolutionInput(
            cluster: cluster, profiles: snapshot.list(ClusterProfile.self, namespace: cluster.namespace),
            packs: snapshot.list(Pack.self, namespace: cluster.namespace),
            secrets: Self.secrets(of: cluster, in: snapshot),
            running: history.running)
        switch resolver.resolve(input) {
        case .refused(let problems):
            status.note(profileProblems: problems, now: now)
            return history.latest
        case .resolved(let resolved):
            status.note(warnings: resolved.warnings, now: now)
            let next = history.next(for: resolved)
            if next.resourceVersion.isEmpty { decision.create(next) }
            return next.resourceVersion.isEmpty ? nil : next
        }
    }

    private static func secrets(of cluster: EdgeCluster, in snapshot: Snapshot) -> [Secret] {
        (cluster.spec["variablesFrom"]?.arrayValue ?? []).compactMap {
            snapshot.get(Secret.self, namespace: cluster.namespace, name: $0["name"]?.stringValue ?? "")
        }
    }
}

/// The revisions that a cluster's intent has come to so far.
struct RevisionHistory {
    let cluster: EdgeCluster
    let latest: ClusterRevision?
    let running: ClusterRevision?

    init(of cluster: EdgeCluster, in snapshot: Snapshot) {
        self.cluster = cluster
        let all = snapshot.list(ClusterRevision.self, namespace: cluster.namespace).filter {
            $0.clusterName == cluster.name
        }
        latest = all.max { $0.precedes($1) }
        running = all.first { $0.name == cluster.currentRevision }
    }

    /// The latest revision if it means the same, or the one that comes after it.
    func next(for resolved: ResolvedRevision) -> ClusterRevision {
        // Mostly nothing has changed, which trees tell sooner than digests.
        if let latest, latest.content == resolved.spec { return latest }
        let epoch = max(cluster.epoch, latest?.epoch ?? 0)
        let sequence = latest.map { $0.epoch == epoch ? $0.sequence + 1 : 1 } ?? 1
        var next = ClusterRevision(resolved: resolved, namespace: cluster.namespace, epoch: epoch, sequence: sequence)
        if let latest, latest.digest == next.digest { return latest }
        next.ownerReferences = [OwnerReference(to: cluster, isController: true)]
        return next
    }
}
